import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { qStep, rowMax } from './q-update.ts'

const unit = fc.double({ min: 0, max: 1, noNaN: true })

describe('rowMax', () => {
  it('is the largest entry of its row, and of no other', () => {
    const table = Float64Array.of(9, 1, 3, 2, 9, 9)
    expect(rowMax(table, 1, 3)).toBe(3)
    expect(rowMax(Float64Array.of(-3, -1, -2), 0, 3)).toBe(-1)
    expect(rowMax(Float64Array.of(4, 7), 1, 1)).toBe(7)
  })
})

describe('qStep', () => {
  it('is (1 - eta) q + eta (r + gamma m), in numbers that are exact', () => {
    expect(qStep(8, 1, 4, 0.25, 0.5)).toBe(0.75 * 8 + 0.25 * (1 + 0.5 * 4))
    expect(qStep(8, 1, 0, 0.25, 0.5)).toBe(6.25)
  })

  it('has the order of operations that published tables were made with', () => {
    // (q (1 - eta) + eta r) + (eta gamma) m, by hand in doubles; every other order gives 0.18225 here
    expect(qStep(0.1, 0.7, 1.1, 0.05, 0.95)).toBe(0.18225000000000002)
  })

  it('keeps values in [0, 1 / (1 - gamma)] for rewards in [0, 1], eq. (30)', () => {
    fc.assert(
      fc.property(unit, unit, unit, unit, unit, (q, r, m, eta, share) => {
        const gamma = 0.999 * share
        const most = 1 / (1 - gamma)
        const value = qStep(q * most, r, m * most, eta, gamma)
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(most * (1 + 1e-15 * 8))
      }),
      { seed: 1, numRuns: 1000 },
    )
  })
})
