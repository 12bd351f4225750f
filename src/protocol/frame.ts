/**
 * The frame every message travels in: u32 magic, u32 header length, MessagePack header, zeros up to a multiple of 8, then the
 * tensors, each padded to a multiple of 8. Little-endian. Headers hold integers and strings only, keys in a fixed order, so that
 * equal messages are equal bytes and any language can read the tensors without a copy.
 */
import type { Result } from '../numeric/result.ts'
import { decodeHeader, decodePlainHeader, encodeHeader } from './header.ts'
import type { Header, TensorEntry, TensorType } from './header.ts'

export type { TensorType } from './header.ts'

const MAGIC = 0x4c445246 // "FRDL"
const PREFIX = 8

/** No header is longer, bytes: what the messages need is a tenth of it. */
const LONGEST_HEADER = 16384

const BYTES: Readonly<Record<TensorType, number>> = { f64: 8, u32: 4, u8: 1 }

/** The elements of a tensor. */
export type TensorData = Float64Array | Uint32Array | Uint8Array

/** One named tensor; `data` may share the frame's memory. */
export interface Tensor {
  readonly name: string
  readonly data: TensorData
}

/** A message before it means anything: integer and string fields, and tensors. */
export interface Frame {
  readonly fields: Readonly<Record<string, number | string>>
  readonly tensors: readonly Tensor[]
}

/** A frame to be written, whose tensors may be frames themselves: each becomes a u8 tensor of its bytes, without a copy of them. */
export interface NestedFrame {
  readonly fields: Frame['fields']
  readonly tensors: readonly { readonly name: string; readonly data: TensorData | NestedFrame }[]
}

const padded = (bytes: number): number => Math.ceil(bytes / 8) * 8
const typeOf = (data: TensorData): TensorType =>
  data instanceof Float64Array ? 'f64' : data instanceof Uint32Array ? 'u32' : 'u8'

/** A frame whose header is encoded and whose length is known. */
interface Layout {
  readonly header: Uint8Array
  readonly parts: readonly (TensorData | Layout)[]
  readonly byteLength: number
}

/** A frame as bytes. */
export function encodeFrame(frame: NestedFrame): Uint8Array {
  const layout = layOut(frame)
  const bytes = new Uint8Array(layout.byteLength)
  write(layout, bytes, 0)
  return bytes
}

function layOut({ fields, tensors }: NestedFrame): Layout {
  const parts = tensors.map(({ data }) => (ArrayBuffer.isView(data) ? data : layOut(data)))
  const entries = parts.map((part, i): TensorEntry => [
    tensors[i]?.name ?? '',
    ArrayBuffer.isView(part) ? typeOf(part) : 'u8',
    ArrayBuffer.isView(part) ? part.length : part.byteLength,
  ])
  const header = encodeHeader({ fields, tensors: entries })
  const body = padded(PREFIX + header.length)
  return { header, parts, byteLength: parts.reduce((sum, part) => sum + padded(part.byteLength), body) }
}

function write({ header, parts }: Layout, bytes: Uint8Array, from: number): void {
  const view = new DataView(bytes.buffer)
  view.setUint32(from, MAGIC, true)
  view.setUint32(from + 4, header.length, true)
  bytes.set(header, from + PREFIX)
  let at = from + padded(PREFIX + header.length)
  for (const part of parts) {
    if (ArrayBuffer.isView(part)) bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at)
    else write(part, bytes, at)
    at += padded(part.byteLength)
  }
}

/** The length in bytes that {@link encodeFrame} gives a frame with these fields and tensor lengths, without building it. */
export function frameLength(fields: Frame['fields'], tensors: readonly TensorEntry[]): number {
  const header = encodeHeader({ fields, tensors })
  return tensors.reduce(
    (sum, [, type, length]) => sum + padded(length * BYTES[type]),
    padded(PREFIX + header.length),
  )
}

const fault = (message: string): Result<never> => ({ ok: false, issues: [{ path: [], message }] })

/** Reads a frame; anything malformed is an issue, never a throw. Tensors share the memory of `bytes` where it is aligned to 8. */
export function decodeFrame(bytes: Uint8Array): Result<Frame> {
  if (bytes.length < PREFIX) return fault(`expected at least ${PREFIX} bytes, got ${bytes.length}`)
  // not slice(): that of a Node Buffer shares its memory
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : new Uint8Array(bytes)
  const view = new DataView(aligned.buffer, aligned.byteOffset, aligned.length)
  if (view.getUint32(0, true) !== MAGIC) return fault('expected a frame that starts with its magic number')
  const headerLength = view.getUint32(4, true)
  if (headerLength > aligned.length - PREFIX)
    return fault(`expected a header of ${headerLength} bytes, got ${aligned.length - PREFIX}`)
  if (headerLength > LONGEST_HEADER)
    return fault(`expected a header of at most ${LONGEST_HEADER} bytes, got ${headerLength}`)
  const header = readHeader(aligned.subarray(PREFIX, PREFIX + headerLength))
  return header.ok ? readTensors(aligned, padded(PREFIX + headerLength), header.value) : header
}

function readHeader(bytes: Uint8Array): Result<Header> {
  const usual = decodeHeader(bytes)
  if (usual !== null) return { ok: true, value: usual }
  let header: unknown
  try {
    header = decodePlainHeader(bytes)
  } catch (error) {
    return fault(`expected a MessagePack header: ${(error as Error).message}`)
  }
  if (!isRecord(header) || !Array.isArray(header['tensors']))
    return fault('expected a header with a list of tensors')
  const { tensors, ...fields } = header
  if (!(tensors as unknown[]).every(isTensorEntry))
    return fault('expected each tensor as [name, "f64", "u32" or "u8", length]')
  return isFields(fields)
    ? { ok: true, value: { fields, tensors: tensors as TensorEntry[] } }
    : fault('expected header fields to be integers or strings')
}

function readTensors(bytes: Uint8Array, body: number, { fields, tensors: entries }: Header): Result<Frame> {
  const tensors: Tensor[] = []
  let at = body
  for (const [name, type, length] of entries) {
    const size = length * BYTES[type]
    if (at + padded(size) > bytes.length)
      return fault(`expected ${length} elements of tensor ${name}, but the frame ends`)
    tensors.push({ name, data: view(type, bytes, at, length) })
    at += padded(size)
  }
  return at === bytes.length
    ? { ok: true, value: { fields, tensors } }
    : fault(`expected a frame of ${at} bytes, got ${bytes.length}`)
}

function view(type: TensorType, { buffer, byteOffset }: Uint8Array, at: number, length: number): TensorData {
  const from = byteOffset + at
  if (type === 'f64') return new Float64Array(buffer, from, length)
  return type === 'u32' ? new Uint32Array(buffer, from, length) : new Uint8Array(buffer, from, length)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isFields = (fields: Record<string, unknown>): fields is Record<string, number | string> =>
  Object.values(fields).every((value) => typeof value === 'string' || Number.isSafeInteger(value))

const isTensorEntry = (entry: unknown): entry is TensorEntry =>
  Array.isArray(entry) &&
  entry.length === 3 &&
  typeof entry[0] === 'string' &&
  (entry[1] === 'f64' || entry[1] === 'u32' || entry[1] === 'u8') &&
  Number.isSafeInteger(entry[2]) &&
  (entry[2] as number) >= 0
