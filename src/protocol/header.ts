/**
 * The header of a frame as MessagePack: a map of integers and ASCII strings, `tensors` a list of [name, type, length]. Such headers are
 * written and read here, several times as fast as by the library; what is anything else, or malformed, the library decides on.
 */
import { Encoder, decode } from '@msgpack/msgpack'

/** An element type of a tensor. */
export type TensorType = 'f64' | 'u32' | 'u8'

/** Name, type and number of elements of a tensor. */
export type TensorEntry = readonly [name: string, type: TensorType, length: number]

/** What a header says. */
export interface Header {
  readonly fields: Readonly<Record<string, number | string>>
  readonly tensors: readonly TensorEntry[]
}

/** No part of a header is larger: a few bytes cannot claim much memory. */
const LIMITS = {
  maxStrLength: 4096,
  maxMapLength: 32,
  maxArrayLength: 16,
  maxBinLength: 0,
  maxExtLength: 0,
}

/** One for all: to make it takes longer than to encode a header. */
const encoder = new Encoder()

/** The plain way to write a header, and the only one for headers that are long, or hold negative numbers or letters beyond ASCII. */
export const encodePlainHeader = ({ fields, tensors }: Header): Uint8Array =>
  encoder.encode({ ...fields, tensors })

/** The plain way to read a header. @returns whatever the bytes hold @throws Error where they are malformed, or beyond the limits */
export const decodePlainHeader = (bytes: Uint8Array): unknown => decode(bytes, LIMITS)

/** Longer headers are written the plain way, bytes. */
const ROOM = 1024

/** Where a header is put together. */
const scratch = new Uint8Array(ROOM)

/** Bytes of the longest number. */
const LONGEST = 9

/** A header as bytes: those of {@link encodePlainHeader}. */
export function encodeHeader(header: Header): Uint8Array {
  const end = writeHeader(header)
  return end < 0 ? encodePlainHeader(header) : scratch.slice(0, end)
}

/** Puts the header into `scratch`. @returns its end, -1 where it must be written the plain way */
function writeHeader({ fields, tensors }: Header): number {
  const names = Object.keys(fields)
  if (names.length > 14 || tensors.length > 15) return -1
  let at = 0
  scratch[at++] = 0x80 | (names.length + 1)
  for (const name of names) at = writeValue(writeText(at, name), fields[name] as number | string)
  at = writeText(at, 'tensors')
  if (at < 0) return -1
  scratch[at++] = 0x90 | tensors.length
  for (const [name, type, length] of tensors) {
    if (at < 0 || at === ROOM) return -1
    scratch[at++] = 0x93
    at = writeValue(writeText(writeText(at, name), type), length)
  }
  return at
}

const writeValue = (at: number, value: number | string): number =>
  typeof value === 'number' ? writeInteger(at, value) : writeText(at, value)

function writeText(from: number, text: string): number {
  const { length } = text
  if (from < 0 || length > 255 || from + length + 2 > ROOM) return -1
  let at = from
  if (length > 31) scratch[at++] = 0xd9
  scratch[at++] = length > 31 ? length : 0xa0 | length
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return -1
    scratch[at++] = code
  }
  return at
}

function writeInteger(from: number, value: number): number {
  if (from < 0 || from + LONGEST > ROOM || !Number.isSafeInteger(value) || value < 0) return -1
  let at = from
  if (value < 128) scratch[at++] = value
  else if (value < 256) {
    scratch[at++] = 0xcc
    scratch[at++] = value
  } else if (value < 65536) {
    scratch[at++] = 0xcd
    at = writeBytes(at, value, 2)
  } else if (value < 4294967296) {
    scratch[at++] = 0xce
    at = writeBytes(at, value, 4)
  } else {
    scratch[at++] = 0xcf
    at = writeBytes(writeBytes(at, Math.floor(value / 4294967296), 4), value % 4294967296, 4)
  }
  return at
}

