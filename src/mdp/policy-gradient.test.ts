import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { build, distance, mdps, walk } from '../../test/exact-twins.ts'
import { randomMdp } from '../../test/random-problems.ts'
import { agentMdps } from './agent-mdps.ts'
import { averageMdp, dynamicsHeterogeneity } from './average.ts'
import type { Mdp } from './mdp.ts'
import { softmaxObjective, type Objective } from './policy-gradient.ts'
import { evaluateSoft, optimalReturn } from './soft-evaluation.ts'
import { solveSoft } from './soft.ts'
import { softmaxPolicy } from './softmax.ts'

/** Central differences of J. */
const differences = ({ value }: Objective, theta: Float64Array, step: number): Float64Array =>
  theta.map((_, j) => {
    const moved = (by: number): number => value(theta.map((x, i) => (i === j ? x + by : x)))
    return (moved(step) - moved(-step)) / (2 * step)
  })

/** d numbers in [-1.5, 1.5] without a pattern. */
const irregular = (size: number, salt = 0.618): Float64Array =>
  Float64Array.from({ length: size }, (_, i) => 3 * (((i + 1) * salt) % 1) - 1.5)

const mean = (vectors: readonly Float64Array[]): Float64Array =>
  (vectors[0] as Float64Array).map(
    (_, j) => vectors.reduce((sum, v) => sum + (v[j] as number), 0) / vectors.length,
  )

describe('softmaxObjective', () => {
  it.each([
    [0, 0],
    [0, 2],
    [0.1, 0],
    [0.5, 2],
  ])('has the gradient of its value: temperature %d, %d terminal states', (temperature, terminals) => {
    for (let seed = 1; seed <= 5; seed++) {
      const objective = softmaxObjective(randomMdp(seed, 6, 3, 0.9, terminals), temperature)
      const theta = irregular(18)
      const gradient = objective.gradient(theta)
      expect(distance(gradient, differences(objective, theta, 1e-5))).toBeLessThan(2e-9)
      expect(gradient.slice(18 - 3 * terminals)).toEqual(new Float64Array(3 * terminals))
      expect(gradient.some((x) => Math.abs(x) > 1e-3)).toBe(true)
    }
  })

  it('has it on all kinds of problems', () => {
    fc.assert(
      fc.property(mdps, fc.constantFrom(0, 0.4), (mdp, temperature) => {
        fc.pre(mdp.discount < 0.99)
        const objective = softmaxObjective(mdp, temperature)
        const theta = irregular(objective.size)
        expect(distance(objective.gradient(theta), differences(objective, theta, 1e-5))).toBeLessThan(5e-9)
      }),
      { seed: 13, numRuns: 150 },
    )
  })

  it('has it where problems are large', () => {
    const objective = softmaxObjective(randomMdp(7, 201, 2, 0.9, 3), 0.1)
    const theta = irregular(402)
    const gradient = objective.gradient(theta)
    for (const j of [0, 150, 395]) {
      const at = (by: number): number => objective.value(theta.map((x, i) => (i === j ? x + by : x)))
      expect(Math.abs((gradient[j] as number) - (at(1e-5) - at(-1e-5)) / 2e-5)).toBeLessThan(2e-9)
      expect(Math.abs(gradient[j] as number)).toBeGreaterThan(1e-6)
    }
    expect(gradient.slice(396)).toEqual(new Float64Array(6))
  })

  it('has it where rows of probabilities miss 1, as far as they may', () => {
    const exact = randomMdp(3, 5, 2, 0.9)
    const mdp = { ...exact, probability: exact.probability.map((p) => p * (1 - 9e-10)) }
    const objective = softmaxObjective(mdp, 0.2)
    const theta = irregular(10)
    expect(distance(objective.gradient(theta), differences(objective, theta, 1e-5))).toBeLessThan(2e-9)
    expect(objective.value(theta)).not.toBe(softmaxObjective(exact, 0.2).value(theta))
  })

  it('is flat at the known soft optimum, and nowhere near it', () => {
    const mdp = randomMdp(4, 5, 4, 0.9, 1)
    const objective = softmaxObjective(mdp, 0.25)
    const best = solveSoft(mdp, 0.25).q.map((q) => q / 0.25)
    expect(distance(objective.gradient(best), new Float64Array(20))).toBeLessThan(1e-13)
    expect(objective.value(best)).toBeCloseTo(optimalReturn(mdp, 0.25), 12)
    const beside = best.map((x, j) => x + 0.01 * (j % 3))
    expect(distance(objective.gradient(beside), new Float64Array(20))).toBeGreaterThan(1e-4)
  })

  it('knows a bandit: pi(a) (r(a) - J)', () => {
    const bandit = build(1, 2, 0, [[0, 0, 0, 1, 1], [0, 1, 0, 1, 0]]) // prettier-ignore
    const { value, gradient } = softmaxObjective(bandit, 0)
    const theta = Float64Array.of(Math.log(3), 0)
    expect(value(theta)).toBeCloseTo(0.75, 15)
    expect(distance(gradient(theta), [0.75 * 0.25, -0.25 * 0.75])).toBeLessThan(1e-15)
  })

  it('stays finite where a policy is as good as deterministic, entropy included', () => {
    const mdp = randomMdp(5, 4, 2, 0.9)
    const theta = Float64Array.from({ length: 8 }, (_, z) => (z % 2 === 0 ? 1e6 : -1e6))
    const { value, gradient } = softmaxObjective(mdp, 0.1)
    expect(Number.isFinite(value(theta))).toBe(true)
    expect(gradient(theta).every(Number.isFinite)).toBe(true)
    const firsts = softmaxPolicy(theta, 2)
    expect(firsts).toEqual(Float64Array.of(1, 0, 1, 0, 1, 0, 1, 0))
    expect(value(theta)).toBeCloseTo(evaluateSoft(mdp, firsts, 0).value, 12)
  })

  it('gives the same bytes whatever it was asked before, and leaves theta as it was', () => {
    const { gradient } = softmaxObjective(randomMdp(6, 5, 3, 0.95), 0.1)
    const theta = irregular(15)
    const first = gradient(theta)
    gradient(irregular(15, 0.414))
    expect(gradient(theta)).toEqual(first)
    expect(theta).toEqual(irregular(15))
  })

  it('refuses a theta of another size', () => {
    expect(() => softmaxObjective(walk(3, 0.9), 0).gradient(new Float64Array(5))).toThrow(
      'theta must have 6 entries, got 5',
    )
  })
})

