import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { build } from '../../../test/exact-twins.ts'
import { averageMdp } from '../../mdp/average.ts'
import { evaluatePolicy } from '../../mdp/evaluate.ts'
import { softmaxObjective } from '../../mdp/policy-gradient.ts'
import { softmaxPolicy } from '../../mdp/softmax.ts'
import { gather } from '../../metrics/samples.ts'
import { initialOf } from '../policy-gradient/federation.ts'
import { buildPgProblem } from '../policy-gradient/problem.ts'
import type { Claim } from '../claim.ts'
import { isPolicyGradient, type Experiment } from '../experiment.ts'
import { parseExperiment } from '../parse.ts'
import { averageGradientRows, blendedMdp } from './average-gradient.ts'
import { reproduceClaim } from './reproduce.ts'

const two = (p: number, reward: number) =>
  build(2, 1, 0.9, [[0, 0, 0, p, reward], [0, 0, 1, 1 - p, 0], [1, 0, 1, 1, reward]]) // prettier-ignore

describe('blendedMdp', () => {
  it('has the means of transition probabilities and of expected rewards', () => {
    const blended = blendedMdp([two(0.5, 1), two(0.25, 4)])
    expect(blended.probability).toEqual(Float64Array.of(0.375, 0.625, 1))
    // (0.5 + 1) / 2 in state 0, whatever comes next; (1 + 4) / 2 in state 1.
    expect(blended.reward).toEqual(Float64Array.of(0.75, 0.75, 2.5))
  })

  it('has the gradient of the average Mdp where dynamics are shared', () => {
    const agents = [two(0.25, 1), two(0.25, 4)]
    const theta = Float64Array.of(0.3, -1)
    const gradient = (mdp: Parameters<typeof softmaxObjective>[0]) => softmaxObjective(mdp, 0).gradient(theta)
    const average = averageMdp(agents)
    expect(average).not.toBeNull()
    if (average === null) return
    for (const [i, value] of gradient(blendedMdp(agents)).entries())
      expect(value).toBeCloseTo(gradient(average)[i] as number, 12)
  })

  it('refuses agents with other outcomes, and none', () => {
    const turned = build(2, 1, 0.9, [[0, 0, 1, 0.5, 1], [0, 0, 0, 0.5, 0], [1, 0, 1, 1, 1]]) // prettier-ignore
    expect(() => blendedMdp([two(0.5, 1), turned])).toThrow('expected the same outcomes for all agents')
    expect(() => blendedMdp([])).toThrow('expected at least one Mdp, got none')
  })
})

const fileOf = (vary: string, policy = 'softmax'): string => `
name: distance
environment: { family: garnet, states: 4, actions: 3, branching: 3, discount: 0.8 }
agents: { count: 3, rewards: { heterogeneity: 1 } }
algorithm: { name: fedpg, policy: ${policy}, gradient: exact, localSteps: 1, stepSize: 1, rounds: 1, initial: { normal: 1 } }
seeds: [1, 2]
evaluate: { metrics: [J] }
vary: { ${vary} }
`

function experimentOf(vary: string, policy?: string): Experiment {
  const parsed = parseExperiment(fileOf(vary, policy), { folder: '/lab' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return parsed.value
}

describe('averageGradientRows', () => {
  it('is rounding where dynamics are shared, with and without entropy', async () => {
    const rows = await averageGradientRows(experimentOf('algorithm.entropy: [0, 0.2]'))
    expect(rows).toHaveLength(8)
    for (const { metric, value } of rows)
      expect(value).toBeLessThanOrEqual(metric === 'dynamicsDistance' ? 0 : 1e-13)
  })

  it('is what finite differences give where dynamics differ', async () => {
    const experiment = experimentOf('agents.dynamics.heterogeneity: [1]')
    const samples = gather(await averageGradientRows(experiment))
    for (const { name, settings } of experiment.variants) {
      if (!isPolicyGradient(settings)) throw new Error('expected policy gradients')
      const [distance] = samples.get(name)?.get('averageGradientDistance') ?? []
      for (const [i, seed] of experiment.seeds.entries()) {
        const problem = await buildPgProblem(settings, seed, '/lab')
        const mdps = problem.truth?.mdps ?? []
        const theta = initialOf(settings.algorithm, problem, seed)
        const gradient = (mdp: (typeof mdps)[number]) => differences(mdp, theta)
        const mean = theta.map((_, j) => mdps.reduce((sum, mdp) => sum + (gradient(mdp)[j] as number), 0) / 3)
        const ofBlended = gradient(blendedMdp(mdps))
        const norm = (vector: Float64Array) => Math.hypot(...vector)
        const expected = norm(mean.map((x, j) => x - (ofBlended[j] as number))) / norm(ofBlended)
        expect(distance?.values[i]).toBeCloseTo(expected, 6)
        expect(expected).toBeGreaterThan(0.01)
      }
      expect(
        samples
          .get(name)
          ?.get('dynamicsDistance')?.[0]
          ?.values.every((d) => d > 0.1 && d <= 1),
      ).toBe(true)
    }
  })

  it('leaves out policies that are no table', async () => {
    const rows = await averageGradientRows(experimentOf('algorithm.entropy: [0]', '{ linear: one-hot }'))
    expect(rows).toEqual([])
  })
})

describe('a part of a claim', () => {
  it('has the distances where it asks for them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrl-distance-'))
    writeFileSync(join(folder, 'experiment.yaml'), fileOf('algorithm.entropy: [0]'))
    const part = { file: 'experiment.yaml', quickSeeds: 1 }
    const heard: Record<string, string[]> = {}
    const claim: Claim = {
      id: 'distance',
      title: 'a claim',
      source: 'this test',
      parts: [
        { ...part, name: 'with', averageGradient: true },
        { ...part, name: 'without' },
      ],
      notes: [],
      judge(measured) {
        for (const [name, { samples }] of measured)
          heard[name] = [...samples.values()].flatMap((metrics) => [...metrics.keys()])
        return { table: [], verdicts: [], figures: [] }
      },
    }
    await reproduceClaim(claim, folder, { out: join(folder, 'run') })
    expect(heard).toEqual({ with: ['J', 'averageGradientDistance', 'dynamicsDistance'], without: ['J'] })
  })
})

/** grad J by central differences. */
function differences(mdp: Parameters<typeof softmaxObjective>[0], theta: Float64Array): Float64Array {
  const width = 1e-5
  const value = (at: Float64Array): number => {
    const { v } = evaluatePolicy(mdp, softmaxPolicy(at, mdp.actions))
    return mdp.initial.reduce((sum, p, state) => sum + p * (v[state] as number), 0)
  }
  return theta.map((_, j) => {
    const shifted = (by: number) => value(theta.map((x, k) => (k === j ? x + by : x)))
    return (shifted(width) - shifted(-width)) / (2 * width)
  })
}
