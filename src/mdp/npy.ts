/** NumPy's array files: `.npy` (one array) and `.npz` (a zip of them), as bytes (NEP 1). Arrays of Python objects are refused. */
import { unzipSync, zipSync } from 'fflate'
import type { Result } from '../numeric/result.ts'
import { refused } from './issues.ts'

/** An array as read: numbers in C order (last index fastest), whatever the file's own order and type. */
export interface NumberArray {
  readonly shape: readonly number[]
  /** [product of shape] */
  readonly data: Float64Array
}

/** What can be written: the typed arrays that NumPy has a type for. */
export type Writable = Float64Array | Float32Array | Int32Array | Uint32Array | Uint8Array

const MAGIC = '\u0093NUMPY'

/** Readers of one number by NumPy's type code, all but the byte order. */
const READERS: Readonly<
  Record<string, { bytes: number; read: (view: DataView, at: number, little: boolean) => number }>
> = {
  f8: { bytes: 8, read: (view, at, little) => view.getFloat64(at, little) },
  f4: { bytes: 4, read: (view, at, little) => view.getFloat32(at, little) },
  i8: { bytes: 8, read: (view, at, little) => Number(view.getBigInt64(at, little)) },
  i4: { bytes: 4, read: (view, at, little) => view.getInt32(at, little) },
  i2: { bytes: 2, read: (view, at, little) => view.getInt16(at, little) },
  i1: { bytes: 1, read: (view, at) => view.getInt8(at) },
  u4: { bytes: 4, read: (view, at, little) => view.getUint32(at, little) },
  u1: { bytes: 1, read: (view, at) => view.getUint8(at) },
  b1: { bytes: 1, read: (view, at) => view.getUint8(at) },
}

const latin1 = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')

/** Where the Python literal of a header stands, and where the numbers begin; null where the bytes are no `.npy` file. */
function headerOf(bytes: Uint8Array, view: DataView): { text: string; end: number } | null {
  if (bytes.length < 12 || latin1(bytes.subarray(0, 6)) !== MAGIC) return null
  const long = (bytes[6] as number) >= 2
  const from = long ? 12 : 10
  const end = from + (long ? view.getUint32(8, true) : view.getUint16(8, true))
  return end <= bytes.length ? { text: latin1(bytes.subarray(from, end)), end } : null
}

/**
 * The array of a `.npy` file of format 1, 2 or 3: types f8, f4, i8, i4, i2, i1, u4, u1 and b1 of either byte order, C or Fortran order.
 * 64-bit integers are rounded to the nearest number; booleans are 0 and 1.
 */
export function parseNpy(bytes: Uint8Array): Result<NumberArray> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = headerOf(bytes, view)
  if (header === null) return refused([], 'expected a NumPy array, got other bytes')
  const type = /'descr':\s*'([<>|=]?)([a-zA-Z]\d*)[^']*'/.exec(header.text)
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(header.text)
  const order = /'fortran_order':\s*(True|False)/.exec(header.text)
  if (type?.[2]?.startsWith('O'))
    return refused([], 'expected numbers, got pickled Python objects, which are never loaded')
  const reader = READERS[type?.[2] ?? '']
  if (type === null || reader === undefined)
    return refused(
      [],
      `expected numbers of type ${Object.keys(READERS).join(', ')}, got ${type?.[0] ?? 'a structured type'}`,
    )
  if (sizes === null || order === null)
    return refused([], `expected a NumPy header, got ${header.text.slice(0, 60).trim()}`)
  const shape = (sizes[1] ?? '')
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number)
  const count = shape.reduce((a, b) => a * b, 1)
  if (bytes.length - header.end !== count * reader.bytes)
    return refused(
      [],
      `expected ${count * reader.bytes} bytes of numbers for shape ${shapeText(shape)}, got ${bytes.length - header.end}`,
    )
  const data = new Float64Array(count)
  for (let i = 0; i < count; i++) data[i] = reader.read(view, header.end + i * reader.bytes, type[1] !== '>')
  return { ok: true, value: { shape, data: order[1] === 'True' ? fromFortran(data, shape) : data } }
}

/** A shape as NumPy prints it: (3, 4), (3,) or (). */
export const shapeText = (shape: readonly number[]): string =>
  `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`