/** The low `count` bytes of an integer below 2^32, the highest first. */
function writeBytes(at: number, value: number, count: number): number {
  for (let i = 0; i < count; i++) scratch[at + i] = value >>> (8 * (count - 1 - i))
  return at + count
}

/** Reads a header that {@link encodeHeader} wrote without the library. @returns null on all other bytes, well-formed or not */
export function decodeHeader(bytes: Uint8Array): Header | null {
  const reader = new Reader(bytes)
  const count = reader.length(0x80)
  const fields: Record<string, number | string> = {}
  let tensors: TensorEntry[] | null = null
  for (let i = 0; i < count; i++) {
    const name = reader.text()
    if (name === '__proto__') return null
    if (name !== 'tensors') fields[name] = reader.value()
    else if (tensors === null) tensors = readEntries(reader)
    else return null
  }
  return reader.isWhole && tensors !== null ? { fields, tensors } : null
}

function readEntries(reader: Reader): TensorEntry[] {
  const entries: TensorEntry[] = []
  const count = reader.length(0x90)
  for (let i = 0; i < count; i++) {
    if (reader.length(0x90) !== 3) reader.fail()
    const [name, type, length] = [reader.text(), reader.text(), reader.integer()]
    if (type === 'f64' || type === 'u32' || type === 'u8') entries.push([name, type, length])
    else reader.fail()
  }
  return entries
}

/** Strings that were read, by a hash of their bytes: headers say the same few words again and again. */
const words = Array.from({ length: 4096 }, () => '')

/** Reads values one after the other; after one that is not there, it reads nothing but zeros, and is not whole. */
class Reader {
  readonly #bytes: Uint8Array
  #at = 0
  #failed = false

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** whether everything was there, and nothing is left */
  get isWhole(): boolean {
    return !this.#failed && this.#at === this.#bytes.length
  }

  fail(): number {
    this.#failed = true
    return 0
  }

  /** The length of a map (0x80) or list (0x90) of at most 15. */
  length(tag: 0x80 | 0x90): number {
    const byte = this.#byte()
    return (byte & 0xf0) === tag ? byte & 0x0f : this.fail()
  }

  value(): number | string {
    const byte = this.#bytes[this.#at] ?? 0
    return (byte & 0xe0) === 0xa0 || byte === 0xd9 ? this.text() : this.integer()
  }

  integer(): number {
    const byte = this.#byte()
    if (byte < 0x80) return byte
    if (byte === 0xcc) return this.#byte()
    if (byte === 0xcd) return this.#integer(2)
    if (byte === 0xce) return this.#integer(4)
    if (byte !== 0xcf) return this.fail()
    const value = this.#integer(4) * 4294967296 + this.#integer(4)
    return Number.isSafeInteger(value) ? value : this.fail()
  }

  text(): string {
    const byte = this.#byte()
    const length = (byte & 0xe0) === 0xa0 ? byte & 0x1f : byte === 0xd9 ? this.#byte() : this.fail()
    const from = this.#at
    this.#at += length
    let hash = length
    for (let at = from; at < this.#at; at++) {
      const code = this.#bytes[at] ?? 128
      if (code > 127) this.fail()
      hash = (31 * hash + code) | 0
    }
    if (this.#failed) return ''
    const slot = (hash ^ (hash >>> 12)) & 4095
    const known = words[slot] as string
    return isTextAt(known, this.#bytes, from, length) ? known : this.#newText(from, length, slot)
  }

  #newText(from: number, length: number, slot: number): string {
    const text = String.fromCharCode(...this.#bytes.subarray(from, from + length))
    words[slot] = text
    return text
  }

  #byte(): number {
    return this.#bytes[this.#at++] ?? this.fail()
  }

  #integer(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++) value = 256 * value + this.#byte()
    return value
  }
}

function isTextAt(text: string, bytes: Uint8Array, from: number, length: number): boolean {
  if (text.length !== length) return false
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) !== bytes[from + i]) return false
  return true
}
