import { describe, expect, it } from 'vitest'
import { distance } from '../../../test/exact-twins.ts'
import { randomMdp } from '../../../test/random-problems.ts'
import { softmaxObjective } from '../../mdp/policy-gradient.ts'
import { softmaxPolicy } from '../../mdp/softmax.ts'
import { checkGradientOracle } from '../gradient-oracle.contract.ts'
import type { DiscretePolicy } from '../parametric-policy.ts'
import { exactOracle, exactPolicyOracle } from './exact.ts'

/** Logits theta[a] + theta[A + a] feature(s), or a table of them, [S * A], without features. */
function policyOf(actions: number, states: number, feature?: (state: number) => number): DiscretePolicy {
  const weightsOf = (state: number, size: number, action: number): Float64Array =>
    Float64Array.from({ length: size }, (_, j) => {
      if (feature === undefined) return j === state * actions + action ? 1 : 0
      return j % actions === action ? (j < actions ? 1 : feature(state)) : 0
    })
  const size = feature === undefined ? states * actions : 2 * actions
  return {
    size,
    shared: size,
    actions,
    initial: () => new Float64Array(size),
    at(theta) {
      const rows = (state: unknown): Float64Array[] =>
        Array.from({ length: actions }, (_, action) => weightsOf(Number(state), size, action))
      const probabilities = (state: unknown): Float64Array =>
        softmaxPolicy(
          Float64Array.from(rows(state), (row) =>
            row.reduce((sum, w, j) => sum + w * (theta[j] as number), 0),
          ),
          actions,
        )
      return {
        probabilities,
        act: () => {
          throw new Error('exact gradients take no actions')
        },
        logProbability: (state, action) => Math.log(probabilities(state)[Number(action)] as number),
        addScore(state, action, weight, into) {
          const pi = probabilities(state)
          rows(state).forEach((row, b) => {
            const by = weight * ((b === action ? 1 : 0) - (pi[b] as number))
            row.forEach((w, j) => (into[j] = (into[j] as number) + by * w))
          })
        },
      }
    },
  }
}

const mdp = randomMdp(3, 5, 3, 0.9, 1)
const feature = (state: number): number => state / 3 - 0.5

checkGradientOracle('exactOracle', exactOracle(mdp, 0.1))
checkGradientOracle('exactOracle of a large problem', exactOracle(randomMdp(1, 201, 2, 0.9), 0))
checkGradientOracle('exactPolicyOracle', exactPolicyOracle(mdp, policyOf(3, 5, feature), 0.1))

describe('exactOracle', () => {
  it('is the softmax objective of the Mdp, and draws no samples', () => {
    const theta = Float64Array.from({ length: 15 }, (_, z) => ((z + 1) * 0.618) % 1)
    const oracle = exactOracle(mdp, 0.1)
    const objective = softmaxObjective(mdp, 0.1)
    expect(oracle.gradient(theta, null)).toEqual({ gradient: objective.gradient(theta), state: null })
    expect(oracle.value(theta, null).value).toBe(objective.value(theta))
    expect(oracle.gradients(theta, theta.map((x) => -x), null).atReference).toEqual(objective.gradient(theta.map((x) => -x))) // prettier-ignore
    expect(oracle.samples(null)).toBe(0)
  })
})

describe('exactPolicyOracle', () => {
  it.each([0, 0.3])('agrees with the tabular gradient for a table, temperature %d', (temperature) => {
    const theta = Float64Array.from({ length: 15 }, (_, z) => 2 * (((z + 1) * 0.618) % 1))
    const tabular = exactOracle(mdp, temperature)
    const general = exactPolicyOracle(mdp, policyOf(3, 5), temperature)
    expect(distance(general.gradient(theta, null).gradient, tabular.gradient(theta, null).gradient)).toBeLessThan(1e-13) // prettier-ignore
    expect(general.value(theta, null).value).toBeCloseTo(tabular.value(theta, null).value, 13)
  })

  it.each([0, 0.3])('has the gradient of its value for logits of features, temperature %d', (temperature) => {
    const oracle = exactPolicyOracle(mdp, policyOf(3, 5, feature), temperature)
    const theta = Float64Array.of(0.3, -0.2, 0.5, 1, -1, 0.4)
    const differences = theta.map((_, j) => {
      const at = (by: number): number => oracle.value(theta.map((x, i) => (i === j ? x + by : x)), null).value // prettier-ignore
      return (at(1e-5) - at(-1e-5)) / 2e-5
    })
    const { gradient } = oracle.gradient(theta, null)
    expect(distance(gradient, differences)).toBeLessThan(2e-9)
    expect(gradient.some((x) => Math.abs(x) > 1e-3)).toBe(true)
  })

  it('refuses a policy over other actions', () => {
    expect(() => exactPolicyOracle(mdp, policyOf(2, 5), 0)).toThrow(
      'policy must have the 3 actions of the Mdp, got 2',
    )
  })
})
