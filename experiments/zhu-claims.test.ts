/**
 * The claims with exact gradients, and zhu-dynamics, judged on made-up measurements: their own experiment files give the variants, a
 * formula gives the numbers. Each judge must tell what the formula says, whichever way it goes.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Claim, Judged, Measured, Published } from '../src/experiment/claim.ts'
import { planPart } from '../src/experiment/claim/plan.ts'
import { isPolicyGradient } from '../src/experiment/experiment.ts'
import type { PgSettings } from '../src/experiment/policy-gradient/spec.ts'
import { gather } from '../src/metrics/samples.ts'
import type { Row } from '../src/metrics/row.ts'
import { claim as averageMdp } from './zhu-average-mdp/claim.ts'
import { claim as bias } from './zhu-bias/claim.ts'
import { claim as dynamics } from './zhu-dynamics/claim.ts'

const folderOf = (id: string): string => fileURLToPath(new URL(id, import.meta.url))

/** A place where something is measured. */
interface Place {
  readonly part: string
  readonly settings: PgSettings
  readonly round: number
  readonly metric: string
  /** 1 or -1, by variant and seed: over all seeds it averages to 0, and so does the product of any two variants (Walsh) */
  readonly sign: number
}

/** What is measured at a place. */
type Formula = (place: Place) => number

/** Seeds of a measurement with chance: a power of two above the number of variants that are compared. */
const SEEDS = 32

function signOf(variant: number, seed: number): number {
  let sign = 1
  for (let shared = variant & seed; shared > 0; shared &= shared - 1) sign = -sign
  return sign
}

/** Rounds that are measured: all that the file asks for, of long sampled runs the middle and the end. */
function roundsOf({ algorithm, evaluate }: PgSettings): number[] {
  if (algorithm.gradient !== 'exact') return [algorithm.rounds / 2, algorithm.rounds]
  return Array.from({ length: algorithm.rounds / evaluate.every }, (_, i) => (i + 1) * evaluate.every)
}

const NOTHING: Published = { source: '', series: {} }

async function judged(claim: Claim, formula: Formula, published: Published = NOTHING): Promise<Judged> {
  const measured = new Map<string, Measured>()
  let variants = 0
  for (const part of claim.parts) {
    const { experiment } = await planPart(part, folderOf(claim.id), false)
    const seeds = experiment.seeds.length === 1 ? 1 : SEEDS
    const rows = experiment.variants.flatMap(({ name, settings }) => {
      if (!isPolicyGradient(settings)) throw new Error(`expected policy gradients, got ${name}`)
      const own = seeds === 1 ? 0 : (variants++ % (SEEDS - 1)) + 1
      const once = part.averageGradient === true ? ['averageGradientDistance', 'dynamicsDistance'] : []
      const places = [
        ...once.map((metric) => ({ metric, round: 0 })),
        ...roundsOf(settings).flatMap((round) =>
          settings.evaluate.metrics.map((metric) => ({ metric, round })),
        ),
      ]
      return places.flatMap(({ metric, round }) =>
        Array.from({ length: seeds }, (_, seed): Row => {
          const sign = signOf(own, seed)
          const value = formula({ part: part.name, settings, round, metric, sign })
          return { variant: name, seed: seed + 1, round, step: round, metric, value }
        }),
      )
    })
    measured.set(part.name, { variants: experiment.variants, samples: gather(rows) })
  }
  return claim.judge(measured, published)
}

const verdictsOf = ({ verdicts }: Judged): string[] => verdicts.map(({ verdict }) => verdict)
const all = (verdict: string, count: number): string[] => Array<string>(count).fill(verdict)

