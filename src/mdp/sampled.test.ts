import { describe, expect, it } from 'vitest'
import { randomMdp } from '../../test/random-problems.ts'
import { pick } from '../numeric/alias.ts'
import { NOBODY, Purpose, streamOf } from '../numeric/stream.ts'
import { chain, cliffWalking, frozenLake, garnet, gridWorld, riverSwim, taxi, twoState } from './families.ts'
import type { Mdp } from './mdp.ts'
import { outcomeSampler } from './sampler.ts'
import { sampledMdp, samplingDifference } from './sampled.ts'

const model = () => streamOf(1, NOBODY, Purpose.model)
const GRID = { map: ['S..#....', '.H.#.H..', '.......G'], stepReward: -0.04, goalReward: 1, holeReward: -1 }

const FAMILIES: readonly (readonly [string, (discount: number) => Mdp])[] = [
  ['two-state 20', (discount) => twoState({ actions: 20, range: [0.4, 0.6], discount }, model()).mdp],
  ...(
    [
      [20, 5, 5],
      [20, 5, 20],
      [100, 10, 100],
      [1000, 10, 3],
    ] as const
  ).map(
    ([states, actions, branching]) =>
      [
        `garnet ${states}, ${actions}, ${branching}`,
        (discount: number) => garnet({ states, actions, branching, discount }, model()).mdp,
      ] as const,
  ),
  ['grid-world', (discount) => gridWorld({ ...GRID, slip: 0.2, discount }).mdp],
  ['frozen-lake 4x4', (discount) => frozenLake({ map: '4x4', slippery: true, discount }).mdp],
  ['frozen-lake 8x8', (discount) => frozenLake({ map: '8x8', slippery: true, discount }).mdp],
  ['cliff-walking', (discount) => cliffWalking({ slippery: true, discount }).mdp],
  ['taxi', (discount) => taxi({ discount }).mdp],
  ['river-swim 2', (discount) => riverSwim({ states: 2, discount }).mdp],
  ['river-swim 6', (discount) => riverSwim({ states: 6, discount }).mdp],
  ['river-swim 20', (discount) => riverSwim({ states: 20, discount }).mdp],
  ['chain 5', (discount) => chain({ states: 5, slip: 0.2, discount }).mdp],
  ['chain 20', (discount) => chain({ states: 20, slip: 0.1, discount }).mdp],
]

describe('sampledMdp', () => {
  it('has rows that sum to 1 exactly, of probabilities near those asked for', () => {
    const mdp = randomMdp(3, 12, 4, 0.9, 2)
    const sampled = sampledMdp(mdp)
    for (let pair = 0; pair < 40; pair++) {
      const row = sampled.probability.subarray(mdp.start[pair], mdp.start[pair + 1])
      expect(row.reduce((sum, p) => sum + p, 0)).toBe(1)
    }
    sampled.probability.forEach((p, i) => expect(Math.abs(p - mdp.probability[i]!)).toBeLessThan(1e-9))
    expect(sampled.probability).not.toEqual(mdp.probability)
  })

  it('counts what words pick: on evenly spaced ones every outcome comes up as often as it says', () => {
    const mdp = randomMdp(5, 6, 2, 0.9)
    const [tables, sampled] = [outcomeSampler(mdp), sampledMdp(mdp)]
    const words = 2 ** 16
    for (let pair = 0; pair < 12; pair++) {
      const counts = sampled.probability.slice(mdp.start[pair], mdp.start[pair + 1]).fill(0)
      for (let i = 0; i < words; i++) counts[pick(tables, pair, i * 2 ** 16)]!++
      // each of at most four columns is cut once: a spacing of error a cut
      counts.forEach((n, i) =>
        expect(Math.abs(n / words - sampled.probability[mdp.start[pair]! + i]!)).toBeLessThan(8 / words),
      )
    }
  })

  it('draws the start state from multiples of 2^-32 over the same support', () => {
    const mdp = randomMdp(7, 9, 2, 0.9, 3)
    const { initial } = sampledMdp(mdp)
    expect(initial.reduce((sum, p) => sum + p, 0)).toBe(1)
    initial.forEach((p, state) => {
      expect(Number.isInteger(p * 2 ** 32)).toBe(true)
      expect(Math.abs(p - mdp.initial[state]!)).toBeLessThan(1e-9)
    })
    expect([...initial.subarray(6)]).toEqual([0, 0, 0])
  })

  it('keeps the ignored outcomes of terminal states as they are', () => {
    const { mdp } = frozenLake({ map: '4x4', slippery: true, discount: 0.9 })
    const { start, next, probability, reward } = mdp
    const listed = {
      ...mdp,
      start: start.map((from, pair) => (pair === 64 ? from + 1 : from)),
      next: Uint32Array.of(...next, 15),
      probability: Float64Array.of(...probability, 0.1),
      reward: Float64Array.of(...reward, 0),
    }
    expect(sampledMdp(listed).probability.at(-1)).toBe(0.1)
  })

  it('leaves an Mdp that is sampled exactly as it is', () => {
    const { mdp } = taxi({ discount: 0.9 })
    expect(sampledMdp(mdp).probability).toEqual(mdp.probability)
  })
})

describe('samplingDifference', () => {
  it.each(FAMILIES)('is below 1e-9 for %s', (_, build) => {
    for (const discount of [0.9, 0.95, 0.99]) expect(samplingDifference(build(discount))).toBeLessThan(1e-9)
  })

  it('is |p_sampled / p - 1| where all that an action does is to pay 1 with probability p', () => {
    const mdp = payingWith(0.3, 1)
    const [p = NaN] = sampledMdp(mdp).probability
    expect(p).not.toBe(0.3)
    expect(samplingDifference(mdp) / Math.abs(p / 0.3 - 1)).toBeCloseTo(1, 5)
  })

  it('is 0 where nothing is paid', () => {
    expect(samplingDifference({ ...payingWith(0.3, 1), reward: new Float64Array(2) })).toBe(0)
  })

  it('is bounded above 200,000 pairs; the bound is met where values do not differ', () => {
    const mdp = payingWith(0.3, 200_001)
    const [p = NaN] = sampledMdp(mdp).probability
    const bound = samplingDifference(mdp, new Float64Array(200_001).fill(0.3 / (1 - mdp.discount)))
    expect(bound / Math.abs(p / 0.3 - 1)).toBeCloseTo(1, 5)
  })
})

/** States with one action each, which pays 1 with probability p and stays. */
function payingWith(p: number, states: number): Mdp {
  return {
    states,
    actions: 1,
    discount: 0.9,
    initial: new Float64Array(states).fill(1 / states),
    terminal: new Uint8Array(states),
    start: Uint32Array.from({ length: states + 1 }, (_, state) => 2 * state),
    next: Uint32Array.from({ length: 2 * states }, (_, i) => i >> 1),
    probability: Float64Array.from({ length: 2 * states }, (_, i) => (i % 2 === 0 ? p : 1 - p)),
    reward: Float64Array.from({ length: 2 * states }, (_, i) => (i % 2 === 0 ? 1 : 0)),
  }
}