describe('the gradient of the average', () => {
  const agentsOf = (heterogeneity: number): readonly Mdp[] => {
    const how = { count: 7, rewards: { dirichlet: 0.3 }, dynamics: { heterogeneity }, costs: false }
    const result = agentMdps({ mdp: randomMdp(8, 5, 4, 0.9) }, how, 3)
    if (!result.ok) throw new Error(JSON.stringify(result.issues))
    return result.value
  }
  const gradientsAt = (agents: readonly Mdp[], theta: Float64Array, temperature: number): Float64Array[] =>
    agents.map((mdp) => softmaxObjective(mdp, temperature).gradient(theta))

  it.each([0, 0.2])(
    'is the average of the gradients where dynamics are shared, temperature %d',
    (temperature) => {
      const agents = agentsOf(0)
      const average = averageMdp(agents) as Mdp
      const theta = irregular(20)
      const gradient = softmaxObjective(average, temperature).gradient(theta)
      expect(distance(mean(gradientsAt(agents, theta, temperature)), gradient)).toBeLessThan(1e-12)
    },
  )

  it('is not where they differ: no Mdp stands for the average', () => {
    const agents = agentsOf(0.5)
    expect(averageMdp(agents)).toBeNull()
    expect(dynamicsHeterogeneity(agents)).toBeGreaterThan(0.1)
    const reward = (averageMdp(agentsOf(0)) as Mdp).reward
    const first = agents[0] as Mdp
    // the mean of the dynamics, the best candidate there is
    const probability = mean(agents.map((mdp) => mdp.probability))
    const theta = irregular(20)
    const gradient = softmaxObjective({ ...first, probability, reward }, 0).gradient(theta)
    expect(distance(mean(gradientsAt(agents, theta, 0)), gradient)).toBeGreaterThan(1e-3)
  })
})