describe('zhu-bias', () => {
  /** eta H t */
  const time = ({ settings: { algorithm }, round }: Place): number =>
    (algorithm.stepSize as number) * algorithm.localSteps * round
  const isEntropy = ({ settings }: Place): boolean => settings.algorithm.entropy > 0
  const isBiased = ({ settings: { algorithm } }: Place): boolean =>
    algorithm.name === 'fedpg' && algorithm.localSteps > 1
  const falling: Formula = (place) => (isEntropy(place) ? Math.exp(-0.03 * time(place)) : 1 / time(place))
  const floor: Formula = ({ settings: { algorithm } }) =>
    0.02 * algorithm.localSteps * (algorithm.stepSize as number)
  const asClaimed: Formula = (place) => falling(place) + (isBiased(place) ? floor(place) : 0)

  const computed = (other: number): Published => ({
    ...NOTHING,
    replication: {
      source: 'by hand',
      series: { 'plain, fast-fedpg, H = 10, eta = 0.1': [[200, other]] },
    },
  })

  it('holds where FedPG has a floor and the others fall', async () => {
    const result = await judged(bias, asClaimed, computed(1 / 200))
    expect(verdictsOf(result)).toEqual(all('holds', 18))
    const row = result.table.find(
      ({ quantity }) => quantity === 'plain, fast-fedpg, H = 10, eta = 0.1, round 200',
    )
    expect(row).toMatchObject({ published: 0.005, ours: { value: 0.005 } })
    expect(result.figures.map(({ name }) => name)).toEqual(['plain', 'entropy', 'floor', 'random'])
  })

  it('does not hold the other way round', async () => {
    const turned: Formula = (place) =>
      place.settings.algorithm.name === 'fedpg'
        ? falling(place)
        : place.settings.algorithm.name === 'scaffold'
          ? 0.2
          : 0.1
    expect(verdictsOf(await judged(bias, turned, computed(0.1 + 2e-10)))).toEqual(all('does not hold', 18))
  })

  it('is undecided where random problems go both ways', async () => {
    const noisy: Formula = (place) => {
      const { settings, round, sign, part } = place
      if (part !== 'random') return asClaimed(place)
      const isEnd = round === settings.algorithm.rounds
      if (settings.algorithm.name === 'fedpg')
        return (isEntropy(place) ? 1e-8 : 10) * (isEnd ? 0.8 + 0.4 * sign : 1)
      if (isEntropy(place)) return isEnd ? 10 ** (-9 + 3 * sign) : 1
      return isEnd ? 0.8 + 0.4 * sign : 0.8 / 0.6
    }
    expect(verdictsOf(await judged(bias, noisy)).slice(-3)).toEqual(all('undecided', 3))
  })

  it('tells a slope that is not -1, a curve that is not straight, and a gap that ends negative', async () => {
    const bent: Formula = (place) =>
      isBiased(place)
        ? asClaimed(place)
        : isEntropy(place)
          ? 1 / time(place) ** 3
          : place.settings.algorithm.localSteps === 50
            ? -1e-3
            : 1 / Math.sqrt(time(place))
    const { verdicts } = await judged(bias, bent)
    const of = (text: string) => verdicts.find(({ claim }) => claim.startsWith(text))
    expect(of('plain, eta H <= 5: the gap of fast-fedpg')).toMatchObject({
      verdict: 'does not hold',
      evidence: '7 faults, the first: H = 1, eta = 0.1: -0.5.',
    })
    expect(of('plain, eta H = 25: the gap of scaffold')?.evidence).toContain('a gap that is not positive')
    expect(of('entropy, eta H <= 5: the gap of scaffold')?.verdict).toBe('does not hold')
  })

  it('tells a number that another program got otherwise, and a setting that was not measured', async () => {
    const [first] = (await judged(bias, asClaimed, computed(0.005000001))).verdicts
    expect(first).toMatchObject({
      verdict: 'does not hold',
      evidence:
        '1 faults, the first: plain, fast-fedpg, H = 10, eta = 0.1, round 200: ours 0.005, theirs 0.005000001.',
    })
    const unknown = { ...NOTHING, replication: { source: '', series: { 'plain, H = 3': [] } } }
    await expect(judged(bias, asClaimed, unknown)).rejects.toThrow('not measured: plain, H = 3')
  })

  it('has in published.json only what it measures', async () => {
    const file = readFileSync(`${folderOf('zhu-bias')}/published.json`, 'utf8')
    const published = JSON.parse(file) as Published
    const [first] = (await judged(bias, asClaimed, published)).verdicts
    expect(first?.evidence).toMatch(/^\d+ faults/)
    expect(Object.keys(published.replication?.series ?? {})).toHaveLength(21)
  })
})

