import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mean } from '../numeric/statistics.ts'
import { curves, summarise, thin } from './curve.ts'
import type { Row } from './row.ts'
import { gather } from './samples.ts'

const row = (variant: string, seed: number, step: number, value: number, metric = 'error'): Row => ({
  variant,
  seed,
  round: step / 10,
  step,
  metric,
  value,
})

describe('gather', () => {
  it('keeps variants in order of appearance, steps rising and seeds beside their values', () => {
    const table = gather([
      row('b', 1, 20, 3),
      row('b', 1, 10, 1),
      row('b', 2, 10, 2),
      row('a', 1, 10, 5),
      row('a', 1, 10, 9, 'gap'),
    ])
    expect([...table.keys()]).toEqual(['b', 'a'])
    expect(table.get('b')?.get('error')).toEqual([
      { step: 10, round: 1, seeds: [1, 2], values: [1, 2] },
      { step: 20, round: 2, seeds: [1], values: [3] },
    ])
    expect(table.get('a')?.get('gap')?.[0]?.values).toEqual([9])
  })

  it('leaves out what is not finite', () => {
    const table = gather([row('a', 1, 10, NaN), row('a', 2, 10, 4), row('a', 3, 10, Infinity)])
    expect(table.get('a')?.get('error')).toEqual([{ step: 10, round: 1, seeds: [2], values: [4] }])
  })
})

describe('thin', () => {
  it('keeps the ends, the order and at most so many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 2, max: 60 }), (count, most) => {
        const items = Array.from({ length: count }, (_, i) => i)
        const kept = thin(items, most)
        expect(kept.length).toBe(Math.min(count, most))
        expect(kept[0]).toBe(0)
        expect(kept.at(-1)).toBe(count - 1)
        expect(new Set(kept).size).toBe(kept.length)
        expect(kept).toEqual(kept.toSorted((a, b) => a - b))
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

describe('curves', () => {
  it('are means over seeds with the value inside the interval; one seed has no width', () => {
    const rows = [1, 2, 3, 4, 5, 6, 7].flatMap((seed) => [
      row('a', seed, 10, seed),
      row('a', seed, 20, seed * seed),
    ])
    const [curve] = curves(gather([...rows, row('b', 1, 10, 0.5)]))
    expect(curve?.points.map(({ value }) => value)).toEqual([4, mean([1, 4, 9, 16, 25, 36, 49])])
    for (const { low, value, high } of curve?.points ?? []) {
      expect(low).toBeLessThan(value)
      expect(high).toBeGreaterThan(value)
    }
    const single = curves(gather([row('b', 1, 10, 0.5)]))[0]?.points[0]
    expect(single).toEqual({ step: 10, round: 1, value: 0.5, low: 0.5, high: 0.5, seeds: 1 })
  })

  it('give the median where it is asked for', () => {
    const samples = { step: 1, round: 1, seeds: [1, 2, 3], values: [1, 2, 30] }
    expect(summarise(samples, { statistic: 'median' }).value).toBe(2)
  })

  it('have at most 200 points, the last step among them', () => {
    const rows = Array.from({ length: 5000 }, (_, i) => row('a', 1, i + 1, i))
    const points = curves(gather(rows))[0]?.points ?? []
    expect(points.length).toBe(200)
    expect(points.at(-1)?.step).toBe(5000)
  })
})
