/**
 * The six claims judged on made-up measurements: their own experiment files give the variants, a formula gives the errors. Each
 * judge must tell what the formula says, whichever way it goes.
 */
import { readFileSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Claim, Judged, Measured, Published } from '../src/experiment/claim.ts'
import { planPart } from '../src/experiment/claim/plan.ts'
import { isQLearning, type QSettings } from '../src/experiment/experiment.ts'
import { gather } from '../src/metrics/samples.ts'
import type { Row } from '../src/metrics/row.ts'
import { NOBODY, Purpose, streamOf, uniform } from '../src/numeric/stream.ts'
import { claim as communication } from './woo-communication/claim.ts'
import { claim as coverage } from './woo-coverage/claim.ts'
import { claim as figure3 } from './woo-fig3/claim.ts'
import { claim as figure4 } from './woo-fig4/claim.ts'
import { claim as figure5 } from './woo-fig5/claim.ts'
import { claim as speedup } from './woo-speedup/claim.ts'

const folderOf = (id: string): string => fileURLToPath(new URL(id, import.meta.url))

function publishedOf(id: string): Published {
  const file = `${folderOf(id)}/published.json`
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Published) : { source: '', series: {} }
}

/** A place where something is measured. */
interface Place {
  readonly settings: QSettings
  readonly step: number
  readonly metric: string
  readonly frozen: boolean
}

/** What is measured at a place, without noise. */
type Formula = (place: Place) => number

/** Steps that each claim looks at, by part. */
const STEPS: Readonly<Record<string, (settings: QSettings) => readonly number[]>> = {
  'woo-fig3': () => Array.from({ length: 40 }, (_, i) => 50 * (i + 1)),
  'woo-fig4': () => [300],
  'woo-fig5': () => [300],
  'woo-speedup': ({ algorithm }) => [algorithm.steps / 2, 0.9 * algorithm.steps, algorithm.steps],
  'woo-coverage': ({ algorithm }) => [algorithm.steps],
  'woo-communication': ({ algorithm }) =>
    [...('syncPeriod' in algorithm ? [80 * algorithm.syncPeriod] : []), algorithm.steps].filter(
      (step, i, all) => step <= algorithm.steps && all.indexOf(step) === i,
    ),
}

/** Seeds of a measurement in noise: a power of two above the number of variants of any claim. */
const NOISY_SEEDS = 32

/** The noise of a variant at a seed, 1 or -1 (Walsh): over all seeds it averages to 0, and so does the product of any two variants. */
function signOf(variant: number, seed: number): number {
  let sign = 1
  for (let shared = variant & seed; shared > 0; shared &= shared - 1) sign = -sign
  return sign
}

/**
 * Judges a claim on `formula`, shaken a little; frozen draws spread by `spread` around it. With `noise`, every value is raised or
 * lowered by that share, so that no two variants differ on average but for the formula: what is undecided then is so by no luck.
 */
async function judged(claim: Claim, formula: Formula, { noise = 0, spread = 0.5 } = {}): Promise<Judged> {
  const stream = streamOf(1, NOBODY, Purpose.model)
  const shake = (width: number): number => 1 + width * (2 * uniform(stream) - 1)
  const measured = new Map<string, Measured>()
  let variants = 0
  for (const part of claim.parts) {
    const { experiment } = await planPart(part, folderOf(claim.id), false)
    const frozen = part.draws !== undefined
    const numbers = Array.from({ length: frozen ? 2 : noise > 0 ? NOISY_SEEDS : 20 }, (_, i) => i + 1)
    const rows = experiment.variants.filter(isQLearning).flatMap(({ name, settings }) => {
      const draw = frozen ? shake(spread) : 1
      const own = frozen ? 0 : ++variants
      const metrics = [...settings.evaluate.metrics, ...(part.coverage === true ? ['cHet', 'muAvg'] : [])]
      return (STEPS[claim.id] as (typeof STEPS)[string])(settings).flatMap((step) =>
        metrics.flatMap((metric) =>
          numbers.map((seed): Row => {
            const exact = metric === 'cHet' || metric === 'muAvg'
            const raised = frozen ? 1 : 1 + noise * signOf(own, seed - 1)
            const value =
              formula({ settings, step, metric, frozen }) * draw * (exact ? 1 : raised * shake(0.01))
            return { variant: name, seed, round: 1, step, metric, value }
          }),
        ),
      )
    })
    measured.set(part.name, { variants: experiment.variants, samples: gather(rows) })
  }
  return claim.judge(measured, publishedOf(claim.id))
}

