import { describe, expect, it } from 'vitest'
import { gradientBound, gradientProblem } from '../../mdp/theory/policy-gradient.ts'
import type { PgTask, PgUpdate } from '../../protocol/pg-messages.ts'
import { parseExperiment } from '../parse.ts'
import { isPolicyGradient } from '../experiment.ts'
import { pgFederation } from '../policy-gradient/federation.ts'
import { buildPgProblem } from '../policy-gradient/problem.ts'
import { longestGradient, pgRules } from './pg-rules.ts'

/** An agent of an experiment, its rules, and how long a gradient may be. */
async function world(algorithm: string) {
  const parsed = parseExperiment(
    `
name: x
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: 2, rewards: { heterogeneity: 0.7, pairs: false } }
algorithm: { policy: softmax, localSteps: 3, stepSize: 0.2, rounds: 4, ${algorithm} }`,
    { folder: '/' },
  )
  const settings = parsed.ok ? parsed.value.variants[0]?.settings : undefined
  if (settings === undefined || !isPolicyGradient(settings)) throw new Error(JSON.stringify(parsed))
  const problem = await buildPgProblem(settings, 1, '/')
  const { contract } = pgFederation(settings, problem, 1)
  const longest = longestGradient(settings, problem)
  const issues = pgRules(contract, settings.algorithm.gradient === 'exact', longest)
  const vector = (length: number): Float64Array => Float64Array.from({ length: contract.shared }, (_, i) => (i === 1 ? length : 0)) // prettier-ignore
  const task = (phase: number, direction = 0): PgTask => ({
    round: 0,
    phase,
    theta: vector(0),
    direction: vector(direction),
    previous: null,
  })
  const update = (phase: number, length: number, control: number | null = null): PgUpdate => ({
    agent: 0,
    round: 0,
    phase,
    vector: vector(length),
    control: control === null ? null : vector(control),
    cluster: null,
  })
  return { problem, longest, issues, task, update }
}

describe('how long the vector of an Update may be', () => {
  it('exact gradients: as long as rewards and discount imply, and so many steps of them', async () => {
    const { problem, longest, issues, task, update } = await world('name: fedpg, gradient: exact')
    const bounds = (problem.truth?.mdps ?? []).map((mdp) => gradientBound(gradientProblem(mdp, 0)))
    expect(longest).toBe(Math.max(...bounds))
    expect(issues(update(0, 0.6 * longest), task(0))).toEqual([])
    expect(issues(update(0, 0.61 * longest), task(0))).toMatchObject([
      {
        path: ['vector'],
        message: expect.stringContaining('as rewards and discount imply, got one of length'),
      },
    ])
  })

  it('fast-fedpg: one gradient, then steps corrected by the memory', async () => {
    const { longest, issues, task, update } = await world('name: fast-fedpg, gradient: exact')
    expect(issues(update(0, longest), task(0))).toEqual([])
    expect(issues(update(0, 1.01 * longest), task(0))).toHaveLength(1)
    expect(issues(update(1, 0.6 * (2 * longest + 1)), task(1, 1))).toEqual([])
    expect(issues(update(1, 0.61 * (2 * longest + 1)), task(1, 1))).toHaveLength(1)
  })

  it('scaffold: the control variate too', async () => {
    const { longest, issues, task, update } = await world('name: scaffold, gradient: exact')
    expect(issues(update(0, 1, 2 * longest), task(0))).toEqual([])
    expect(issues(update(0, 1, 2.01 * longest), task(0))).toMatchObject([{ path: ['control'] }])
  })

  it('sampled gradients: none is longer, however rollouts fall', async () => {
    for (const estimator of ['', ', baseline: none', ', baseline: value', ', baseline: leave-one-out']) {
      const { problem, longest, issues, task, update } = await world(
        `name: fedpg, gradient: { rollouts: 2, horizon: 40${estimator} }`,
      )
      const oracle = problem.oracle(0)
      let [state, most] = [oracle.start(), 0]
      for (let i = 0; i < 500; i++) {
        const theta = Float64Array.from({ length: oracle.size }, (_, j) => ((i * (j + 1)) % 7) - 3)
        const drawn = oracle.gradient(theta, state)
        state = drawn.state
        most = Math.max(most, Math.hypot(...drawn.gradient))
      }
      expect(most).toBeGreaterThan(0.02 * longest)
      expect(most).toBeLessThanOrEqual(longest)
      expect(issues(update(0, 0.61 * longest), task(0))).toHaveLength(1)
    }
  })

  it('any, where theory gives no bound', async () => {
    for (const algorithm of [
      'name: fedpg, gradient: { rollouts: 2, horizon: 5, estimator: reinforce }',
      'name: fedpg, gradient: { rollouts: 2, horizon: 5 }, entropy: 0.1',
      'name: softpavg, gradient: exact',
      'name: fedsvrpg-m, momentum: 0.5, gradient: { rollouts: 2, horizon: 5 }',
    ]) {
      const { issues, task, update } = await world(algorithm)
      expect([algorithm, issues(update(0, 1e300), task(0))]).toEqual([algorithm, []])
    }
  })
})
