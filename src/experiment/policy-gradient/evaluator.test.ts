import { describe, expect, it } from 'vitest'
import { optimalReturn } from '../../mdp/soft-evaluation.ts'
import { parseExperiment } from '../parse.ts'
import { pgEvaluator, type PgMeasured } from './evaluator.ts'
import { buildPgProblem, type PgProblem } from './problem.ts'
import type { PgMetric, PgSettings } from './spec.ts'

/** One state, two actions: J_i(theta) = (pi(0) r_i(0) + pi(1) r_i(1)) / (1 - gamma); gamma = 0.5. */
const problem = async (): Promise<PgProblem> => {
  const parsed = parseExperiment(
    `name: x
environment: { family: garnet, states: 1, actions: 2, branching: 1, discount: 0.5, seed: 1 }
agents: { count: 2, rewards: { clusters: 2, spread: 0 } }
algorithm: { name: ifca, clusters: 2, policy: softmax, gradient: exact, localSteps: 1, stepSize: 1, rounds: 1, initial: { normal: 1 } }`,
    { folder: '/' },
  )
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const built = await buildPgProblem(parsed.value.variants[0]?.settings as PgSettings, 3, '/')
  return built
}

/** pi = (1/2, 1/2) at 0, and (1, 0) as good as. */
const EVEN = new Float64Array(2)
const FIRST = Float64Array.of(50, 0)

const measured = (change: Partial<PgMeasured>): PgMeasured => ({
  common: null,
  parameters: () => EVEN,
  drift: 0.125,
  clusters: [1, 0],
  cost: { samples: 7, rounds: 5, bytes: 3 },
  ...change,
})

/** What is measured under one name. */
async function valueOf(metric: PgMetric, what: PgMeasured): Promise<number> {
  const built = await problem()
  const [first] = pgEvaluator(built, 9, 1, 1)(what)(metric)
  expect(first?.metric).toBe(metric)
  return first?.value ?? NaN
}

/** Rewards of the agents, [agent][action]. */
async function rewards(): Promise<readonly (readonly [number, number])[]> {
  const { truth } = await problem()
  // J of a policy that always acts alike is r / (1 - gamma) = 2 r
  const of = (agent: number, theta: Float64Array): number => (truth?.own[agent]?.value(theta) ?? NaN) / 2
  return [0, 1].map((agent) => [of(agent, FIRST), of(agent, Float64Array.of(0, 50))] as const)
}

describe('pgEvaluator', () => {
  it('copies what a round has cost, and how far its local iterates were apart', async () => {
    for (const [metric, value] of [
      ['samples', 7],
      ['rounds', 5],
      ['bytes', 3],
      ['drift', 0.125],
      ['assignment', 1],
    ] as const)
      expect(await valueOf(metric, measured({}))).toBe(value)
  })

  it('compares clusters of more agents than a call takes arguments', async () => {
    const planted = Uint32Array.from({ length: 200_000 }, (_, agent) => agent % 3)
    const clusters = Array.from(planted, (cluster) => (cluster + 1) % 3)
    const measure = pgEvaluator({ ...(await problem()), planted }, 9, 1, 1)
    expect(measure(measured({ clusters }))('assignment')).toEqual([{ metric: 'assignment', value: 1 }])
  })

  it('measures common parameters on the average problem', async () => {
    const [[a, b], [c, d]] = (await rewards()) as [[number, number], [number, number]]
    const common = measured({ common: EVEN })
    const mean = (a + b + c + d) / 2
    expect(await valueOf('J', common)).toBeCloseTo(mean, 12)
    expect(await valueOf('gap', common)).toBeCloseTo(9 - mean, 12)
    // dJ / dtheta_0 = pi(0) A(0) / (1 - gamma) = 2 * 1/2 * (r(0) - r(1)) / 2, and its opposite
    const slope = (a + c - b - d) / 4
    expect(await valueOf('squaredGradientNorm', common)).toBeCloseTo(2 * slope * slope, 12)
    expect(await valueOf('gradientNorm', common)).toBeCloseTo(Math.SQRT2 * Math.abs(slope), 12)
  })

  it('measures own parameters on the own problems', async () => {
    const [[a, b], [c]] = (await rewards()) as [[number, number], [number, number]]
    const own = measured({ parameters: (agent) => (agent === 0 ? EVEN : FIRST) })
    expect(await valueOf('J', own)).toBeCloseTo((a + b + 2 * c) / 2, 12)
    expect(await valueOf('worstJ', own)).toBeCloseTo(Math.min(a + b, 2 * c), 12)
    // the gradient of the second agent is 0 where its policy is certain
    expect(await valueOf('squaredGradientNorm', own)).toBeCloseTo(((a - b) * (a - b)) / 4, 12)
    const built = await problem()
    const agents = pgEvaluator(built, 9, 1, 1)(own)('agentJ')
    expect(agents.map(({ metric }) => metric)).toEqual(['agentJ.0', 'agentJ.1'])
    expect(agents[0]?.value).toBeCloseTo(a + b, 12)
    expect(agents[1]?.value).toBeCloseTo(2 * c, 12)
  })

  it('takes means over the agents where dynamics differ, so that no problem is the average', async () => {
    const built = await problem()
    if (built.truth === null) throw new Error('no model')
    const apart = { ...built, truth: { ...built.truth, common: null, average: null } }
    const [together, each] = [built, apart].map((one) =>
      (['J', 'squaredGradientNorm'] as const).map(
        (metric) => pgEvaluator(one, 9, 1, 1)(measured({ common: EVEN }))(metric)[0]?.value ?? NaN,
      ),
    )
    // here the average Mdp is there too, and has the mean of the values and of the gradients
    each?.forEach((value, i) => expect(value).toBeCloseTo(together?.[i] ?? NaN, 12))
  })

  it('has no negative gap for common parameters when J* is that of the average problem', async () => {
    const built = await problem()
    const { average } = built.truth ?? { average: null }
    if (average === null) throw new Error('no average problem')
    const evaluate = pgEvaluator(built, optimalReturn(average, 0), 1, 1)
    const gaps = [EVEN, FIRST].map(
      (theta) => evaluate(measured({ common: theta, parameters: () => theta }))('gap')[0]?.value ?? NaN,
    )
    for (const gap of gaps) expect(gap).toBeGreaterThan(-1e-12)
  })

  it('plays every evaluation episode once for all metrics of a round', async () => {
    const played: (readonly [number, number, number, number])[] = []
    const program: PgProblem = {
      ...(await problem()),
      agents: 3,
      truth: null,
      episodeReturn(agent, theta, seed, episodes) {
        played.push([agent, theta[0] as number, seed, episodes])
        return 10 * agent + (theta[0] as number)
      },
    }
    const evaluate = pgEvaluator(
      program,
      null,
      4,
      20,
    )(measured({ parameters: (agent) => Float64Array.of(agent / 4) }))
    expect(evaluate('episodeReturn')).toEqual([{ metric: 'episodeReturn', value: 10.25 }])
    expect(evaluate('worstEpisodeReturn')).toEqual([{ metric: 'worstEpisodeReturn', value: 0 }])
    expect(played).toEqual([
      [0, 0, 4, 20],
      [1, 0.25, 4, 20],
      [2, 0.5, 4, 20],
    ])
    expect(() => evaluate('J')).toThrow('expected a metric that needs no model')
  })

  it('leaves personalJ to the end of the run', async () => {
    expect(pgEvaluator(await problem(), 9, 1, 1)(measured({}))('personalJ')).toEqual([])
  })
})
