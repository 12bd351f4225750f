import fc from 'fast-check'
import { expect, it } from 'vitest'
import { meanVector } from './mean-vector.ts'

const finite = fc.double({ noNaN: true, min: -1e6, max: 1e6 })

it('gives equal vectors back to the last bit, for any number of them', () => {
  fc.assert(
    fc.property(fc.array(finite, { maxLength: 5 }), fc.integer({ min: 1, max: 60 }), (list, count) => {
      const x = Float64Array.from(list)
      expect(meanVector(Array.from({ length: count }, () => x.slice()))).toEqual(x)
    }),
    { seed: 1 },
  )
})

it('is the mean', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(finite, finite), { minLength: 1, maxLength: 20 }), (rows) => {
      const mean = meanVector(rows.map((row) => Float64Array.from(row)))
      for (const i of [0, 1] as const) {
        const plain = rows.reduce((sum, row) => sum + row[i], 0) / rows.length
        expect(Math.abs((mean[i] as number) - plain)).toBeLessThan(1e-8)
      }
    }),
    { seed: 2 },
  )
})

it('adds differences to the first vector in the order of the list', () => {
  const third = meanVector([Float64Array.of(0.1), Float64Array.of(0.7), Float64Array.of(0.2)])
  expect(third[0]).toBe(0.1 + (0.7 - 0.1 + (0.2 - 0.1)) / 3)
})

it('refuses nothing at all, and vectors of other lengths', () => {
  expect(() => meanVector([])).toThrow('meanVector: expected at least one vector, got none')
  expect(() => meanVector([new Float64Array(2), new Float64Array(3)])).toThrow(
    'meanVector: vector 1 must have 2 numbers as the first has, got 3',
  )
})