const verdictsOf = ({ verdicts }: Judged): string[] => verdicts.map(({ verdict }) => verdict)
const importance = ({ algorithm }: QSettings): boolean =>
  algorithm.name === 'fed-asyn-q' && algorithm.averaging === 'importance'
const syncPeriod = ({ algorithm }: QSettings): number =>
  'syncPeriod' in algorithm ? algorithm.syncPeriod : 0
const agents = (settings: QSettings): number => ('count' in settings.agents ? settings.agents.count : 0)

/** The published value of a figure's place, as a normalised error. */
function publishedError(claim: Claim, { settings, step }: Place): number {
  const { series, replication } = publishedOf(claim.id)
  const name = importance(settings) ? 'importance' : 'equal'
  const x = { 'woo-fig3': step, 'woo-fig4': agents(settings), 'woo-fig5': syncPeriod(settings) }[claim.id]
  const y =
    (replication?.series[name] ?? []).find(([at]) => at === x)?.[1] ??
    series[name]?.find(([at]) => at === x)?.[1] ??
    0
  return claim.id === 'woo-fig4' ? 0.1 / Math.sqrt(y) : y
}

const FIGURES = [figure3, figure4, figure5]

describe.each(FIGURES)('$id', (claim) => {
  it('holds on what the paper and its replication show', async () => {
    const { verdicts, table, figures } = await judged(claim, (place) => publishedError(claim, place))
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(verdicts.map(() => 'holds'))
    expect(table.every(({ published, verdict }) => published !== null && verdict === 'holds')).toBe(true)
    expect(figures.map(({ name }) => name)).toEqual(['figure', 'draws'])
  })

  it('does not hold on the opposite', async () => {
    const { verdicts } = await judged(claim, (place) => 0.02 / publishedError(claim, place), { spread: 0.01 })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(verdicts.map(() => 'does not hold'))
  })

  it('is undecided in noise', async () => {
    const { verdicts } = await judged(
      claim,
      (place) =>
        place.frozen
          ? publishedError(claim, place)
          : importance(place.settings) && claim.id === 'woo-fig4'
            ? 0.1 / Math.sqrt(2.5)
            : 0.1,
      { noise: 0.5 },
    )
    const own = verdicts.filter(({ claim: text }) => !/published|replication/.test(text))
    expect(own.map(({ verdict }) => verdict)).toEqual(own.map(() => 'undecided'))
  })

  it('a full run has draws enough to tell that a number lies outside', () => {
    expect(claim.parts.find(({ draws }) => draws !== undefined)?.draws?.full).toBeGreaterThanOrEqual(39)
  })
})

describe('woo-speedup', () => {
  const falling =
    (power: (settings: QSettings) => number): Formula =>
    (place) =>
      Math.exp(-power(place.settings) * Math.log(agents(place.settings)))

  it('holds where the squared error falls as 1/K, and less for the long sync period', async () => {
    const { verdicts, table } = await judged(
      speedup,
      falling((settings) => (syncPeriod(settings) === 50 ? 0.45 : 0.5)),
    )
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['holds', 'holds', 'holds', 'holds', 'holds'])
    const slope = table.find(({ quantity }) => quantity === 'fed-syn-q, tau = 2: slope')
    expect(slope?.ours.value).toBeCloseTo(-1, 2)
    const ratio = table.find(({ quantity }) => quantity.startsWith('fed-asyn-q, tau = 10, K = 32'))
    expect(ratio?.ours.value).toBeCloseTo(32, 0)
    expect(ratio?.published).toBe(25.8)
  })

  it('does not hold where more agents do not help, or where the long period helps more', async () => {
    expect(
      verdictsOf(
        await judged(
          speedup,
          falling((settings) => (syncPeriod(settings) === 50 ? 0.2 : 0.1)),
        ),
      ),
    ).toEqual(Array(5).fill('does not hold'))
  })

  it('is undecided between', async () => {
    expect(
      verdictsOf(
        await judged(
          speedup,
          falling(() => 0.425),
          { noise: 0.5 },
        ),
      ),
    ).toEqual(Array(5).fill('undecided'))
  })

  it('looks at the end of the run only', async () => {
    const early: Formula = (place) =>
      place.step <= place.settings.algorithm.steps / 2 ? 1000 : falling(() => 0.5)(place)
    expect(verdictsOf(await judged(speedup, early)).slice(0, 4)).toEqual(Array(4).fill('holds'))
  })
})

