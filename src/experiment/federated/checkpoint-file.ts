/**
 * The checkpoints of a run: its last two, in two files that are written in turns, so that the one before is whole whatever becomes of the
 * newest. Each says how much of the record belongs to it, and so which of the two is newer.
 */
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { systemCode, systemReason } from '../disk.ts'
import { RunError } from '../errors.ts'

const MAGIC = 0x43524446 // "FDRC"

/** u32 magic, u32 CRC-32 of all that follows, f64 bytes of the record, the checkpoint. Little-endian. */
const HEADER = 16

/** A checkpoint, and how many bytes of the record lie before it. */
export interface Checkpoint {
  readonly path: string
  readonly recordBytes: number
  readonly content: Uint8Array
}

/** The content of a checkpoint file, in two pieces. */
export function checkpointChunks(
  recordBytes: number,
  content: Uint8Array,
): readonly [Uint8Array, Uint8Array] {
  const header = new Uint8Array(HEADER)
  const view = new DataView(header.buffer)
  view.setUint32(0, MAGIC, true)
  view.setFloat64(8, recordBytes, true)
  view.setUint32(4, crc32(content, crc32(header.subarray(8))), true)
  return [header, content]
}

/** The checkpoint in a file: null where there is no file, 'damaged' where it is not as it was written. */
export async function readCheckpoint(path: string): Promise<Checkpoint | 'damaged' | null> {
  const bytes = await bytesAt(path)
  if (bytes === null) return null
  const found = checkpointIn(bytes)
  return found === null ? 'damaged' : { path, ...found }
}

/** The checkpoint in the content of a file; null where it is not as it was written. */
export function checkpointIn(bytes: Uint8Array): Omit<Checkpoint, 'path'> | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isWhole =
    bytes.length >= HEADER &&
    view.getUint32(0, true) === MAGIC &&
    view.getUint32(4, true) === crc32(bytes.subarray(8))
  return isWhole ? { recordBytes: view.getFloat64(8, true), content: bytes.slice(HEADER) } : null
}

/** The bytes of a file, null where there is none. @throws RunError where it cannot be read */
export async function bytesAt(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return null
    throw code === undefined ? error : new RunError(`cannot read ${path}: ${systemReason(code)}`)
  }
}
