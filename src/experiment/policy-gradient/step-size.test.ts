import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import {
  gradientProblem,
  noisyStepSize,
  safeStepSize,
  smoothnessBound,
} from '../../mdp/theory/policy-gradient.ts'
import { parseExperiment } from '../parse.ts'
import { pgFederation } from './federation.ts'
import { buildPgProblem, type PgProblem } from './problem.ts'
import type { PgSettings } from './spec.ts'
import { safeRegion, type SafeRegion } from './step-size.ts'

type Section = Readonly<Record<string, unknown>>

/** Bandits of two actions, discount 0.5, whose agents' rewards are drawn from seed 5. */
const BANDIT = { family: 'garnet', states: 1, actions: 2, branching: 1, discount: 0.5, seed: 1 }
const ROLLOUTS = { rollouts: 4, horizon: 20 }

async function given(
  algorithm: Section = {},
  environment: Section = BANDIT,
  agents: Section = {},
): Promise<{ settings: PgSettings; problem: PgProblem }> {
  const text = stringify({
    name: 'x',
    environment,
    agents: { count: 3, rewards: { heterogeneity: 1 }, ...agents },
    algorithm: {
      name: 'fast-fedpg',
      policy: 'softmax',
      gradient: 'exact',
      localSteps: 5,
      stepSize: 0.1,
      rounds: 10,
      ...algorithm,
    },
  })
  const parsed = parseExperiment(text, { folder: '/' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const settings = parsed.value.variants[0]?.settings as PgSettings
  return { settings, problem: await buildPgProblem(settings, 5, '/') }
}

/** The region around theta = 0. */
async function regionOf(...what: Parameters<typeof given>): Promise<SafeRegion> {
  const { settings, problem } = await given(...what)
  const region = safeRegion(settings, problem, new Float64Array(problem.policy.size), 5)
  if (region === null) throw new Error('expected a region')
  return region
}

describe('safeRegion', () => {
  it('takes more agents than a call takes arguments', async () => {
    const { settings, problem } = await given()
    if (problem.truth === null) throw new Error('expected the truth')
    const mdps = Array.from({ length: 200_000 }, () => problem.truth?.mdps[0] ?? ({} as never))
    const crowd = { ...problem, truth: { ...problem.truth, mdps } }
    const region = safeRegion(settings, crowd, new Float64Array(2), 5)
    expect(region?.bound).toBe(smoothnessBound(gradientProblem(mdps[0] ?? ({} as never), 0)))
  })

  it('finds the smoothness of a bandit, below its largest curvature and near it', async () => {
    const { problem } = await given()
    // J = sigma(x - y) (r_0 - r_1) / (1 - gamma) + a constant: its curvature along (1, -1) / sqrt 2 is 2 sigma'' (r_0 - r_1) / (1 - gamma)
    const away = [Float64Array.of(50, 0), Float64Array.of(0, 50)]
    const spans = (problem.truth?.own ?? []).map(({ value }) =>
      Math.abs(value(away[0] as Float64Array) - value(away[1] as Float64Array)),
    )
    const largest = (2 * Math.max(...spans)) / (6 * Math.sqrt(3))
    const { smoothness, bound } = await regionOf()
    expect(smoothness).toBeLessThan(largest * (1 + 1e-6))
    expect(smoothness).toBeGreaterThan(0.7 * largest)
    const [mdp] = problem.truth?.mdps ?? []
    expect(mdp?.discount).toBe(0.5)
    // rewards in [0, 1]: 8 R / (1 - gamma)^3 <= 64
    expect(bound).toBeGreaterThan(smoothness)
    expect(bound).toBeLessThanOrEqual(64)
  })

  it('takes the bound of the agent with the widest rewards, entropy and all', async () => {
    const { problem } = await given()
    const bounds = (problem.truth?.mdps ?? []).map(({ reward }) => {
      const rewardRange = [Math.min(...reward), Math.max(...reward)] as const
      return smoothnessBound({ actions: 2, discount: 0.5, rewardRange, temperature: 0.3 })
    })
    expect((await regionOf({ entropy: 0.3 })).bound).toBeCloseTo(Math.max(...bounds), 9)
    expect(new Set(bounds).size).toBeGreaterThan(1)
  })

  it('is eta L H <= 1/4 and alpha_g eta H L <= 1, and `auto` its end where gradients are exact', async () => {
    for (const [localSteps, serverStepSize, constraint] of [
      [5, 1, 4 * 5],
      [10, 1, 4 * 10],
      [5, 8, 8 * 5],
    ] as const) {
      const region = await regionOf({ localSteps, serverStepSize })
      expect(region.largest).toBeCloseTo(1 / (constraint * region.smoothness), 12)
      expect(region.largest).toBe(safeStepSize({ smoothness: region.smoothness, localSteps, serverStepSize }))
      expect([region.stepSize, region.deviation]).toEqual([region.largest, null])
    }
  })

  it('is what `auto` stands for in the contract', async () => {
    const { settings, problem } = await given({ stepSize: 'auto' })
    const region = safeRegion(settings, problem, new Float64Array(2), 5)
    expect(pgFederation(settings, problem, 5).contract.stepSize).toBe(region?.stepSize)
  })

  it('measures the noise of a gradient: from a sixteenth of the rollouts about four times as large', async () => {
    const [few, many] = [
      await regionOf({ gradient: { ...ROLLOUTS, rollouts: 4 } }),
      await regionOf({ gradient: { ...ROLLOUTS, rollouts: 64 } }),
    ]
    expect((few.deviation ?? NaN) / (many.deviation ?? NaN)).toBeGreaterThan(3)
    expect((few.deviation ?? NaN) / (many.deviation ?? NaN)).toBeLessThan(5)
    expect(few.stepSize).toBeLessThanOrEqual(few.largest)
    expect(few.stepSize).toBeGreaterThan(0)
    const long = await regionOf({ gradient: ROLLOUTS, rounds: 100_000 })
    expect(long.stepSize).toBeLessThan(few.stepSize)
  })

  it('takes for noise the step of Theorem 2, from the gap at the start', async () => {
    const { problem } = await given()
    const { common } = problem.truth ?? {}
    const at = (x: number, y: number): number => common?.value(Float64Array.of(x, y)) ?? NaN
    const gap = Math.max(at(50, 0), at(0, 50)) - at(0, 0)
    const { smoothness, deviation, stepSize } = await regionOf({ gradient: ROLLOUTS, rounds: 100_000 })
    const settings = { localSteps: 5, serverStepSize: 1, agents: 3, rounds: 100_000 }
    const expected = noisyStepSize({ ...settings, smoothness, deviation: deviation ?? NaN, gap })
    expect(stepSize / expected).toBeCloseTo(1, 9)
  })

  it('is finite where the start is optimal, and where dynamics differ', async () => {
    const same = await regionOf(
      { gradient: ROLLOUTS },
      { family: 'chain', discount: 0.9 },
      { rewards: undefined },
    )
    const own = await regionOf(
      { gradient: ROLLOUTS },
      { ...BANDIT, states: 3, branching: 2 },
      { dynamics: { heterogeneity: 1 } },
    )
    for (const { stepSize, smoothness } of [same, own]) {
      expect(stepSize).toBeGreaterThan(0)
      expect(smoothness).toBeGreaterThan(0)
      expect(stepSize).toBeLessThan(Infinity)
    }
  })

  it('lets `auto` be 1 where nothing depends on theta, so that every step is safe', async () => {
    const alike = { family: 'garnet', states: 2, actions: 1, branching: 1, discount: 0.5, seed: 1 }
    for (const gradient of ['exact', ROLLOUTS]) {
      const region = await regionOf({ gradient }, alike)
      expect([region.largest, region.stepSize]).toEqual([Infinity, 1])
    }
  })

  it('reckons with the noise of one agent where nothing is averaged', async () => {
    const change = { gradient: ROLLOUTS, rounds: 100_000 }
    const [alone, three] = [await regionOf({ ...change, name: 'local' }), await regionOf(change)]
    expect(three.stepSize / alone.stepSize).toBeCloseTo(Math.sqrt(3), 9)
  })

  it('is not known without a model', async () => {
    const { settings, problem } = await given(
      { policy: { mlp: [] }, gradient: ROLLOUTS },
      { family: 'CartPole-v1', discount: 0.9 },
      { rewards: undefined },
    )
    expect(safeRegion(settings, problem, new Float64Array(problem.policy.size), 5)).toBeNull()
    const auto = { ...settings, algorithm: { ...settings.algorithm, stepSize: 'auto' as const } }
    expect(() => pgFederation(auto, problem, 5)).toThrow(
      'stepSize auto: expected a problem whose model is known',
    )
  })
})