describe('woo-coverage', () => {
  const weight = ({ agents: { ...spec } }: QSettings): number =>
    'behavior' in spec && typeof spec.behavior === 'object' && 'mixture' in spec.behavior
      ? spec.behavior.mixture
      : 0
  const exact = ({ settings, metric }: Place): number | null =>
    metric === 'cHet' ? 1 + 19 * weight(settings) : metric === 'muAvg' ? 0.02 : null
  const rising =
    (equal: number, other: number): Formula =>
    (place) =>
      exact(place) ??
      (importance(place.settings)
        ? 0.1 + other * weight(place.settings)
        : 0.11 + equal * weight(place.settings))

  it('holds where equal averaging degrades and importance averaging does not', async () => {
    expect(verdictsOf(await judged(coverage, rising(0.2, 0)))).toEqual(Array(5).fill('holds'))
  })

  it('does not hold the other way round', async () => {
    const verdicts = verdictsOf(await judged(coverage, rising(-0.05, 0.2)))
    expect(verdicts).toEqual(['holds', 'holds', 'does not hold', 'does not hold', 'does not hold'])
  })

  it('is undecided in noise', async () => {
    expect(verdictsOf(await judged(coverage, rising(0.001, 0), { noise: 0.9 }))).toEqual([
      'holds',
      'holds',
      'undecided',
      'undecided',
      'undecided',
    ])
  })

  it('tells a C_het that breaks its bounds', async () => {
    const { verdicts } = await judged(coverage, (place) =>
      place.metric === 'cHet' ? 21 : rising(0.2, 0)(place),
    )
    expect(verdicts[0]).toMatchObject({
      verdict: 'does not hold',
      evidence: '120 faults, the first: w = 0, seed 1: C_het 21, expected in [1, 1].',
    })
    expect(verdicts[1]?.verdict).toBe('undecided')
  })
})

describe('woo-communication', () => {
  const stepSize = ({ algorithm }: QSettings): number =>
    typeof algorithm.stepSize === 'number' ? algorithm.stepSize : 0

  it('holds where rare averaging costs little and steps bring accuracy', async () => {
    const formula: Formula = ({ settings, step }) =>
      settings.algorithm.steps === 4000 && stepSize(settings) === 0.1
        ? (1 + syncPeriod(settings) / 5000) * (4000 / step)
        : stepSize(settings)
    expect(verdictsOf(await judged(communication, formula))).toEqual(Array(8).fill('holds'))
  })

  it('does not hold the other way round', async () => {
    const formula: Formula = ({ settings, step }) =>
      settings.algorithm.steps === 4000 && stepSize(settings) === 0.1
        ? step < 4000
          ? step
          : syncPeriod(settings) > 10
            ? 0.5
            : syncPeriod(settings) > 1
              ? 2
              : 1
        : 1 / stepSize(settings)
    expect(verdictsOf(await judged(communication, formula))).toEqual(Array(8).fill('does not hold'))
  })

  it('is undecided in noise', async () => {
    const formula: Formula = ({ settings }) =>
      [10, 25].includes(syncPeriod(settings)) && settings.algorithm.steps === 4000 ? 1.1 : 1
    const verdicts = verdictsOf(await judged(communication, formula, { noise: 0.9 }))
    expect(verdicts).toEqual(Array(8).fill('undecided'))
  })
})
