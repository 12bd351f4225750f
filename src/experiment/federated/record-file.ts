/**
 * The record of a run: a line for each phase that closed, appended. Its last lines are synced many at a time: until then they stand in the
 * checkpoint too, and are put back from there.
 */
import { open, truncate, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { makeFolder, syncFolder, writing } from '../disk.ts'
import type { Checkpoint } from './checkpoint-file.ts'
import { writeAll } from './checkpoint-slot.ts'

/** Lines wait for their sync until they are so many bytes. */
const TAIL = 8192

/** A record that is open to be appended to. */
export class RecordFile {
  readonly path: string
  readonly #file: FileHandle
  #synced: number
  #tail: Uint8Array

  private constructor(path: string, file: FileHandle, synced: number, tail: Uint8Array) {
    this.path = path
    this.#file = file
    this.#synced = synced
    this.#tail = tail
  }

  /**
   * Opens the record up to a checkpoint; what is beyond is forgotten.
   * @throws RunError where the disk is full or fails
   */
  static open(path: string, { synced, tail }: Omit<Checkpoint, 'content'>): Promise<RecordFile> {
    return writing(path, async () => {
      const folder = dirname(path)
      await makeFolder(folder)
      const file = await open(path, 'a')
      await truncate(path, synced)
      writeAll(file, tail, null)
      // the lines of a record are synced; that there is such a file has to last as long
      for (const one of [folder, dirname(folder), dirname(dirname(folder))]) await syncFolder(one)
      return new RecordFile(path, file, synced, tail)
    })
  }

  /** bytes */
  get length(): number {
    return this.#synced + this.#tail.length
  }

  /**
   * Appends lines. What it returns has to be in the checkpoint that is written next.
   * @throws RunError where the disk is full or fails
   */
  append(lines: Uint8Array): Promise<Omit<Checkpoint, 'content'>> {
    return writing(this.path, async () => {
      writeAll(this.#file, lines, null)
      this.#tail = joined(this.#tail, lines)
      if (this.#tail.length > TAIL) await this.sync()
      return { synced: this.#synced, tail: this.#tail }
    })
  }

  /** All of it is on disk when it resolves. @throws RunError where the disk fails */
  async sync(): Promise<void> {
    await writing(this.path, () => this.#file.datasync())
    this.#synced = this.length
    this.#tail = new Uint8Array(0)
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}
