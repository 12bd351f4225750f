import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeSafetensors, encodeSafetensors, type Tensor } from './safetensors.ts'

const small = encodeSafetensors({
  tensors: { q: { shape: [1, 2], data: Float64Array.of(1, -2.5) } },
  metadata: { seed: '3' },
})

const headerOf = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.subarray(8, 8 + (bytes[0] as number)))

/** A file with this header and so many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + dataBytes)
  bytes.set(text, 8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  return bytes
}

const tensor: fc.Arbitrary<Tensor> = fc
  .array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 })
  .chain((shape) => {
    const size = shape.reduce((a, b) => a * b, 1)
    return fc
      .array(fc.double(), { minLength: size, maxLength: size })
      .map((data) => ({ shape, data: Float64Array.from(data) }))
  })

test('the bytes are those of the format', () => {
  expect(headerOf(small).trimEnd()).toBe(
    '{"__metadata__":{"seed":"3"},"q":{"dtype":"F64","shape":[1,2],"data_offsets":[0,16]}}',
  )
  expect((small[0] as number) % 8).toBe(0)
  expect([...small.subarray(-16)]).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0x04, 0xc0])
})

test('what is written is read back, to the bit and in order', () => {
  const name = fc
    .string({ minLength: 1, maxLength: 5 })
    .filter((text) => text !== '__proto__' && text !== '__metadata__' && !/^\d+$/.test(text))
  fc.assert(
    fc.property(fc.dictionary(name, tensor, { maxKeys: 4, noNullPrototype: true }), (tensors) => {
      const read = decodeSafetensors(encodeSafetensors({ tensors, metadata: { a: 'b' } }))
      expect(read).toEqual({ ok: true, value: { tensors, metadata: { a: 'b' } } })
      if (read.ok) expect(Object.keys(read.value.tensors)).toEqual(Object.keys(tensors))
    }),
    { seed: 1, numRuns: 200 },
  )
})

test('a tensor that does not fill its shape is not written', () => {
  const write = () =>
    encodeSafetensors({ tensors: { q: { shape: [2, 2], data: new Float64Array(3) } }, metadata: {} })
  expect(write).toThrow('encodeSafetensors: q has shape [2, 2] but 3 numbers')
})

test.each([
  ['too short', small.subarray(0, 7), 'expected at least 8 bytes, got 7'],
  ['header beyond the end', small.subarray(0, 20), 'but the file has 20'],
  ['no JSON', fileOf('{"q"', 0), 'the header is not JSON'],
  ['no object', fileOf('[]', 0), 'expected a JSON object'],
  ['metadata of numbers', fileOf({ __metadata__: { a: 1 } }, 0), 'expected an object of strings'],
  [
    'another type',
    fileOf({ q: { dtype: 'F32', shape: [1], data_offsets: [0, 4] } }, 4),
    'expected F64, got "F32"',
  ],
  [
    'negative length',
    fileOf({ q: { dtype: 'F64', shape: [-1], data_offsets: [0, 8] } }, 8),
    'expected a list of lengths',
  ],
  [
    'wrong size',
    fileOf({ q: { dtype: 'F64', shape: [2], data_offsets: [0, 8] } }, 8),
    'expected 16 bytes for shape [2], got 8',
  ],
  [
    'beyond the data',
    fileOf({ q: { dtype: 'F64', shape: [2], data_offsets: [0, 16] } }, 8),
    'expected at most 8, got 16',
  ],
  [
    'gap',
    fileOf({ q: { dtype: 'F64', shape: [1], data_offsets: [8, 16] } }, 16),
    'begin at byte 0 of the data, got 8',
  ],
  [
    'rest',
    fileOf({ q: { dtype: 'F64', shape: [1], data_offsets: [0, 8] } }, 16),
    '8 bytes after the last tensor',
  ],
  [
    'overlap',
    fileOf(
      {
        a: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
        b: { dtype: 'F64', shape: [1], data_offsets: [0, 8] },
      },
      8,
    ),
    'begin at byte 8',
  ],
])('%s is told', (_, bytes, message) => {
  const read = decodeSafetensors(bytes)
  expect(read.ok ? '' : read.issues[0]?.message).toContain(message)
})

test('no bytes make the parser throw', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.nat({ max: small.length - 1 }),
      fc.nat(255),
      (noise, at, byte) => {
        const damaged = small.slice()
        damaged[at] = byte
        expect([true, false]).toContain(decodeSafetensors(damaged).ok)
        expect([true, false]).toContain(decodeSafetensors(noise).ok)
      },
    ),
    { seed: 1, numRuns: 500 },
  )
})
