import { expect, it } from 'vitest'
import { addScaled, difference, diverged, scatter, squaredNorm } from './vector.ts'

it('subtracts and adds', () => {
  const [x, y] = [Float64Array.of(1, 2), Float64Array.of(0.5, -3)]
  expect(difference(x, y)).toEqual(Float64Array.of(0.5, 5))
  expect(addScaled(x, 2, y)).toEqual(Float64Array.of(2, -4))
  expect([x, y]).toEqual([Float64Array.of(1, 2), Float64Array.of(0.5, -3)])
})

it.each([
  [0, false],
  [1e8, false],
  [-1e8, false],
  [1.0000001e8, true],
  [-1.0000001e8, true],
  [Infinity, true],
  [-Infinity, true],
  [NaN, true],
])('%d in a vector: diverged is %s', (value, expected) => {
  expect(diverged(Float64Array.of(0, value, 1))).toBe(expected)
})

it('sums squares, of entries and of distances from the mean', () => {
  expect([squaredNorm(Float64Array.of(3, -4)), squaredNorm(new Float64Array(0))]).toEqual([25, 0])
  // mean (1, 1); squared distances 2, 2, 0
  expect(scatter([Float64Array.of(0, 0), Float64Array.of(2, 2), Float64Array.of(1, 1)])).toBe(4)
  expect([scatter([]), scatter([Float64Array.of(7)])]).toEqual([0, 0])
})
