import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodePlain, encodePlain } from './plain-data.ts'

const numbers = fc.oneof(
  fc.integer(),
  fc.maxSafeNat(),
  fc.double().filter((x) => !Object.is(x, -0)),
)
const data = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    numbers,
    fc.string(),
    fc.boolean(),
    fc.constant(null),
    fc.float64Array(),
    fc.uint32Array(),
    fc.int32Array(),
    fc.uint8Array(),
    fc.array(tie('value')),
    fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
})).value

describe('plain data', () => {
  it('comes back as it was, typed arrays bit for bit', () => {
    fc.assert(
      fc.property(data, (value) => {
        expect(decodePlain(encodePlain(value))).toEqual(value)
      }),
      { seed: 1, numRuns: 300 },
    )
    const [zeros] = decodePlain(encodePlain([Float64Array.of(-0, NaN, -Infinity)])) as [Float64Array]
    expect(Object.is(zeros[0], -0)).toBe(true)
    expect(zeros.subarray(1)).toEqual(Float64Array.of(NaN, -Infinity))
  })

  it('holds a piece of a larger array, and that piece only', () => {
    const whole = Float64Array.of(1, 2, 3, 4)
    expect(decodePlain(encodePlain(whole.subarray(1, 3)))).toEqual(Float64Array.of(2, 3))
    expect(encodePlain(whole.subarray(1, 3)).length).toBeLessThan(20)
  })

  it('refuses what is no data', () => {
    expect(() => encodePlain({ work: () => 1 })).toThrow('Unrecognized object')
    expect(() => decodePlain(Uint8Array.of(0xc1))).toThrow('0xc1')
  })
})