/** From first index fastest to last index fastest. */
function fromFortran(data: Float64Array, shape: readonly number[]): Float64Array {
  const result = new Float64Array(data.length)
  const index = shape.map(() => 0)
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((a, b) => a * b, 1))
  for (let i = 0; i < data.length; i++) {
    let from = 0
    for (let axis = 0; axis < shape.length; axis++)
      from += (index[axis] as number) * (strides[axis] as number)
    result[i] = data[from] as number
    advance(index, shape)
  }
  return result
}

/** The next index in C order. */
function advance(index: number[], shape: readonly number[]): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = (index[axis] as number) + 1
    if ((index[axis] as number) < (shape[axis] as number)) return
    index[axis] = 0
  }
}

/** Arrays that inflate to more bytes than this together are refused before they are inflated. */
const MOST_INFLATED = 1_000_000_000

/** The raw `.npy` files of a `.npz` file by array name, those in `names` only. Refused: a name twice, more than a gigabyte in all. */
export function unzipNpz(
  bytes: Uint8Array,
  names: readonly string[],
): Result<ReadonlyMap<string, Uint8Array>> {
  const seen: string[] = []
  let inflated = 0
  const filter = (file: { readonly name: string; readonly originalSize: number }): boolean => {
    const name = file.name.replace(/\.npy$/, '')
    if (!names.includes(name)) return false
    seen.push(name)
    inflated += file.originalSize
    return inflated <= MOST_INFLATED
  }
  try {
    const files = unzipSync(bytes, { filter })
    if (inflated > MOST_INFLATED)
      return refused([], `expected arrays of at most ${MOST_INFLATED} bytes in all, got ${inflated}`)
    const twice = seen.find((name, i) => seen.indexOf(name) < i)
    if (twice !== undefined) return refused([twice], 'expected one array of this name, got two')
    return {
      ok: true,
      value: new Map(Object.entries(files).map(([name, data]) => [name.replace(/\.npy$/, ''), data])),
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return refused([], `expected a NumPy .npz file, got bytes that cannot be unzipped: ${reason}`)
  }
}

/** NumPy's type code of an array's elements and a writer of one of them. */
function writerOf(data: Writable): { type: string; write: (view: DataView, at: number, x: number) => void } {
  if (data instanceof Float64Array)
    return { type: '<f8', write: (view, at, x) => view.setFloat64(at, x, true) }
  if (data instanceof Float32Array)
    return { type: '<f4', write: (view, at, x) => view.setFloat32(at, x, true) }
  if (data instanceof Int32Array) return { type: '<i4', write: (view, at, x) => view.setInt32(at, x, true) }
  if (data instanceof Uint32Array) return { type: '<u4', write: (view, at, x) => view.setUint32(at, x, true) }
  return { type: '|u1', write: (view, at, x) => view.setUint8(at, x) }
}

/**
 * A `.npy` file (format 1.0, C order, little-endian) of numbers of the given shape.
 * @throws RangeError when the shape does not hold as many numbers as there are
 */
export function writeNpy(data: Writable, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((a, b) => a * b, 1)
  if (count !== data.length)
    throw new RangeError(
      `writeNpy: shape ${shapeText(shape)} must hold ${data.length} numbers, holds ${count}`,
    )
  const { type, write } = writerOf(data)
  const literal = `{'descr': '${type}', 'fortran_order': False, 'shape': ${shapeText(shape)}, }`
  // The numbers start at a multiple of 64 bytes, and the header ends with a newline.
  const length = Math.ceil((10 + literal.length + 1) / 64) * 64
  const bytes = new Uint8Array(length + data.byteLength)
  const header = `${MAGIC}\u0001\u0000${String.fromCharCode((length - 10) & 255, (length - 10) >> 8)}${literal}`
  for (let i = 0; i < length; i++) bytes[i] = i < header.length ? header.charCodeAt(i) : 0x20
  bytes[length - 1] = 0x0a
  const view = new DataView(bytes.buffer)
  for (const [i, x] of data.entries()) write(view, length + i * data.BYTES_PER_ELEMENT, x)
  return bytes
}

/** A `.npz` file, not compressed, of arrays by name; equal arrays give equal bytes. */
export function writeNpz(
  arrays: Readonly<Record<string, { readonly data: Writable; readonly shape: readonly number[] }>>,
): Uint8Array {
  const files = Object.entries(arrays).map(
    ([name, { data, shape }]) => [`${name}.npy`, writeNpy(data, shape)] as const,
  )
  // The zip format holds local time: a local date is the same in every time zone.
  return zipSync(Object.fromEntries(files), { level: 0, mtime: new Date(1980, 0, 2, 12) })
}
