/**
 * The safetensors format, 64-bit floats only: u64 length of the header, a JSON header, the tensors' bytes, all little-endian.
 * Layout: https://github.com/huggingface/safetensors. Header keys are written in the given order and the header is padded with
 * spaces to 8 bytes, so that equal models are equal files and every tensor is aligned.
 */
import type { Result } from '../numeric/result.ts'

/** A row-major tensor of 64-bit floats: `data.length` is the product of `shape`. */
export interface Tensor {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

/** Named tensors and what is said about them. */
export interface TensorFile {
  readonly tensors: Readonly<Record<string, Tensor>>
  readonly metadata: Readonly<Record<string, string>>
}

/** Readers refuse larger headers, and so do we. */
const MAX_HEADER_BYTES = 100_000_000

const sizeOf = (shape: readonly number[]): number => shape.reduce((size, length) => size * length, 1)

/**
 * The bytes of a safetensors file.
 * @throws RangeError where a tensor's data does not fill its shape
 */
export function encodeSafetensors({ tensors, metadata }: TensorFile): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let end = 0
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (sizeOf(shape) !== data.length) {
      throw new RangeError(
        `encodeSafetensors: ${name} has shape [${shape.join(', ')}] but ${data.length} numbers`,
      )
    }
    header[name] = { dtype: 'F64', shape, data_offsets: [end, (end += 8 * data.length)] }
  }
  const text = new TextEncoder().encode(JSON.stringify(header))
  const begin = 8 + Math.ceil(text.length / 8) * 8
  const bytes = new Uint8Array(begin + end)
  bytes.fill(0x20, 8, begin).set(text, 8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(begin - 8), true)
  for (const { data } of Object.values(tensors)) {
    writeFloats(bytes, bytes.length - end, data)
    end -= 8 * data.length
  }
  return bytes
}

function writeFloats(bytes: Uint8Array<ArrayBuffer>, offset: number, data: Float64Array): void {
  const view = new DataView(bytes.buffer, offset)
  for (let i = 0; i < data.length; i++) view.setFloat64(8 * i, data[i] as number, true)
}

function readFloats(bytes: Uint8Array, count: number): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float64Array.from({ length: count }, (_, i) => view.getFloat64(8 * i, true))
}

const failure = (
  message: string,
  ...path: string[]
): { ok: false; issues: [{ path: string[]; message: string }] } => ({
  ok: false,
  issues: [{ path, message }],
})

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount)

/**
 * Reads a safetensors file of 64-bit floats. The tensors must fill the bytes after the header without gap or overlap.
 * @returns copies of the tensors, in the order of the header
 */
export function decodeSafetensors(bytes: Uint8Array): Result<TensorFile> {
  const header = parseHeader(bytes)
  if (!header.ok) return header
  const { fields, body } = header.value
  const { __metadata__: metadata = {}, ...entries } = fields
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    return failure('expected an object of strings', '__metadata__')
  }
  const tensors: Record<string, Tensor> = {}
  const spans: [begin: number, end: number][] = []
  for (const [name, entry] of Object.entries(entries)) {
    const parsed = parseEntry(name, entry, body.length)
    if (!parsed.ok) return parsed
    const { shape, begin, end } = parsed.value
    spans.push([begin, end])
    tensors[name] = { shape, data: readFloats(body.subarray(begin, end), (end - begin) / 8) }
  }
  const gap = firstGap(spans, body.length)
  if (gap !== null) return failure(gap)
  return { ok: true, value: { tensors, metadata: metadata as Record<string, string> } }
}

function parseHeader(bytes: Uint8Array): Result<{ fields: Record<string, unknown>; body: Uint8Array }> {
  if (bytes.length < 8) return failure(`expected at least 8 bytes, got ${bytes.length}`)
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true))
  if (length > MAX_HEADER_BYTES || length > bytes.length - 8) {
    return failure(`the header should have ${length} bytes, but the file has ${bytes.length}`)
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length))
    const fields: unknown = JSON.parse(text)
    return isRecord(fields)
      ? { ok: true, value: { fields, body: bytes.subarray(8 + length) } }
      : failure('expected a JSON object as header')
  } catch {
    return failure('the header is not JSON')
  }
}

function parseEntry(
  name: string,
  entry: unknown,
  available: number,
): Result<{ shape: number[]; begin: number; end: number }> {
  if (!isRecord(entry)) return failure('expected an object', name)
  const { dtype, shape, data_offsets: offsets } = entry
  if (dtype !== 'F64') return failure(`expected F64, got ${JSON.stringify(dtype)}`, name, 'dtype')
  if (!isCounts(shape)) return failure('expected a list of lengths', name, 'shape')
  if (!isCounts(offsets) || offsets.length !== 2)
    return failure('expected [begin, end]', name, 'data_offsets')
  const [begin, end] = offsets as [number, number]
  if (end > available) return failure(`expected at most ${available}, got ${end}`, name, 'data_offsets')
  if (end - begin !== 8 * sizeOf(shape)) {
    return failure(
      `expected ${8 * sizeOf(shape)} bytes for shape [${shape.join(', ')}], got ${end - begin}`,
      name,
    )
  }
  return { ok: true, value: { shape, begin, end } }
}

function firstGap(spans: readonly [begin: number, end: number][], length: number): string | null {
  let at = 0
  for (const [begin, end] of spans.toSorted((a, b) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== at) return `expected a tensor to begin at byte ${at} of the data, got ${begin}`
    at = end
  }
  return at === length ? null : `${length - at} bytes after the last tensor`
}
