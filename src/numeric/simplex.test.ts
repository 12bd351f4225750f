import fc from 'fast-check'
import { expect, it } from 'vitest'
import { projectRows } from './simplex.ts'

const WIDTH = 4
const rows = fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: WIDTH, maxLength: WIDTH })
const small = fc.array(fc.double({ noNaN: true, min: -2, max: 2 }), { minLength: WIDTH, maxLength: WIDTH })

/** The projection of one row, found by trying every support. */
function bySupport(row: readonly number[]): number[] {
  let best = { distance: Infinity, point: row.map(() => 0) }
  for (let mask = 1; mask < 1 << row.length; mask++) {
    const kept = row.filter((_, i) => (mask & (1 << i)) !== 0)
    const excess = (kept.reduce((sum, value) => sum + value, 0) - 1) / kept.length
    const point = row.map((value, i) => ((mask & (1 << i)) === 0 ? 0 : value - excess))
    if (point.some((value) => value < 0)) continue
    const distance = row.reduce(
      (sum, value, i) => sum + (value - (point[i] as number)) * (value - (point[i] as number)),
      0,
    )
    if (distance < best.distance) best = { distance, point }
  }
  return best.point
}

it('gives probabilities that sum to 1, however large the entries', () => {
  fc.assert(
    fc.property(rows, (row) => {
      const projected = projectRows(Float64Array.from(row), WIDTH)
      expect(projected.every((value) => value >= 0)).toBe(true)
      expect(Math.abs(projected.reduce((sum, value) => sum + value, 0) - 1)).toBeLessThan(1e-14)
    }),
    { seed: 1 },
  )
})

it('gives the nearest of them, row by row', () => {
  fc.assert(
    fc.property(small, small, (first, second) => {
      const projected = projectRows(Float64Array.from([...first, ...second]), WIDTH)
      const expected = [...bySupport(first), ...bySupport(second)]
      projected.forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, 12))
    }),
    { seed: 2 },
  )
})

it('leaves a policy where it is', () => {
  const policy = Float64Array.of(0.25, 0.75, 1, 0)
  expect(projectRows(policy, 2)).toEqual(policy)
})
