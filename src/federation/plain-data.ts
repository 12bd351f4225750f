/**
 * Plain data as bytes and back: what a checkpoint or a journal holds. Numbers, strings, booleans, null, lists, records and typed arrays;
 * a number that is -0 comes back as 0, in a typed array as it was.
 */
import { Encoder, ExtensionCodec, decode } from '@msgpack/msgpack'

/** Typed arrays by the number of their MessagePack extension. Part of every file: never renumber. */
const ARRAYS = [Float64Array, Int32Array, Uint32Array] as const

type Array = InstanceType<(typeof ARRAYS)[number]>

const codec = new ExtensionCodec()
for (const [type, Kind] of ARRAYS.entries())
  codec.register({
    type,
    encode: (value) =>
      value instanceof Kind ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength) : null,
    // copied, for the elements of an array must lie at multiples of their size
    decode: (bytes): Array => new Kind(new Uint8Array(bytes).buffer),
  })

/** One for all: to make it takes longer than to encode most values. */
const encoder = new Encoder({ extensionCodec: codec, maxDepth: 32 })

/** Plain data as bytes. @throws Error on anything else, a function for example */
export const encodePlain = (value: unknown): Uint8Array => encoder.encode(value)

/** Plain data from the bytes that {@link encodePlain} gave. @throws Error on other bytes */
export const decodePlain = (bytes: Uint8Array): unknown => decode(bytes, { extensionCodec: codec })
