/**
 * The frame every message travels in: u32 magic, u32 header length, MessagePack header, zeros up to a multiple of 8, then the
 * tensors, each padded to a multiple of 8. Little-endian. Headers hold integers and strings only, keys in a fixed order, so that
 * equal messages are equal bytes and any language can read the tensors without a copy.
 */
import { decode, encode } from '@msgpack/msgpack'
import type { Result } from '../numeric/result.ts'

const MAGIC = 0x4c445246 // "FRDL"
const PREFIX = 8

/** An element type of a tensor. */
export type TensorType = 'f64' | 'u32'

const BYTES: Readonly<Record<TensorType, number>> = { f64: 8, u32: 4 }

/** One named tensor; `data` may share the frame's memory. */
export interface Tensor {
  readonly name: string
  readonly data: Float64Array | Uint32Array
}

/** A message before it means anything: integer and string fields, and tensors. */
export interface Frame {
  readonly fields: Readonly<Record<string, number | string>>
  readonly tensors: readonly Tensor[]
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8
const typeOf = (data: Float64Array | Uint32Array): TensorType =>
  data instanceof Float64Array ? 'f64' : 'u32'

/** A frame as bytes. */
export function encodeFrame(frame: Frame): Uint8Array {
  const tensors = frame.tensors.map(({ name, data }) => [name, typeOf(data), data.length])
  const header = encode({ ...frame.fields, tensors })
  const body = padded(PREFIX + header.length)
  const bytes = new Uint8Array(frame.tensors.reduce((sum, { data }) => sum + padded(data.byteLength), body))
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint32(4, header.length, true)
  bytes.set(header, PREFIX)
  let at = body
  for (const { data } of frame.tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += padded(data.byteLength)
  }
  return bytes
}

/** The length in bytes that {@link encodeFrame} gives a frame with these fields and tensor lengths, without building it. */
export function frameLength(
  fields: Frame['fields'],
  tensors: readonly (readonly [name: string, type: TensorType, length: number])[],
): number {
  const header = encode({ ...fields, tensors })
  return tensors.reduce(
    (sum, [, type, length]) => sum + padded(length * BYTES[type]),
    padded(PREFIX + header.length),
  )
}

const fault = (message: string): Result<never> => ({ ok: false, issues: [{ path: [], message }] })

/** Reads a frame; anything malformed is an issue, never a throw. Tensors share the memory of `bytes` where it is aligned to 8. */
export function decodeFrame(bytes: Uint8Array): Result<Frame> {
  if (bytes.length < PREFIX) return fault(`expected at least ${PREFIX} bytes, got ${bytes.length}`)
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice()
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.length)
  if (view.getUint32(0, true) !== MAGIC) return fault('expected a frame that starts with its magic number')
  const headerLength = view.getUint32(4, true)
  if (headerLength > aligned.length - PREFIX)
    return fault(`expected a header of ${headerLength} bytes, got ${aligned.length - PREFIX}`)
  let header: unknown
  try {
    header = decode(aligned.subarray(PREFIX, PREFIX + headerLength))
  } catch (error) {
    return fault(`expected a MessagePack header: ${(error as Error).message}`)
  }
  return readTensors(aligned, padded(PREFIX + headerLength), header)
}

function readTensors(bytes: Uint8Array, body: number, header: unknown): Result<Frame> {
  if (!isRecord(header) || !Array.isArray(header['tensors']))
    return fault('expected a header with a list of tensors')
  const { tensors: list, ...fields } = header
  const tensors: Tensor[] = []
  let at = body
  for (const entry of list as unknown[]) {
    if (!isTensorEntry(entry)) return fault('expected each tensor as [name, "f64" or "u32", length]')
    const [name, type, length] = entry
    const size = length * BYTES[type]
    if (at + padded(size) > bytes.length)
      return fault(`expected ${length} elements of tensor ${name}, but the frame ends`)
    const from = bytes.byteOffset + at
    tensors.push({
      name,
      data:
        type === 'f64'
          ? new Float64Array(bytes.buffer, from, length)
          : new Uint32Array(bytes.buffer, from, length),
    })
    at += padded(size)
  }
  if (at !== bytes.length) return fault(`expected a frame of ${at} bytes, got ${bytes.length}`)
  return isFields(fields)
    ? { ok: true, value: { fields, tensors } }
    : fault('expected header fields to be integers or strings')
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isFields = (fields: Record<string, unknown>): fields is Record<string, number | string> =>
  Object.values(fields).every((value) => typeof value === 'string' || Number.isSafeInteger(value))

const isTensorEntry = (entry: unknown): entry is [string, TensorType, number] =>
  Array.isArray(entry) &&
  entry.length === 3 &&
  typeof entry[0] === 'string' &&
  (entry[1] === 'f64' || entry[1] === 'u32') &&
  Number.isSafeInteger(entry[2]) &&
  (entry[2] as number) >= 0
