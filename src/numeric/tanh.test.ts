/** tanh against an exact computation with integers, and its symmetries. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { tanh } from './tanh.ts'

const BITS = 260n
const ONE = 1n << BITS

/** A double as an integer over 2^260: exact for |x| of 2^-200 and more. */
function exact(x: number): bigint {
  let [factor, shift] = [x, 0n]
  while (!Number.isInteger(factor)) {
    factor *= 2
    shift += 1n
  }
  return BigInt(factor) * (1n << (BITS - shift))
}

/** tanh x = (e^2x - 1) / (e^2x + 1), by the power series of e^x with 260 bits behind the point. */
function slowTanh(x: number): bigint {
  let [term, power, sum] = [ONE, 2n * exact(x), 0n]
  for (let n = 1n; term !== 0n; n++) {
    sum += term
    term = (term * power) / ONE / n
  }
  return ((sum - ONE) * ONE) / (sum + ONE)
}

/** |tanh(x) - its true value| in units in the last place of the true value. */
function ulpsOff(x: number): number {
  const off = Number(((exact(tanh(x)) - slowTanh(x)) * (1n << 100n)) / ONE) / 2 ** 100
  const ulp = 2 ** (Math.floor(Math.log2(Math.abs(Math.tanh(x)))) - 52)
  return Math.abs(off) / ulp
}

describe('tanh', () => {
  it('is within 1.5 units in the last place', () => {
    let worst = 0
    for (let i = 1; i < 1500; i++) {
      // every size from 1e-3 to 19, never a point of the table
      const x = 1e-3 * Math.exp((i / 1500) * Math.log(19000))
      worst = Math.max(worst, ulpsOff(x))
    }
    expect(worst).toBeLessThan(1.5)
    expect(worst).toBeGreaterThan(0.5)
  })

  it('agrees with Math.tanh to 2 units in the last place', () => {
    fc.assert(
      fc.property(fc.double({ min: -25, max: 25, noNaN: true }), (x) => {
        expect(Math.abs(tanh(x) - Math.tanh(x))).toBeLessThanOrEqual(4.5e-16 * Math.abs(Math.tanh(x)))
      }),
      { seed: 1, numRuns: 20000 },
    )
  })

  it('is odd to the last bit, also between the points of its table', () => {
    const ties = Array.from({ length: 1300 }, (_, i) => i / 64)
    for (const x of ties) expect(tanh(-x)).toBe(-tanh(x))
    fc.assert(
      fc.property(fc.double(), (x) => {
        expect(tanh(-x)).toBe(-tanh(x))
      }),
      { seed: 2, numRuns: 5000 },
    )
  })

  it('never falls', () => {
    const values = Array.from({ length: 80001 }, (_, i) => tanh((i - 40000) / 2000))
    expect(values.filter((value, i) => i > 0 && value < (values[i - 1] as number))).toEqual([])
  })

  it.each([
    [0, 0],
    [-0, -0],
    [1e-300, 1e-300],
    [5e-324, 5e-324],
    [1, 0.7615941559557649],
    [19.1, 1],
    [Infinity, 1],
    [-Infinity, -1],
    [NaN, NaN],
  ])('of %d is %d', (x, value) => {
    expect(tanh(x)).toBe(value)
  })
})
