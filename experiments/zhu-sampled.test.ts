/**
 * The claims zhu-speedup and zhu-local-steps judged on made-up measurements: their own experiment files give the variants, a formula
 * gives the numbers. Each judge must tell what the formula says, whichever way it goes; and the files must say what the theorems ask for.
 */
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Claim, Judged, Measured } from '../src/experiment/claim.ts'
import { planPart } from '../src/experiment/claim/plan.ts'
import { isPolicyGradient } from '../src/experiment/experiment.ts'
import type { PgSettings } from '../src/experiment/policy-gradient/spec.ts'
import { gather } from '../src/metrics/samples.ts'
import type { Row } from '../src/metrics/row.ts'
import { claim as localSteps } from './zhu-local-steps/claim.ts'
import { claim as speedup } from './zhu-speedup/claim.ts'

const folderOf = (id: string): string => fileURLToPath(new URL(id, import.meta.url))

/** What is measured at a place, without noise; `last` is the last round. */
type Formula = (place: {
  readonly settings: PgSettings
  readonly round: number
  readonly last: number
  readonly metric: string
}) => number

/** Seeds: a power of two above the number of variants of a claim. */
const SEEDS = 32

/** The noise of a variant at a seed, 1 or -1 (Walsh): over all seeds it averages to 0, and so does the product of any two variants. */
function signOf(variant: number, seed: number): number {
  let sign = 1
  for (let shared = variant & seed; shared > 0; shared &= shared - 1) sign = -sign
  return sign
}

/** All rounds with exact gradients; of the long sampled runs some, the last of them within what counts as the end. */
function roundsOf({ algorithm: { rounds, gradient }, evaluate: { every } }: PgSettings): number[] {
  if (gradient !== 'exact') return [every, rounds / 2, rounds - every, rounds]
  return Array.from({ length: rounds / every }, (_, i) => (i + 1) * every)
}

async function variantsOf(claim: Claim) {
  const planned = await Promise.all(claim.parts.map((part) => planPart(part, folderOf(claim.id), false)))
  return planned.map(({ part, experiment }) => ({
    part,
    experiment,
    variants: experiment.variants.map(({ name, settings }) => {
      if (!isPolicyGradient(settings)) throw new Error(`expected policy gradients, got ${name}`)
      return { name, settings }
    }),
  }))
}

/** Judges on `formula` at the rounds that the file asks for; with `noise` every number is raised or lowered by that share. */
async function judged(claim: Claim, formula: Formula, noise = 0.01): Promise<Judged> {
  let own = 0
  const measured = new Map<string, Measured>()
  for (const { part, experiment, variants } of await variantsOf(claim)) {
    const rows = variants.flatMap(({ name, settings }) => {
      const number = ++own
      const { algorithm, evaluate } = settings
      const rounds = roundsOf(settings)
      return evaluate.metrics.flatMap((metric) =>
        rounds.flatMap((round) => {
          const value = formula({ settings, round, last: algorithm.rounds, metric })
          return Array.from({ length: SEEDS }, (_, i): Row => ({
            variant: name,
            seed: i + 1,
            round,
            step: round * algorithm.localSteps,
            metric,
            value: value * (1 + noise * signOf(number, i)),
          }))
        }),
      )
    })
    measured.set(part.name, { variants: experiment.variants, samples: gather(rows) })
  }
  return claim.judge(measured, { source: '', series: {} })
}

const verdictsOf = ({ verdicts }: Judged): string[] => verdicts.map(({ verdict }) => verdict)
const samplesOf = ({ agents, algorithm }: PgSettings): number =>
  agents.count * algorithm.localSteps * algorithm.rounds
const alphaOf = ({ algorithm: { stepSize, serverStepSize, localSteps: steps } }: PgSettings): number =>
  serverStepSize * (stepSize as number) * steps
const MU = 0.013
const theorem1 = (settings: PgSettings): number =>
  (2 * Math.log(samplesOf(settings))) / (MU * settings.algorithm.rounds)
const rootOf = ({ agents, algorithm }: PgSettings): number => Math.sqrt(agents.count * algorithm.localSteps)

