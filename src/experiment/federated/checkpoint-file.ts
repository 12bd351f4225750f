/**
 * A checkpoint as bytes that are written over those of an older one. Each sector is stamped with the number of the checkpoint, for a disk
 * writes a sector as a whole: one whose writing was cut short is a mixture of two numbers, and was promised to nobody; any other that is not
 * as it was written has been damaged since.
 */
import { readFile } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import { systemCode, systemReason } from '../disk.ts'
import { RunError } from '../errors.ts'

const MAGIC = 0x43524446 // "FDRC"

/** No disk in use has smaller ones, bytes. */
const SECTOR = 512

/** At the beginning of each sector: u32 number of the checkpoint, u32 its complement. */
const STAMP = 8
const PAYLOAD = SECTOR - STAMP

/** u32 magic, u32 CRC-32 of all that follows, f64 `synced`, u32 length of the tail, u32 length of the content. Little-endian, then tail and content. */
const HEADER = 24

/** What is kept in a checkpoint. */
export interface Checkpoint {
  /** bytes of the record that were on disk before it */
  readonly synced: number
  /** what the record holds beyond them, up to the checkpoint */
  readonly tail: Uint8Array
  readonly content: Uint8Array
}

/** A checkpoint that is whole. */
export interface NumberedCheckpoint extends Checkpoint {
  /** bytes of the record up to it: synced and tail */
  readonly recordBytes: number
  /** checkpoints of a run are numbered, ascending */
  readonly number: number
}

/** What a file of checkpoints holds. */
export interface CheckpointFile {
  readonly path: string
  /** `torn`: the writing of the newest one was cut short; `damaged`: not as it was written, or not to be read */
  readonly state: NumberedCheckpoint | 'torn' | 'damaged'
  /** the largest number of a sector */
  readonly highest: number
  /** why the system does not let it be read, where it does not */
  readonly unreadable?: string
}

/** A checkpoint as bytes, whole sectors. @param number at least 1, larger than all in the file before */
export function encodeCheckpoint(number: number, { synced, tail, content }: Checkpoint): Uint8Array {
  const payload = new Uint8Array(HEADER + tail.length + content.length)
  const view = new DataView(payload.buffer)
  view.setUint32(0, MAGIC, true)
  view.setFloat64(8, synced, true)
  view.setUint32(16, tail.length, true)
  view.setUint32(20, content.length, true)
  payload.set(tail, HEADER)
  payload.set(content, HEADER + tail.length)
  view.setUint32(4, crc32(payload.subarray(8)), true)
  return stamped(number, payload)
}

function stamped(number: number, payload: Uint8Array): Uint8Array {
  const sectors = Math.ceil(payload.length / PAYLOAD)
  const bytes = new Uint8Array(sectors * SECTOR)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < sectors; i++) {
    view.setUint32(i * SECTOR, number, true)
    view.setUint32(i * SECTOR + 4, ~number, true)
    bytes.set(payload.subarray(i * PAYLOAD, (i + 1) * PAYLOAD), i * SECTOR + STAMP)
  }
  return bytes
}

/** What is in a file; null where there is none. */
export async function readCheckpoint(path: string): Promise<CheckpointFile | null> {
  const bytes = await readFile(path).catch((error: unknown) => reasonOf(error))
  if (typeof bytes === 'string') return { path, state: 'damaged', highest: 0, unreadable: bytes }
  if (bytes === null) return null
  const numbers = stampsOf(bytes)
  return {
    path,
    state: stateOf(bytes, numbers),
    highest: numbers.reduce((one, other) => Math.max(one, other), 0),
  }
}

/** The checkpoint in the content of a file; null where none is whole. */
export function checkpointIn(bytes: Uint8Array): NumberedCheckpoint | null {
  const state = stateOf(bytes, stampsOf(bytes))
  return typeof state === 'string' ? null : state
}

/** The number of each sector, 0 where it has none. */
function stampsOf(bytes: Uint8Array): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  return Array.from({ length: Math.floor(bytes.length / SECTOR) }, (_, i) => {
    const number = view.getUint32(i * SECTOR, true)
    return view.getUint32(i * SECTOR + 4, true) === ~number >>> 0 ? number : 0
  })
}

function stateOf(bytes: Uint8Array, numbers: readonly number[]): CheckpointFile['state'] {
  const [number = 0] = numbers
  if (number === 0) return 'damaged'
  const first = new DataView(bytes.buffer, bytes.byteOffset + STAMP, HEADER)
  const [tailBytes, contentBytes] = [first.getUint32(16, true), first.getUint32(20, true)]
  const length = HEADER + tailBytes + contentBytes
  const own = numbers.slice(0, Math.ceil(length / PAYLOAD))
  if (own.length * PAYLOAD < length || own.includes(0)) return 'damaged'
  if (own.some((other) => other !== number)) return 'torn'
  const payload = payloadOf(bytes, length)
  if (first.getUint32(0, true) !== MAGIC || first.getUint32(4, true) !== crc32(payload.subarray(8)))
    return 'damaged'
  const [contentAt, synced] = [HEADER + tailBytes, first.getFloat64(8, true)]
  return {
    number,
    recordBytes: synced + tailBytes,
    synced,
    tail: payload.slice(HEADER, contentAt),
    content: payload.slice(contentAt),
  }
}

function payloadOf(bytes: Uint8Array, length: number): Uint8Array {
  const payload = new Uint8Array(length)
  for (let at = 0, from = STAMP; at < length; at += PAYLOAD, from += SECTOR)
    payload.set(bytes.subarray(from, from + Math.min(PAYLOAD, length - at)), at)
  return payload
}

/** The bytes of a file, null where there is none. @throws RunError where it cannot be read */
export async function bytesAt(path: string): Promise<Uint8Array | null> {
  try {
    return new Uint8Array(await readFile(path))
  } catch (error) {
    const reason = reasonOf(error)
    if (reason === null) return null
    throw new RunError(`cannot read ${path}: ${reason}`)
  }
}

/** Why the system does not let a file be read; null where there is none. */
function reasonOf(error: unknown): string | null {
  const code = systemCode(error)
  if (code === undefined) throw error
  return code === 'ENOENT' ? null : systemReason(code)
}
