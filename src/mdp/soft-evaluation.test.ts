import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  build,
  distance,
  mdps,
  stochastic,
  twinError,
  uniform,
  walk,
  weightLists,
} from '../../test/exact-twins.ts'
import { evaluatePolicy, returnOf } from './evaluate.ts'
import type { Mdp } from './mdp.ts'
import { occupancy } from './occupancy.ts'
import type { Policy } from './policy.ts'
import { evaluateSoft, optimalReturn, softEvaluator } from './soft-evaluation.ts'
import { solveSoft } from './soft.ts'

/** `mdp` with r(s, a) - temperature * log pi(a|s) as rewards. */
const withBonus = (mdp: Mdp, policy: Policy, temperature: number): Mdp => ({
  ...mdp,
  reward: mdp.reward.map((reward, i) => {
    const pair = mdp.start.findIndex((start) => start > i) - 1
    return reward - temperature * Math.log(policy[pair] as number)
  }),
})

describe('softEvaluator', () => {
  it.each([0, 0.3])('equals separate solves for values and occupancy, at temperature %d', (temperature) => {
    fc.assert(
      fc.property(mdps, weightLists, (mdp, weights) => {
        const policy = stochastic(mdp, weights)
        const { value, v, q, advantage, visits } = evaluateSoft(mdp, policy, temperature)
        const twin = evaluatePolicy(withBonus(mdp, policy, temperature), policy)
        const tolerance = 20 * twinError(mdp)
        expect(distance(v, twin.v)).toBeLessThan(tolerance)
        expect(Math.abs(value - returnOf(mdp, twin.v))).toBeLessThan(tolerance)
        const bonus = policy.map((p, z) => (ends(mdp, z) ? 0 : -temperature * Math.log(p)))
        expect(
          distance(
            q.map((x, z) => x + (bonus[z] as number)),
            twin.q,
          ),
        ).toBeLessThan(tolerance)
        const gain = q.map((x, z) =>
          ends(mdp, z) ? 0 : x + (bonus[z] as number) - (v[stateOf(mdp, z)] as number),
        )
        expect(distance(advantage, gain)).toBeLessThan(tolerance)
        const d = policy.map((p, z) => p * (1 - mdp.discount) * (visits[stateOf(mdp, z)] as number))
        expect(distance(d, occupancy(mdp, policy))).toBeLessThan(tolerance)
      }),
      { seed: 11, numRuns: 150 },
    )
  })

  it('gives large problems to other solvers, with the same answer', () => {
    const large = walk(201, 0.99)
    const policy = stochastic(large, [1, 3, 2, 5])
    const { v, visits } = evaluateSoft(large, policy, 0.1)
    expect(distance(v, evaluatePolicy(withBonus(large, policy, 0.1), policy).v)).toBeLessThan(1e-10)
    const d = policy.map((p, z) => p * 0.01 * (visits[z >> 1] as number))
    expect(distance(d, occupancy(large, policy))).toBeLessThan(1e-13)
  })

  it('does not remember the policy before', () => {
    const mdp = walk(5, 0.9)
    const [one, other] = [stochastic(mdp, [1, 3, 2, 5]), uniform(mdp)]
    const logOf = (policy: Policy): Policy => policy.map(Math.log)
    const evaluate = softEvaluator(mdp, 0.2)
    const first = structuredClone(evaluate(one, logOf(one)))
    evaluate(other, logOf(other))
    expect(evaluate(one, logOf(one))).toEqual(first)
  })

  it('gives a pair that is never taken no bonus', () => {
    const mdp = build(1, 2, 0.5, [[0, 0, 0, 1, 1], [0, 1, 0, 1, 4]]) // prettier-ignore
    const { value, advantage } = evaluateSoft(mdp, Float64Array.of(1, 0), 0.3)
    expect(value).toBe(2)
    expect(advantage).toEqual(Float64Array.of(0, 3))
  })

  it('refuses a policy or a temperature that is none', () => {
    const mdp = walk(2, 0.9)
    expect(() => evaluateSoft(mdp, new Float64Array(3), 0)).toThrow(
      'evaluateSoft: policy must have 4 entries, got 3',
    )
    expect(() => softEvaluator(mdp, -1)).toThrow('softEvaluator: temperature must be a number >= 0, got -1')
    expect(() => optimalReturn(mdp, NaN)).toThrow('optimalReturn: temperature must be a number >= 0, got NaN')
  })
})

describe('optimalReturn', () => {
  it('is what no policy exceeds and the soft optimum reaches', () => {
    fc.assert(
      fc.property(mdps, weightLists, fc.constantFrom(0, 0.1, 1), (mdp, weights, temperature) => {
        const best = optimalReturn(mdp, temperature)
        const tolerance = 20 * twinError(mdp)
        expect(evaluateSoft(mdp, stochastic(mdp, weights), temperature).value).toBeLessThan(best + tolerance)
        if (temperature === 0) return
        const { value } = evaluateSoft(mdp, solveSoft(mdp, temperature).policy, temperature)
        expect(Math.abs(value - best)).toBeLessThan(tolerance)
      }),
      { seed: 12, numRuns: 100 },
    )
  })
})

const stateOf = (mdp: Mdp, z: number): number => Math.floor(z / mdp.actions)
const ends = (mdp: Mdp, z: number): boolean => mdp.terminal[stateOf(mdp, z)] === 1
