import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { build } from '../../test/exact-twins.ts'
import { addTo, backup, modelOf, policyMatrix, productError, sumError, zeroValues } from './bellman.ts'

const numbers = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => (Math.abs(x) < 1e-6 ? 0 : x))

/** x * 2^160 as an integer: exact for doubles of at least 2^-107. */
const scaled = (x: number): bigint => {
  let shift = 160
  let value = x
  while (!Number.isSafeInteger(value)) {
    value *= 2
    shift--
  }
  return BigInt(value) << BigInt(shift)
}

describe('error-free transformations', () => {
  it('account for every bit of a sum and of a product', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(scaled(a) + scaled(b)).toBe(scaled(a + b) + scaled(sumError(a, b, a + b)))
        expect(scaled(a) * scaled(b)).toBe((scaled(a * b) + scaled(productError(a, b, a * b))) << 160n)
      }),
      { seed: 1, numRuns: 1000 },
    )
  })

  it('keep in low what high cannot hold', () => {
    const values = zeroValues(1)
    for (const change of [1, 1e-20, 1e-20]) addTo(values, Float64Array.of(change))
    expect([values.high[0], values.low[0]]).toEqual([1, 2e-20])
  })
})

describe('backup', () => {
  it('is right to far beyond a double', () => {
    // r + gamma (v(0) + v(1)) / 2 = 1 + (2^53 + 2^-60 - 2^53) / 4 = 1 + 2^-62
    const mdp = build(2, 1, 0.5, [[0, 0, 0, 0.5, 1], [0, 0, 1, 0.5, 1], [1, 0, 0, 1, 0]]) // prettier-ignore
    const [large, small] = [9007199254740992, 1 / 1152921504606846976]
    const pair = new Float64Array(2)
    backup(modelOf(mdp), 0, { high: Float64Array.of(large, -large), low: Float64Array.of(small, 0) }, pair)
    expect([...pair]).toEqual([1, small / 4])
  })
})

describe('modelOf', () => {
  it('contracts by gamma times the mass that goes on', () => {
    const mdp = build(2, 1, 0.8, [[0, 0, 0, 0.5, 3], [0, 0, 1, 0.5, -4]], [1]) // prettier-ignore
    expect(modelOf(mdp)).toMatchObject({ modulus: 0.4, reward: 4, rewardHigh: Float64Array.of(-0.5, 0) })
  })
})

describe('policyMatrix', () => {
  it('holds gamma pi p between states that are not terminal', () => {
    const mdp = build(3, 2, 0.5, [[0, 0, 0, 0.5, 0], [0, 0, 1, 0.5, 0], [0, 1, 2, 1, 0], [2, 0, 0, 1, 0], [2, 1, 2, 1, 0]], [1]) // prettier-ignore
    const matrix = policyMatrix(mdp, Float64Array.of(0.25, 0.75, 0, 0, 1, 0))
    expect([...matrix.start]).toEqual([0, 2, 2, 3])
    expect([...matrix.column]).toEqual([0, 2, 0])
    expect([...matrix.value]).toEqual([0.0625, 0.375, 0.5])
  })
})