describe('zhu-average-mdp', () => {
  const heterogeneity = ({ settings: { agents } }: Place): number =>
    agents.dynamics !== undefined && 'heterogeneity' in agents.dynamics ? agents.dynamics.heterogeneity : 0
  const asClaimed =
    (distance: (place: Place) => number): Formula =>
    (place) =>
      place.metric === 'J' ? 3 : heterogeneity(place) === 0 ? 1e-15 : distance(place)

  it('holds where the distance is rounding without, and grows with heterogeneity', async () => {
    const result = await judged(
      averageMdp,
      asClaimed((place) => 0.1 * heterogeneity(place)),
    )
    expect(verdictsOf(result)).toEqual(all('holds', 4))
    const last = result.table.at(-1)
    expect(last?.quantity).toBe('distance, own rewards, h = 1')
    expect(last?.ours.value).toBeCloseTo(0.1, 12)
  })

  it('does not hold the other way round', async () => {
    const turned: Formula = ({ metric, settings, ...place }) =>
      metric === 'J'
        ? settings.algorithm.name === 'central'
          ? 3
          : 3 + 1e-8
        : 1e-7 / (1 + heterogeneity({ metric, settings, ...place }))
    expect(verdictsOf(await judged(averageMdp, turned))).toEqual(all('does not hold', 4))
  })

  it('is undecided where the distance goes both ways', async () => {
    const verdicts = verdictsOf(
      await judged(
        averageMdp,
        asClaimed(({ sign }) => 0.1 + 0.05 * sign),
      ),
    )
    expect(verdicts).toEqual(['holds', 'holds', 'holds', 'undecided'])
  })

  it('tells the one problem that breaks the equality', async () => {
    let seen = 0
    const { verdicts } = await judged(averageMdp, (place) => {
      const once = place.part === 'shared' && place.metric === 'averageGradientDistance' && seen++ === 0
      return once ? 2e-12 : asClaimed((at) => heterogeneity(at))(place)
    })
    expect(verdicts[0]).toMatchObject({ verdict: 'does not hold' })
    expect(verdicts[0]?.evidence).toMatch(/^1 faults, the first: .*, seed 1: 2e-12\.$/)
  })
})

describe('zhu-dynamics', () => {
  const product = ({ settings: { agents, algorithm } }: Place): number =>
    agents.count * algorithm.localSteps * algorithm.rounds
  const isFast = ({ settings }: Place): boolean => settings.algorithm.name === 'fast-fedpg'
  const isEntropy = ({ settings }: Place): boolean => settings.algorithm.entropy > 0
  const asClaimed: Formula = (place) =>
    place.part !== 'exact'
      ? 1 / Math.sqrt(product(place))
      : !isFast(place)
        ? 1e-2
        : isEntropy(place)
          ? 10 ** (-0.02 * place.round)
          : 1 / place.round ** 2

  it('holds where Fast-FedPG vanishes, FedPG does not, and the mean falls as the theorem says', async () => {
    const result = await judged(dynamics, asClaimed)
    expect(verdictsOf(result)).toEqual(all('holds', 6))
    const exponents = result.table.filter(({ quantity }) => quantity.endsWith('exponent of N H T'))
    expect(exponents).toHaveLength(3)
    for (const { ours } of exponents) expect(ours.value).toBeCloseTo(-0.5, 9)
    expect(result.figures.map(({ name }) => name)).toEqual(['exact-plain', 'exact-entropy', 'sampled'])
  })

  it('does not hold the other way round', async () => {
    const turned: Formula = (place) =>
      place.part !== 'exact' ? product(place) ** -0.3 : isFast(place) ? 1e-2 : 1 / place.round ** 2
    expect(verdictsOf(await judged(dynamics, turned))).toEqual(all('does not hold', 6))
  })

  it('is undecided in noise', async () => {
    const noisy: Formula = (place) => {
      const { part, round, settings, sign } = place
      if (part !== 'exact') return product(place) ** -0.4 * (1 + 0.5 * sign)
      const isEnd = round === settings.algorithm.rounds
      if (!isFast(place)) return isEnd ? 1e-6 * 10 ** (3 * sign) : 1.4e-6 * 10 ** (3 * sign)
      // Half of the problems fall faster than 1/t, half more slowly, around one mean.
      if (!isEntropy(place)) return (1e-5 / round) * (1 + 0.9 * sign * (round / settings.algorithm.rounds))
      return 10 ** (-12 + 10 * sign)
    }
    const verdicts = verdictsOf(await judged(dynamics, noisy))
    expect([verdicts[0], verdicts[1], verdicts[5]]).toEqual(all('undecided', 3))
  })

  it('is undecided on a floor that half of the problems have', async () => {
    const half: Formula = (place) =>
      place.part === 'exact' && !isFast(place)
        ? place.round === place.settings.algorithm.rounds
          ? 1e-2 * (0.8 + 0.4 * place.sign)
          : 1e-2
        : asClaimed(place)
    expect(verdictsOf(await judged(dynamics, half)).slice(2, 4)).toEqual(all('undecided', 2))
  })

  it('is undecided where Fast-FedPG is a hundred times below in the mean of logarithms only', async () => {
    const either: Formula = (place) =>
      place.part === 'exact' && isFast(place) ? 1e-4 * 10 ** place.sign : asClaimed(place)
    expect(verdictsOf(await judged(dynamics, either))[4]).toBe('undecided')
  })
})
