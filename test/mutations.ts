/** Frames that are almost right: what a broken or hostile program may send, drawn from a stream. */
import { encode } from '@msgpack/msgpack'
import { decodeFrame, encodeFrame, type Frame } from '../src/protocol/frame.ts'
import { below, nextWord, type Stream } from '../src/numeric/stream.ts'

/** The index of the agent that frames are made out to; {@link mutated} never makes one that is all right for it. */
const MALLORY = 3

/** An index that no agent has. */
const NOBODY = 100

/** Frames of a real federation, those of each kind together. */
export type Corpus = readonly (readonly Uint8Array[])[]

type Mutation = (frame: Uint8Array, stream: Stream, corpus: Corpus) => Uint8Array

const pick = <T>(stream: Stream, list: readonly T[]): T => list[below(stream, list.length)] as T

function flipped(frame: Uint8Array, stream: Stream): Uint8Array {
  const bytes = frame.slice()
  for (let left = 1 + below(stream, 8); left > 0 && bytes.length > 0; left--) {
    const at = below(stream, bytes.length)
    bytes[at] = (bytes[at] as number) ^ (1 << below(stream, 8))
  }
  return bytes
}

const truncated: Mutation = (frame, stream) => frame.slice(0, below(stream, frame.length + 1))

const noise = (length: number, stream: Stream): Uint8Array =>
  Uint8Array.from({ length }, () => nextWord(stream) & 255)

const lengthened: Mutation = (frame, stream) => joined(frame, noise(1 + below(stream, 64), stream))

const spliced: Mutation = (frame, stream, corpus) => {
  const other = pick(stream, pick(stream, corpus))
  return joined(frame.subarray(0, below(stream, frame.length + 1)), other.subarray(below(stream, other.length + 1))) // prettier-ignore
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length)
  bytes.set(one)
  bytes.set(other, one.length)
  return bytes
}

/** Without 3: with it a frame could become a right one of {@link MALLORY}. */
const NUMBERS = [0, 1, -1, 2, 4, 15, 16, 255, 65535, 65536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER, 2 ** 60, 0.5, NaN, Infinity] // prettier-ignore
const OTHERS = [null, true, '', 'a', 'update', '\u0000', '\ud800', 'x'.repeat(5000), [], {}, [1, 2], { tensors: [] }, Uint8Array.of(1), Array.from({ length: 100 }, () => 0)] // prettier-ignore

/** Writes a header as it is, right or wrong, and a body behind it. */
function framed(header: Uint8Array, body: Uint8Array, length = header.length): Uint8Array {
  const from = Math.ceil((8 + header.length) / 8) * 8
  const bytes = new Uint8Array(from + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, 0x4c445246, true)
  view.setUint32(4, length >>> 0, true)
  bytes.set(header, 8)
  bytes.set(body, from)
  return bytes
}

/** The parts of a frame, or null where it is none. */
function partsOf(bytes: Uint8Array) {
  const frame = decodeFrame(bytes)
  if (!frame.ok) return null
  const { fields, tensors } = frame.value
  const list = tensors.map(({ name, data }) => [name, data instanceof Float64Array ? 'f64' : data instanceof Uint32Array ? 'u32' : 'u8', data.length]) // prettier-ignore
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true)
  const body = bytes.subarray(Math.ceil((8 + headerBytes) / 8) * 8)
  return { fields, tensors, list, body, frame: frame.value }
}

/** A header that lies: about its own length, about the types, lengths and names of tensors, about fields. */
const lying: Mutation = (bytes, stream) => {
  const parts = partsOf(bytes)
  if (parts === null) return flipped(bytes, stream)
  const { fields, list, body } = parts
  const header: Record<string, unknown> = { ...fields, tensors: list }
  const entry = list.length > 0 ? pick(stream, list) : null
  switch (below(stream, 9)) {
    case 0:
      return framed(encode(header), body, pick(stream, [0, 1, 2 ** 31, 2 ** 32 - 1, nextWord(stream), encode(header).length + 1])) // prettier-ignore
    case 1:
      if (entry !== null) entry[1] = pick(stream, ['f64', 'u32', 'u8', 'f32', '', 7])
      break
    case 2:
      if (entry !== null) entry[2] = pick(stream, [...NUMBERS, (entry[2] as number) + 1])
      break
    case 3:
      if (entry !== null) entry[0] = pick(stream, ['frame', 'agents', 'entries', 'visits', 'secret', '', 9])
      break
    case 4:
      if (entry !== null) list.push(entry)
      break
    case 5:
      header[pick(stream, Object.keys(header))] = pick(stream, [...NUMBERS, ...OTHERS])
      break
    case 6:
      delete header[pick(stream, Object.keys(header))]
      break
    case 7:
      header[pick(stream, ['secret', 'state', 'agent', 'round', '__proto__', 'constructor'])] = pick(stream, NUMBERS) // prettier-ignore
      break
    default:
      return framed(encode(Object.fromEntries(Object.entries(header).toReversed())), body)
  }
  return framed(encode(header), body)
}

