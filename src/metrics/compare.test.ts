import { describe, expect, it } from 'vitest'
import { differences, pairedDifference, seedsToDecide } from './compare.ts'
import type { Samples } from './samples.ts'

const samples = (values: readonly number[], seeds = values.map((_, i) => i + 1)): Samples => ({
  step: 10,
  round: 1,
  seeds,
  values,
})

describe('pairedDifference', () => {
  it('pairs by seed, not by place', () => {
    expect(differences(samples([1, 2, 3], [1, 2, 3]), samples([30, 10], [3, 1]))).toEqual([-9, -27])
    expect(pairedDifference(samples([1], [1]), samples([1], [2]))).toBeNull()
  })

  it('sees a small difference under large noise that both share', () => {
    const noise = [5, -3, 8, 0, -7, 2, 9, -4, 1, 6]
    const a = samples(noise)
    const b = samples(noise.map((value, i) => value + 0.1 + (i % 2) * 0.05))
    expect(pairedDifference(a, b)?.order).toBe('below')
    expect(pairedDifference(b, a)?.order).toBe('above')
  })

  it('decides nothing where the sign of the differences varies', () => {
    const a = samples([0, 0, 0, 0, 0, 0, 0, 0])
    expect(pairedDifference(a, samples([1, -1, 2, -2, 1, -1, 1, -1]))?.order).toBe('undecided')
  })

  it('decides nothing with fewer seeds than chance allows', () => {
    expect(seedsToDecide(0.95)).toBe(6)
    expect(seedsToDecide(0.5)).toBe(3)
    const at = (count: number) =>
      pairedDifference(
        samples(Array.from({ length: count }, () => 0)),
        samples(Array.from({ length: count }, () => 1)),
      )?.order
    expect(at(5)).toBe('undecided')
    expect(at(6)).toBe('below')
  })
})
