import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { choose } from './choose.ts'
import { Purpose, nextWord, streamOf } from './stream.ts'

const weights = fc
  .array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0)), {
    minLength: 1,
    maxLength: 12,
  })
  .filter((list) => list.some((weight) => weight > 1e-6))
  .map((list) => Float64Array.from(list))

/** Words that pick outcome i or an earlier one: the first word that does not, by bisection, for outcomes ascend with the word. */
function wordsUpTo(weight: Float64Array, i: number): number {
  let [low, high] = [0, 4294967296]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (choose(weight, middle) <= i) low = middle + 1
    else high = middle
  }
  return low
}

describe('choose', () => {
  it('meets every probability to within 2^-31', () => {
    fc.assert(
      fc.property(weights, (weight) => {
        const total = weight.reduce((sum, one) => sum + one, 0)
        let before = 0
        weight.forEach((one, i) => {
          const words = wordsUpTo(weight, i)
          expect(Math.abs((words - before) / 4294967296 - one / total)).toBeLessThanOrEqual(2.001 * 2 ** -32)
          before = words
        })
        expect(before).toBe(4294967296)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('never draws an outcome of weight 0, wherever it stands', () => {
    fc.assert(
      fc.property(weights, fc.nat(0xffffffff), (weight, word) => {
        for (const extreme of [word, 0, 1, 0xfffffffe, 0xffffffff])
          expect(weight[choose(weight, extreme)]).toBeGreaterThan(0)
      }),
      { seed: 2, numRuns: 1000 },
    )
  })

  it('turns these words into these outcomes', () => {
    const weight = Float64Array.of(1, 0, 2, 1)
    const words = [0, 0x3fffffff, 0x40000000, 0xbfffffff, 0xc0000000, 0xffffffff]
    expect(words.map((word) => choose(weight, word))).toEqual([0, 0, 2, 2, 3, 3])
  })

  it('rounds a sum to the nearest of 2^31 steps, and drops the last bit of the word', () => {
    // 2^31 * 3e-10 is 0.64, one step of two words; 2^31 * 2e-10 is 0.43, none
    expect([0, 1, 2].map((word) => choose(Float64Array.of(3e-10, 1 - 3e-10), word))).toEqual([0, 0, 1])
    expect([0, 1, 2].map((word) => choose(Float64Array.of(2e-10, 1 - 2e-10), word))).toEqual([1, 1, 1])
  })

  it('does not depend on the scale of the weights by a power of two, nor on what stands around them', () => {
    const stream = streamOf(3, 0, Purpose.policy)
    const weight = Float64Array.of(0.3, 0.1, 0.25, 0.9)
    const among = Float64Array.of(7, 7, 0.6, 0.2, 0.5, 1.8, 7)
    for (let i = 0; i < 1000; i++) {
      const word = nextWord(stream)
      expect(choose(among, word, 2, 4)).toBe(choose(weight, word))
    }
  })

  it('has one outcome where there is one weight', () => {
    expect(choose(Float64Array.of(0.5), 0xffffffff)).toBe(0)
  })
})