/** A map with a key that stands there twice. */
const doubled: Mutation = (bytes, stream) => {
  const parts = partsOf(bytes)
  if (parts === null) return truncated(bytes, stream, [])
  const entries = Object.entries({ ...parts.fields, tensors: parts.list })
  const again = pick(stream, entries)
  const all = [...entries, [again[0], pick(stream, NUMBERS)] as const]
  const body = all.flatMap(([key, value]) => [...encode(key), ...encode(value)])
  return framed(Uint8Array.from([0x80 | all.length, ...body]), parts.body)
}

/** Headers that claim more than there is, or nest for ever. */
const huge: Mutation = (bytes, stream) => {
  const body = partsOf(bytes)?.body ?? bytes
  const count = [0xff, 0xff, 0xff, 0xff]
  const start = pick(stream, [[0xdf], [0xdd], [0xdb], [0xc6], [0xc9], [0x81, 0xa1, 0x61, 0xdd], [0x81, 0xdb]])
  if (below(stream, 2) === 0) return framed(Uint8Array.from([...start, ...count, ...noise(8, stream)]), body)
  const nest = new Uint8Array(1 + below(stream, 16_000)).fill(pick(stream, [0x91, 0x81, 0xdc]))
  return framed(nest, body)
}

/** The smallest and largest of numbers, and those that are none. */
const EXTREMES = [0, -0, 1, -1, 1e-320, 1e308, -1e308, NaN, Infinity, -Infinity, 1e9]

/** Tensors with other contents. */
const altered: Mutation = (bytes, stream) => {
  const copy = bytes.slice()
  const parts = partsOf(copy)
  const data = parts === null || parts.tensors.length === 0 ? null : pick(stream, parts.tensors).data
  if (data === null || data.length === 0) return flipped(bytes, stream)
  for (let left = 1 + below(stream, 4); left > 0; left--) {
    const at = below(stream, data.length)
    data[at] = data instanceof Float64Array ? pick(stream, EXTREMES) : nextWord(stream)
  }
  return copy
}

/** A frame whose inner frame lies. */
const nested: Mutation = (bytes, stream, corpus) => {
  const frame = partsOf(bytes)?.frame
  const inner = frame?.tensors.find(({ name }) => name === 'frame')?.data
  if (frame === undefined || !(inner instanceof Uint8Array)) return lying(bytes, stream, corpus)
  const mutated = pick(stream, PLAIN)(inner, stream, corpus)
  return encodeFrame(withTensor(frame, 'frame', mutated))
}

const withTensor = ({ fields, tensors }: Frame, name: string, data: Uint8Array): Frame => ({
  fields,
  tensors: tensors.map((tensor) => (tensor.name === name ? { name, data } : tensor)),
})

/** One with a right envelope and something wrong inside. */
export const mutatedInside = (updates: readonly Uint8Array[], stream: Stream): Uint8Array =>
  nested(pick(stream, updates), stream, [updates])

const PLAIN: readonly Mutation[] = [flipped, truncated, lengthened, spliced, lying, lying, doubled, huge, altered, altered] // prettier-ignore

/** An Update as if it came from {@link MALLORY}: outside, that is. */
export function forged(bytes: Uint8Array): Uint8Array {
  const frame = partsOf(bytes)?.frame
  const inner = frame?.tensors.find(({ name }) => name === 'frame')?.data
  const own = inner instanceof Uint8Array ? partsOf(inner)?.frame : undefined
  if (frame === undefined || own === undefined) throw new Error('forged: expected an Update')
  const content = encodeFrame({ ...own, fields: { ...own.fields, agent: NOBODY } })
  return encodeFrame({ ...withTensor(frame, 'frame', content), fields: { ...frame.fields, agent: MALLORY } })
}

/** A frame like one of the corpus, with something wrong, inside or outside but not both. */
export function mutated(corpus: Corpus, stream: Stream): Uint8Array {
  const frame = pick(stream, pick(stream, corpus))
  return pick(stream, [...PLAIN, nested, nested, nested, nested])(frame, stream, corpus)
}