describe('zhu-speedup', () => {
  /** Gap and norms that fall with the given powers of N; the logarithm belongs to the step size of Theorem 1. */
  const falling =
    (gap: number, norm: number): Formula =>
    ({ settings, metric }) =>
      metric === 'gap'
        ? Math.log(samplesOf(settings)) * settings.agents.count ** gap
        : settings.agents.count ** norm

  it('takes the step sizes of the theorems', async () => {
    for (const { variants } of await variantsOf(speedup))
      for (const [i, { settings }] of variants.entries()) {
        const alpha =
          i === 0 ? theorem1(settings) : (4 * rootOf(settings)) / Math.sqrt(settings.algorithm.rounds)
        expect(alphaOf(settings) / alpha).toBeCloseTo(1, 4)
        expect(settings.algorithm.serverStepSize / rootOf(settings)).toBeCloseTo(1, 4)
      }
  })

  it('cuts rollouts where hardly anything is left of the return', async () => {
    // What the return misses after K steps is at most gamma^K R / (1 - gamma), which costs an optimum at most twice that.
    for (const { variants } of await variantsOf(speedup))
      for (const { settings } of variants) {
        const { gradient, entropy } = settings.algorithm
        const { discount } = settings.environment as { discount: number }
        const horizon = typeof gradient === 'string' ? 0 : Number(gradient.horizon)
        const largest = 1.5 + entropy * Math.log(4)
        expect((2 * discount ** horizon * largest) / (1 - discount)).toBeLessThan(1e-5)
      }
  })

  it('holds at the rates of the theorems', async () => {
    const { verdicts, table, figures } = await judged(speedup, falling(-1, -0.5))
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(Array(4).fill('holds'))
    expect(figures.map(({ name }) => name)).toEqual(['gap', 'gradient-norm'])
    const slopes = table.filter(({ quantity }) => quantity.endsWith('slope against N'))
    expect(slopes.map(({ ours }) => Number(ours.value.toFixed(1)))).toEqual([-1, -0.5, -0.5, -0.9])
    expect(figures[0]?.chart.series[0]?.name).toMatch(/^entropy: fitted slope .* -(0\.99|1)/)
  })

  it.each([
    ['too little', -0.7, -0.3, 'holds'],
    ['not at all', 0.1, 0, 'does not hold'],
    ['too much', -1.3, -0.75, 'holds'],
  ])('does not hold where agents help %s', async (_, gap, norm, doubling) => {
    expect(verdictsOf(await judged(speedup, falling(gap, norm)))).toEqual([
      'does not hold',
      doubling,
      'does not hold',
      'does not hold',
    ])
  })

  it('is undecided in noise', async () => {
    const verdicts = verdictsOf(await judged(speedup, falling(-0.85, -0.4), 0.5))
    expect([verdicts[0], verdicts[2], verdicts[3]]).toEqual(Array(3).fill('undecided'))
    expect(verdictsOf(await judged(speedup, falling(-0.05, -0.4), 0.9))[1]).toBe('undecided')
  })

  it('looks at the gap of the last rounds only, and at the norms of all', async () => {
    const early: Formula = (place) =>
      place.round <= place.last / 2 && place.metric === 'gap' ? 1000 : falling(-1, -0.5)(place)
    expect(verdictsOf(await judged(speedup, early))).toEqual(Array(4).fill('holds'))
    const late: Formula = (place) =>
      place.round > 1 || place.metric === 'gap' ? falling(-1, 0)(place) : 1e6 * falling(-1, -0.5)(place)
    expect(verdictsOf(await judged(speedup, late))).toEqual(Array(4).fill('holds'))
  })
})

describe('zhu-local-steps', () => {
  const isExact = ({ algorithm }: PgSettings): boolean => algorithm.gradient === 'exact'
  const isFast = ({ algorithm }: PgSettings): boolean => algorithm.name === 'fast-fedpg'
  /** Gaps by steps per agent: Fast-FedPG linear at `rate(H)`, FedPG down to `floor(H)`; the error of the sampled runs. */
  const gaps =
    (
      rate: (h: number) => number,
      floor: (h: number) => number,
      sampled: (settings: PgSettings) => number,
    ): Formula =>
    ({ settings, round }) => {
      const h = settings.algorithm.localSteps
      if (!isExact(settings)) return sampled(settings)
      const falls = Math.exp(-0.03 * round * h * rate(h))
      return isFast(settings) || h === 1 ? falls : falls + floor(h)
    }
  const one = (settings: PgSettings): number => (settings.algorithm.serverStepSize === 1 ? 0.004 : 0.003)

  it('takes the step size of Theorem 1 with sampled gradients', async () => {
    const [, sampled] = await variantsOf(localSteps)
    for (const { settings } of sampled?.variants ?? []) {
      expect(alphaOf(settings) / theorem1(settings)).toBeCloseTo(1, 4)
      expect(samplesOf(settings)).toBe(32000)
    }
    expect(sampled?.variants).toHaveLength(7)
  })

  it('holds where rounds fall as 1/H and FedPG has a floor', async () => {
    const { verdicts, table, figures } = await judged(
      localSteps,
      gaps(
        () => 1,
        (h) => 1e-5 * h,
        one,
      ),
    )
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(Array(5).fill('holds'))
    expect(figures.map(({ name }) => name)).toEqual(['gap', 'rounds', 'sampled'])
    const rounds = table.find(({ quantity }) => quantity.startsWith('exact, fast-fedpg, H = 10'))
    expect(rounds?.ours.value).toBeCloseTo(Math.log(1e7) / 0.3, -1)
  })

  it('does not hold the other way round', async () => {
    const { verdicts } = await judged(
      localSteps,
      gaps(
        (h) => (h === 1 ? 1 : 0.5),
        (h) => 1e-9 / h,
        ({ algorithm }) => (algorithm.serverStepSize === 1 ? 0.003 : 0.003 * Math.sqrt(algorithm.localSteps)),
      ),
    )
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(Array(5).fill('does not hold'))
    expect(verdicts[1]?.evidence).toMatch(/faults, the first: H = 2, seed 1: reached in round \d+/)
  })

  it('counts who does not get there with twice the rounds', async () => {
    const formula = gaps(
      (h) => (h === 20 ? 0.01 : 1),
      (h) => 1e-5 * h,
      one,
    )
    const { verdicts, table } = await judged(localSteps, formula)
    expect(table.find(({ quantity }) => quantity.startsWith('exact, fast-fedpg, H = 20'))?.ours.value).toBe(
      120,
    )
    expect(verdicts[0]?.verdict).toBe('does not hold')
  })

  it('is undecided in noise', async () => {
    const noisy = gaps(
      () => 1,
      () => 1e-3,
      ({ algorithm }) => (algorithm.localSteps === 1 ? 0.002 : 0.003),
    )
    const verdicts = verdictsOf(await judged(localSteps, noisy, 0.5))
    expect(verdicts.slice(2)).toEqual(Array(3).fill('undecided'))
  })
})
