import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { build, distance, mdps } from '../../test/exact-twins.ts'
import { averageMdp, dynamicsDistance, dynamicsHeterogeneity, sameDynamics } from './average.ts'
import { withRewards } from './rewards.ts'

const two = (p: number, terminal: number[] = []) =>
  build(2, 1, 0.9, [[0, 0, 0, p, 1], [0, 0, 1, 1 - p, 1], [1, 0, 1, 1, 0]], terminal) // prettier-ignore

describe('averageMdp', () => {
  it('averages rewards outcome by outcome', () => {
    const mdp = two(0.5)
    const agents = [1, 2, 6].map((scale) => ({ ...mdp, reward: mdp.reward.map((r) => scale * r) }))
    expect(averageMdp(agents)).toEqual({ ...mdp, reward: Float64Array.of(3, 3, 0) })
  })

  it('gives equal rewards back to the last bit, for any number of agents', () => {
    fc.assert(
      fc.property(mdps, fc.integer({ min: 1, max: 12 }), (mdp, agents) => {
        const odd = { ...mdp, reward: mdp.reward.map((r) => r / 3 + 0.1) }
        expect(averageMdp(Array.from({ length: agents }, () => structuredClone(odd)))).toEqual(odd)
      }),
      { seed: 14, numRuns: 60 },
    )
  })

  it('is null where anything but the rewards differs', () => {
    const mdp = two(0.5)
    const others = [
      two(0.25),
      two(0.5, [1]),
      { ...mdp, discount: 0.8 },
      { ...mdp, initial: Float64Array.of(1, 0) },
      build(2, 1, 0.9, [[0, 0, 1, 0.5, 1], [0, 0, 0, 0.5, 1], [1, 0, 1, 1, 0]]), // prettier-ignore
    ]
    for (const other of others) {
      expect(sameDynamics(mdp, other)).toBe(false)
      expect(averageMdp([mdp, other])).toBeNull()
    }
    expect(sameDynamics(mdp, withRewards(mdp, Float64Array.of(5, 6)))).toBe(true)
    expect(() => averageMdp([])).toThrow('averageMdp: expected at least one Mdp, got none')
  })
})

describe('dynamicsDistance', () => {
  it('is the largest total variation of a row, whatever the order of outcomes', () => {
    expect(dynamicsDistance(two(0.5), two(0.25))).toBe(0.25)
    expect(dynamicsDistance(two(0), two(1))).toBe(1)
    const turned = build(2, 1, 0.9, [[0, 0, 1, 0.5, 1], [0, 0, 0, 0.5, 1], [1, 0, 1, 1, 0]]) // prettier-ignore
    expect(dynamicsDistance(two(0.5), turned)).toBe(0)
  })

  it('counts an end that only one of them has as 1, and leaves out what follows a common end', () => {
    expect(dynamicsDistance(two(0.5), two(0.5, [1]))).toBe(1)
    const after = build(2, 1, 0.9, [[0, 0, 0, 0.5, 1], [0, 0, 1, 0.5, 1], [1, 0, 0, 1, 0]], [1]) // prettier-ignore
    expect(dynamicsDistance(two(0.5, [1]), after)).toBe(0)
  })

  it('refuses other sizes', () => {
    expect(() => dynamicsDistance(two(0.5), build(1, 1, 0.9, [[0, 0, 0, 1, 0]]))).toThrow(
      'expected 2 states and 1 actions in both, got 1 and 1',
    )
  })

  it('does not compare the many agents that share dynamics with one another', () => {
    const shared = two(0.5)
    const agents = Array.from({ length: 50_000 }, () => withRewards(shared, Float64Array.of(5, 6)))
    expect(dynamicsHeterogeneity([...agents, two(0.25)])).toBe(0.25)
  })

  it('is taken over all pairs of agents', () => {
    expect(dynamicsHeterogeneity([two(0.5), two(0.25), two(1)])).toBe(0.75)
    expect(dynamicsHeterogeneity([two(0.5), two(0.5)])).toBe(0)
    expect(dynamicsHeterogeneity([two(0.5)])).toBe(0)
    expect(distance([dynamicsHeterogeneity([two(0.1), two(0.4)])], [0.3])).toBeLessThan(1e-15)
  })
})
