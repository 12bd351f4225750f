import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bootstrap,
  bootstrapInterval,
  leastSquares,
  mean,
  median,
  quantile,
  standardDeviation,
} from './statistics.ts'
import { below, NOBODY, Purpose, streamOf, uniform } from './stream.ts'

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true })

describe('averages', () => {
  it('meet known answers', () => {
    expect(mean([1, 2, 6])).toBe(3)
    expect(median([9, 1, 2])).toBe(2)
    expect(median([4, 1, 3, 2])).toBe(2.5)
    expect(quantile([10, 20, 30, 40, 50], 0.3)).toBeCloseTo(22, 12)
    expect(quantile([7], 1)).toBe(7)
    expect(standardDeviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7), 12)
    expect(standardDeviation([3])).toBe(0)
  })

  it('refuse to be taken of nothing', () => {
    for (const statistic of [mean, median, standardDeviation, bootstrapInterval]) {
      expect(() => statistic([])).toThrow(/at least one value is needed, got 0/)
    }
    expect(() => quantile([], 0.5)).toThrow(RangeError)
    expect(() => quantile([1], 1.1)).toThrow('quantile: probability must be in [0, 1], got 1.1')
  })

  it('sort by number, not by text, and leave their input as it was', () => {
    const values = [10, 9, -2, 100]
    expect(median(values)).toBe(9.5)
    expect(values).toEqual([10, 9, -2, 100])
  })
})

describe('leastSquares', () => {
  it('finds the line through points that lie on one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -99, max: 99 }),
        fc.integer({ min: -99, max: 99 }),
        (slope, intercept) => {
          const x = [0, 1, 2, 5]
          const line = leastSquares(
            x,
            x.map((value) => intercept + slope * value),
          )
          expect(line.slope).toBeCloseTo(slope, 9)
          expect(line.intercept).toBeCloseTo(intercept, 9)
        },
      ),
    )
  })

  it('fits points off a line', () => {
    expect(leastSquares([0, 1, 2], [0, 3, 3])).toEqual({ slope: 1.5, intercept: 0.5 })
  })

  it('refuses what has no line', () => {
    expect(() => leastSquares([1, 1], [1, 2])).toThrow('two distinct')
    expect(() => leastSquares([1, 2], [1])).toThrow('got 2 and 1')
  })
})

describe('bootstrapInterval', () => {
  it('is a point for one value and for equal values', () => {
    expect(bootstrapInterval([0.3])).toEqual({ value: 0.3, low: 0.3, high: 0.3 })
    const equal = bootstrapInterval([0.1, 0.1, 0.1, 0.1, 0.1, 0.1])
    expect(equal.low).toBe(equal.value)
    expect(equal.high).toBe(equal.value)
  })

  it('has its exact ends where the law of the resamples is known', () => {
    // Of {0, 1} resampled twice the mean is 0, 1/2, 1 with probability 1/4, 1/2, 1/4.
    expect(bootstrapInterval([0, 1], { level: 0.95 })).toEqual({ value: 0.5, low: 0, high: 1 })
    expect(bootstrapInterval([0, 1], { level: 0.3 })).toEqual({ value: 0.5, low: 0.5, high: 0.5 })
  })

  it('lies within the values, holds the estimate, and does not depend on their order', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 2, maxLength: 12 }), (values) => {
        const options = { statistic: 'median', resamples: 200 } as const
        const { value, low, high } = bootstrapInterval(values, options)
        expect(low).toBeGreaterThanOrEqual(Math.min(...values))
        expect(high).toBeLessThanOrEqual(Math.max(...values))
        expect(low).toBeLessThanOrEqual(high)
        expect(bootstrapInterval(values.toReversed(), options)).toEqual({ value, low, high })
      }),
    )
  })

  it.each([
    ['mean', [5, 1, 4, 1, 9, 2, 6]],
    ['median', [5, 1, 4, 1, 9, 2, 6]],
    ['median', [5, 1, 4, 1, 9, 2, 6, 3.5]],
  ] as const)('agrees with the obvious way of resampling the %s of %j', (statistic, values) => {
    const sorted = values.toSorted((a, b) => a - b)
    const stream = streamOf(3, NOBODY, Purpose.bootstrap)
    const results = Array.from({ length: 300 }, () => {
      const drawn = values.map(() => sorted[below(stream, values.length)] as number)
      return statistic === 'mean' ? mean(drawn) : median(drawn)
    }).toSorted((a, b) => a - b)
    const { low, high } = bootstrapInterval(values, { statistic, resamples: 300, seed: 3, level: 0.9 })
    expect(low).toBeCloseTo(quantile(results, 0.05), 12)
    expect(high).toBeCloseTo(quantile(results, 0.95), 12)
  })

  it('is wider at a higher level and depends on the seed', () => {
    const values = [3, 1, 4, 1, 5, 9, 2, 6, 5.5]
    const narrow = bootstrapInterval(values, { level: 0.5 })
    const wide = bootstrapInterval(values, { level: 0.99 })
    expect(wide.low).toBeLessThan(narrow.low)
    expect(wide.high).toBeGreaterThan(narrow.high)
    expect(bootstrapInterval(values, { seed: 1 })).not.toEqual(bootstrapInterval(values, { seed: 2 }))
  })

  it('covers the true mean about as often as it says', () => {
    // 600 samples of 40 uniform numbers, true mean 1/2. The percentile bootstrap is known to fall a little short of its level:
    // about 0.94 here. Binomial standard deviation 0.01, so 0.91 to 0.97 is 3 of them either way.
    const stream = streamOf(11, NOBODY, Purpose.model)
    let covered = 0
    for (let i = 0; i < 600; i++) {
      const values = Float64Array.from({ length: 40 }, () => uniform(stream))
      const { low, high } = bootstrapInterval(values, { resamples: 500 })
      if (low <= 0.5 && 0.5 <= high) covered++
    }
    expect(covered / 600).toBeGreaterThan(0.91)
    expect(covered / 600).toBeLessThan(0.97)
  })

  it('refuses options out of range', () => {
    expect(() => bootstrapInterval([1, 2], { level: 1 })).toThrow('level must be in (0, 1), got 1')
    expect(() => bootstrapInterval([1, 2], { resamples: 0 })).toThrow('got 0')
  })
})

describe('bootstrap', () => {
  it('keeps what belongs to one seed together', () => {
    const left = [10, 20, 30, 40, 50]
    const right = [11, 21, 31, 41, 51]
    const difference = (indices: Uint32Array): number =>
      mean(Float64Array.from(indices, (i) => (right[i] as number) - (left[i] as number)))
    expect(bootstrap(5, difference)).toEqual({ value: 1, low: 1, high: 1 })
  })

  it('is a point for one seed', () => {
    expect(bootstrap(1, () => 4)).toEqual({ value: 4, low: 4, high: 4 })
  })

  it('gives the interval of the mean when asked for the mean', () => {
    const values = [1, 2, 3, 5, 8, 13]
    const viaIndices = bootstrap(6, (indices) => mean(Float64Array.from(indices, (i) => values[i] as number)))
    const direct = bootstrapInterval(values)
    expect(viaIndices.low).toBeCloseTo(direct.low, 12)
    expect(viaIndices.high).toBeCloseTo(direct.high, 12)
  })
})
