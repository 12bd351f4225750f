/** A journal in a file: records one after the other, each after its length and its CRC-32 (u32, little-endian). Node only. */
import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'
import type { JournalStore } from './agent-journal.ts'

const HEADER = 8

/** A journal in a file, which is made where there is none. What follows the last whole record is cut off when it is read. */
export async function journalFile(path: string): Promise<JournalStore> {
  await mkdir(dirname(path), { recursive: true })
  let file = await open(path, 'a+')
  await syncFolder(path)
  return {
    async read() {
      const bytes = new Uint8Array(await readFile(path))
      const { records, length } = wholeRecords(bytes)
      if (length < bytes.length) await file.truncate(length)
      return records
    },
    async append(records) {
      await file.appendFile(framed(records))
      await file.datasync()
    },
    async replace(records) {
      const next = await written(`${path}.tmp`, framed(records))
      await rename(`${path}.tmp`, path)
      await syncFolder(path)
      await file.close()
      file = next
    },
    close: () => file.close(),
  }
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
  return open(path, 'a+')
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
    view.setUint32(at + 4, crc32(record), true)
    bytes.set(record, at + HEADER)
    at += HEADER + record.length
  }
  return bytes
}

/** The records up to the first that is cut short or damaged, and how many bytes they take. */
function wholeRecords(bytes: Uint8Array): { readonly records: Uint8Array[]; readonly length: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const records: Uint8Array[] = []
  let at = 0
  while (at + HEADER <= bytes.length) {
    const end = at + HEADER + view.getUint32(at, true)
    if (end > bytes.length) break
    const record = bytes.subarray(at + HEADER, end)
    if (crc32(record) !== view.getUint32(at + 4, true)) break
    records.push(record)
    at = end
  }
  return { records, length: at }
}
