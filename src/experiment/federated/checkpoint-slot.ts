/** A file that holds one checkpoint after another, each in the place of the one before: one sync makes it last, and no name changes. */
import { writeSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { systemCode, writing, type Writer } from '../disk.ts'

/** A new file has room for so many times its first checkpoint, in whole pages. */
const ROOM = 2
const PAGE = 4096

/** Told what is about to be in a file, and was not put there by a {@link Writer}. */
type CheckpointCopy = (path: string, content: Uint8Array) => Promise<void>

/** Where the checkpoints of a run go, one of two files. */
export class CheckpointSlot {
  readonly path: string
  readonly #write: Writer
  readonly #copy: CheckpointCopy | undefined
  #file: FileHandle | null = null
  /** bytes of the file */
  #room = 0

  /**
   * @param write puts a file in place of another in one step
   * @param copy where there is one
   */
  constructor(path: string, write: Writer, copy: CheckpointCopy | undefined) {
    this.path = path
    this.#write = write
    this.#copy = copy
  }

  /** Writes a checkpoint; it is on disk when it resolves. @throws RunError where the disk is full or fails */
  async put(bytes: Uint8Array): Promise<void> {
    this.#file ??= await writing(this.path, () => opened(this.path))
    const file = this.#file
    if (file === null) return this.#renew(bytes)
    if (this.#room === 0) this.#room = (await file.stat()).size
    if (bytes.length > this.#room) return this.#renew(bytes)
    // file and copy are to be equal
    const content = this.#copy === undefined ? bytes : padded(bytes, this.#room)
    await this.#copy?.(this.path, content)
    await writing(this.path, async () => {
      writeAll(file, content, 0)
      await file.datasync()
    })
  }

  async close(): Promise<void> {
    await this.#file?.close()
    this.#file = null
    this.#room = 0
  }

  /** Puts a new file, with room, in place of the one before. */
  async #renew(bytes: Uint8Array): Promise<void> {
    await this.close()
    await this.#write(this.path, [padded(bytes, PAGE * Math.ceil((ROOM * bytes.length) / PAGE))])
  }
}

/** The file, to be written over; null where there is none. */
async function opened(path: string): Promise<FileHandle | null> {
  try {
    return await open(path, 'r+')
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  }
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const all = new Uint8Array(length)
  all.set(bytes)
  return all
}

/** Gives bytes to the system, which keeps them in memory until a sync: to let a thread do it takes ten times as long. @param at null: at the end */
export function writeAll({ fd }: FileHandle, bytes: Uint8Array, at: number | null): void {
  for (let done = 0; done < bytes.length;)
    done += writeSync(fd, bytes, done, bytes.length - done, at === null ? null : at + done)
}
