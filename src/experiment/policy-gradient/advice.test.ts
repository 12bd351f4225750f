import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { rewardRange } from '../../mdp/mdp.ts'
import { optimalReturn } from '../../mdp/soft-evaluation.ts'
import { truncationBias } from '../../mdp/theory/policy-gradient.ts'
import { parseExperiment } from '../parse.ts'
import { optimumOf, pgAdvice, type PgAdvice } from './advice.ts'
import { buildPgProblem, type PgProblem } from './problem.ts'
import type { PgSettings } from './spec.ts'
import { safeRegion } from './step-size.ts'

type Section = Readonly<Record<string, unknown>>

const GARNET = { family: 'garnet', states: 3, actions: 2, branching: 2, discount: 0.5, seed: 1 }

async function given(
  algorithm: Section = {},
  environment: Section = GARNET,
  agents: Section = { rewards: { heterogeneity: 1 } },
): Promise<{ settings: PgSettings; problem: PgProblem }> {
  const base = {
    name: 'fast-fedpg',
    policy: 'softmax',
    gradient: 'exact',
    localSteps: 5,
    stepSize: 0.1,
    rounds: 9,
  }
  const text = stringify({
    name: 'x',
    environment,
    agents: { count: 2, ...agents },
    algorithm: { ...base, ...algorithm },
  })
  const parsed = parseExperiment(text, { folder: '/' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const settings = parsed.value.variants[0]?.settings as PgSettings
  return { settings, problem: await buildPgProblem(settings, 5, '/') }
}

async function adviceOn(...what: Parameters<typeof given>): Promise<PgAdvice> {
  const { settings, problem } = await given(...what)
  return pgAdvice(settings, problem, 5)
}

const NOTHING: PgAdvice = { sentences: [], warnings: [] }

describe('pgAdvice', () => {
  it('gives the figures of the safe region', async () => {
    const { settings, problem } = await given()
    const region = safeRegion(settings, problem, new Float64Array(6), 5)
    const { sentences } = pgAdvice(settings, problem, 5)
    const shown = (value: number | undefined): string => String(Number((value ?? NaN).toPrecision(3)))
    expect(sentences).toHaveLength(3)
    expect(sentences[0]).toContain(`L = ${shown(region?.smoothness)} as estimated`)
    expect(sentences[0]).toContain(`is ${shown(region?.bound)}.`)
    expect(sentences[1]).toContain(`safe with every step size up to ${shown(region?.largest)}:`)
    expect(sentences[2]).toBe(`stepSize auto is ${shown(region?.largest)} here; the file says 0.1.`)
  })

  it('warns of a step size outside the safe region, and of no other', async () => {
    expect((await adviceOn({ stepSize: 100 })).warnings).toEqual([
      expect.stringMatching(
        /^stepSize 100 lies outside the region that theory calls safe, \(0, [\d.]+\], for 5 local steps, serverStepSize 1 and an estimated L of [\d.]+\. It may work all the same\.$/,
      ),
    ])
    expect((await adviceOn({ stepSize: 1e-4 })).warnings).toEqual([])
    const auto = await adviceOn({ stepSize: 'auto' })
    expect(auto.warnings).toEqual([])
    expect(auto.sentences[2]).toMatch(/^stepSize auto is [\d.]+ here\.$/)
  })

  it('tells the noise of sampled gradients, and what a horizon cuts off: less, the longer it is', async () => {
    const cut = async (horizon: number): Promise<number> => {
      const { sentences } = await adviceOn({ gradient: { rollouts: 2, horizon } })
      expect(sentences).toHaveLength(5)
      expect(sentences[2]).toMatch(
        /^A gradient of one agent has a standard deviation of [\d.]+ at the start\.$/,
      )
      const found = /^Rollouts are cut at (\d+) steps, which takes at most ([\d.e-]+) from a gradient/.exec(
        sentences[4] ?? '',
      )
      expect(found?.[1]).toBe(String(horizon))
      return Number(found?.[2])
    }
    const [short, long] = [await cut(10), await cut(20)]
    // the bound falls like gamma^K times a factor that grows with K
    expect(long / short).toBeGreaterThan(0.5 ** 10)
    expect(long / short).toBeLessThan(0.5 ** 9)
  })

  it('gives bounds for tables of logits only, for of other scores none is known', async () => {
    const gradient = { rollouts: 2, horizon: 10 }
    const { sentences } = await adviceOn({ policy: { mlp: [2] }, gradient })
    expect(sentences.join(' ')).not.toMatch(/bound|at most/)
    expect(sentences[4]).toBe('Rollouts are cut at 10 steps.')
    const table = await adviceOn({ policy: { linear: 'one-hot' }, gradient })
    expect(table.sentences[0]).toContain('the bound for tabular policies')
  })

  it('speaks of the agent whose gradient is cut the most', async () => {
    const { settings, problem } = await given({ gradient: { rollouts: 2, horizon: 10 } })
    const cuts = (problem.truth?.mdps ?? []).map((mdp) =>
      truncationBias({ actions: 2, discount: 0.5, rewardRange: rewardRange(mdp), temperature: 0 }, 10),
    )
    expect(cuts[0]).not.toBe(cuts[1])
    expect(pgAdvice(settings, problem, 5).sentences[4]).toContain(
      `takes at most ${Number(Math.max(...cuts).toPrecision(3))} from a gradient`,
    )
  })

  it('names the horizon that auto decides on', async () => {
    const { sentences } = await adviceOn({ gradient: { rollouts: 2, horizon: 'auto' } })
    expect(sentences[4]).toMatch(/^Rollouts are cut at \d+ steps/)
  })

  it('has nothing to say where no gradient steps are taken, or no model is known', async () => {
    expect(await adviceOn({ name: 'qavg' })).toEqual(NOTHING)
    const cartPole = { family: 'CartPole-v1', discount: 0.9 }
    const sampled = { policy: { mlp: [] }, gradient: { rollouts: 2, horizon: 9 } }
    expect(await adviceOn(sampled, cartPole, {})).toEqual(NOTHING)
  })
})

describe('optimumOf', () => {
  it('is J* of the average and of each agent', async () => {
    const { truth } = (await given()).problem
    if (truth?.average == null) throw new Error('expected an average problem')
    const { common, own, dynamics } = optimumOf(truth, 0.25)
    expect(common).toBe(optimalReturn(truth.average, 0.25))
    expect(own).toEqual(truth.mdps.map((mdp) => optimalReturn(mdp, 0.25)))
    expect(dynamics).toBe(0)
    // a common policy cannot do better than each agent with its own
    expect(common).toBeLessThanOrEqual((own[0] as number) / 2 + (own[1] as number) / 2)
  })

  it('has no common one where dynamics differ, and says by how much they do', async () => {
    const { truth } = (await given({}, GARNET, { dynamics: { heterogeneity: 1 } })).problem
    if (truth === null) throw new Error('expected a model')
    const { common, dynamics } = optimumOf(truth, 0)
    expect(common).toBeNull()
    expect(dynamics).toBeGreaterThan(0)
  })
})
