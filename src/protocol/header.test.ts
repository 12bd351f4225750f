import fc from 'fast-check'
import { expect, it } from 'vitest'
import { decodeHeader, decodePlainHeader, encodeHeader, encodePlainHeader } from './header.ts'
import type { Header } from './header.ts'

const integer = fc.oneof(fc.nat(300), fc.nat(70_000), fc.integer({ min: 0, max: 2 ** 33 }), fc.maxSafeNat())
const text = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ minLength: 200, maxLength: 300 }),
)
const short = fc.string({ unit: 'binary-ascii', maxLength: 40 })

const headersOf = (strings: fc.Arbitrary<string>, most: number): fc.Arbitrary<Header> =>
  fc.record({
    fields: fc
      .dictionary(strings, fc.oneof(integer, strings), { maxKeys: most })
      .filter((fields) => !Object.hasOwn(fields, 'tensors') && !Object.hasOwn(fields, '__proto__')),
    tensors: fc.array(fc.tuple(strings, fc.constantFrom('f64', 'u32', 'u8'), integer), { maxLength: most }),
  })
const any = headersOf(text, 17)
/** What is read without the library. */
const usual = headersOf(short, 8)

/** What the library reads; null where it refuses. */
function plain(bytes: Uint8Array): unknown {
  try {
    return decodePlainHeader(bytes)
  } catch {
    return null
  }
}

it('is written as the library writes it', () => {
  fc.assert(
    fc.property(fc.oneof(any, usual), (header) => {
      expect(encodeHeader(header)).toEqual(new Uint8Array(encodePlainHeader(header)))
    }),
    { seed: 1, numRuns: 500 },
  )
})

it('is read as the library reads it', () => {
  fc.assert(
    fc.property(usual, (header) => {
      const bytes = encodeHeader(header)
      expect(decodeHeader(bytes)).toEqual(header)
      expect(plain(bytes)).toEqual({ ...header.fields, tensors: header.tensors })
    }),
    { seed: 2, numRuns: 500 },
  )
})

it('is never read otherwise than by the library, whatever is done to its bytes', () => {
  const mutation = fc.tuple(fc.nat(200), fc.nat(255))
  let read = 0
  fc.assert(
    fc.property(
      fc.oneof(any, usual),
      fc.array(mutation, { maxLength: 3 }),
      fc.nat(1),
      (header, mutations, cut) => {
        const bytes = encodeHeader(header).slice()
        for (const [at, value] of mutations) if (at < bytes.length) bytes[at] = value
        const whole = bytes.subarray(0, bytes.length - cut)
        const found = decodeHeader(whole)
        if (found === null) return
        read++
        expect({ ...found.fields, tensors: found.tensors }).toEqual(plain(whole))
      },
    ),
    { seed: 3, numRuns: 1000 },
  )
  expect(read).toBeGreaterThan(100)
})

it('with a field __proto__ or two lists of tensors is left to the library', () => {
  const twice = Uint8Array.of(0x82, ...[0, 0].flatMap(() => [0xa7, ...Buffer.from('tensors'), 0x90]))
  const proto = Uint8Array.of(
    0x82,
    0xa9,
    ...Buffer.from('__proto__'),
    1,
    0xa7,
    ...Buffer.from('tensors'),
    0x90,
  )
  expect([decodeHeader(twice), decodeHeader(proto)]).toEqual([null, null])
})
