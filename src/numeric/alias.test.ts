import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ACTION_BITS, STATE_BITS, aliasTables, pick, rowShift, sampledProbabilities } from './alias.ts'
import { Purpose, nextWord, streamOf } from './stream.ts'

const rows = fc.array(
  fc.array(fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(0)), {
    minLength: 1,
    maxLength: 40,
  }),
  { minLength: 1, maxLength: 5 },
)

const normalised = (weights: readonly number[]): number[] => {
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return total > 0 ? weights.map((weight) => weight / total) : weights.map((_, i) => (i === 0 ? 1 : 0))
}

const tablesOf = (list: readonly (readonly number[])[], bits: number) => {
  const start = Uint32Array.from([0, ...list.map((_, i) => list.slice(0, i + 1).flat().length)])
  return aliasTables(Float64Array.from(list.flat()), start, bits)
}

describe('rowShift', () => {
  // every draw depends on it: more columns than needed would give the same law by other words
  it.each([
    [1, 31],
    [2, 31],
    [3, 30],
    [4, 30],
    [5, 29],
    [8, 29],
    [9, 28],
    [65_536, 16],
  ])('a row of %i outcomes has 2^(32 - %i) columns', (outcomes, shift) => {
    expect(rowShift(outcomes)).toBe(shift)
  })
})

describe('aliasTables', () => {
  it('gives known tables, as every published draw was made with', () => {
    const tables = tablesOf([[0.25, 0.75], [1], [0.125, 0.5, 0.375]], STATE_BITS)
    expect(tables).toEqual({
      thresholdBits: 31,
      offset: Uint32Array.of(0, 2, 4),
      shift: Uint8Array.of(31, 31, 30),
      threshold: Uint32Array.of(2 ** 30, 2 ** 31 - 1, 2 ** 31 - 1, 0, 2 ** 30, 2 ** 31 - 1, 2 ** 30, 0),
      alias: Uint32Array.of(1, 1, 0, 0, 1, 1, 1, 2),
    })
    // column = top bits, remainder = the bits below: 2^30 of 2^31 in the first half-row
    expect([0, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000].map((word) => pick(tables, 0, word))).toEqual([
      0, 0, 1, 1, 1,
    ])
  })

  it.each([
    [STATE_BITS, 32],
    [ACTION_BITS, 24],
  ])('meets every probability with %i-bit thresholds', (bits, resolution) => {
    fc.assert(
      fc.property(rows, (list) => {
        const probabilities = list.map(normalised)
        const tables = tablesOf(probabilities, bits)
        probabilities.forEach((row, i) => {
          const sampled = sampledProbabilities(tables, i, row.length)
          // every column that feeds an outcome rounds by at most 2^-resolution
          const tolerance = (2 * row.length + 2) / 2 ** resolution
          row.forEach((p, outcome) =>
            expect(Math.abs((sampled[outcome] as number) - p)).toBeLessThanOrEqual(tolerance),
          )
          expect(sampled.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12)
        })
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('never picks an outcome of probability 0', () => {
    const tables = tablesOf([[0, 0.3, 0, 0.7, 0]], STATE_BITS)
    const stream = streamOf(1, 0, Purpose.walk)
    for (let i = 0; i < 20_000; i++) expect([1, 3]).toContain(pick(tables, 0, nextWord(stream)))
  })

  it('draws what it says: chi-square of 200,000 picks below its 99.9 % point (20.5, 5 degrees of freedom)', () => {
    const p = [0.05, 0.1, 0.4, 0.2, 0.15, 0.1]
    const tables = tablesOf([[1], p], ACTION_BITS)
    const stream = streamOf(2, 0, Purpose.walk)
    const counts = p.map(() => 0)
    for (let i = 0; i < 200_000; i++) counts[pick(tables, 1, nextWord(stream))]!++
    expect(
      counts.reduce((sum, n, i) => sum + (n - 200_000 * p[i]!) ** 2 / (200_000 * p[i]!), 0),
    ).toBeLessThan(20.5)
  })

  it('passes over rows without outcomes', () => {
    const tables = aliasTables(Float64Array.of(1, 0.5, 0.5), Uint32Array.of(0, 1, 1, 3), STATE_BITS)
    expect(sampledProbabilities(tables, 2, 2)).toEqual(Float64Array.of(0.5, 0.5))
  })
})
