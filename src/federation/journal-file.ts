/**
 * A journal in a file: records one after the other, each after its length and a CRC-32 of length and record (u32, little-endian), then zeros.
 * Node only.
 */
import { fdatasyncSync, writeSync } from 'node:fs'
import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { JournalStore } from './agent-journal.ts'

const HEADER = 8

/** The file grows by so many zeros at a time: to sync bytes that replace others takes half the time of syncing a file that grows. */
const ROOM = new Uint8Array(1 << 20)

/** A journal in a file, which is made where there is none. What follows the last whole record is cut off. */
export async function journalFile(path: string): Promise<JournalStore> {
  await mkdir(dirname(path), { recursive: true })
  await (await open(path, 'a')).close()
  let file = await open(path, 'r+')
  /** where the next record goes, and where the file ends */
  let [end, size] = [0, 0]
  const read = async (): Promise<Uint8Array[]> => wholeRecords(new Uint8Array(await readFile(path)))
  const replace = async (records: readonly Uint8Array[]): Promise<void> => {
    const bytes = framed(records)
    const next = await written(`${path}.tmp`, bytes)
    await rename(`${path}.tmp`, path)
    await syncFolder(path)
    await file.close()
    file = next
    ;[end, size] = [bytes.length, bytes.length]
  }
  // what was there may be on no disk: its process was killed, or a sync failed and the system has forgotten that
  await replace(await read())
  return {
    read,
    // the system has it at once: a thread in between takes longer
    append(records) {
      const bytes = framed(records)
      if (end + bytes.length > size && bytes.length < ROOM.length) {
        put(file, ROOM, size)
        fdatasyncSync(file.fd)
        size += ROOM.length
      }
      put(file, bytes, end)
      end += bytes.length
      size = Math.max(size, end)
      return Promise.resolve()
    },
    sync: () => file.datasync(),
    replace,
    close: () => file.close(),
  }
}

/** Writes bytes at a place of a file. */
function put({ fd }: FileHandle, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done, bytes.length - done, at + done)
}

/** A file with these bytes, on disk, open to append to. */
async function written(path: string, bytes: Uint8Array): Promise<FileHandle> {
  const file = await open(path, 'w')
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
  return open(path, 'r+')
}

/** Makes sure that a name is on disk; on Windows, where a folder cannot be opened, a rename is durable by itself. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function framed(records: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + HEADER + length, 0))
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const record of records) {
    view.setUint32(at, record.length, true)
    bytes.set(record, at + HEADER)
    view.setUint32(at + 4, checksum(bytes, at, record.length), true)
    at += HEADER + record.length
  }
  return bytes
}

/** The records up to the first that is cut short or damaged. */
function wholeRecords(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const records: Uint8Array[] = []
  let at = 0
  while (at + HEADER <= bytes.length) {
    const length = view.getUint32(at, true)
    const end = at + HEADER + length
    if (end > bytes.length || checksum(bytes, at, length) !== view.getUint32(at + 4, true)) break
    records.push(bytes.subarray(at + HEADER, end))
    at = end
  }
  return records
}

/** Of the record that begins, with its length, at `at`; not 0 for an empty one, so that zeros are none. */
const checksum = (bytes: Uint8Array, at: number, length: number): number =>
  crc32(bytes.subarray(at + HEADER, at + HEADER + length), crc32(bytes.subarray(at, at + 4)))
