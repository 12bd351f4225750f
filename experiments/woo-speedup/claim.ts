/** Theorems 1 and 2: the squared stationary error falls as 1/K. */
import {
  allPositive,
  briefIf,
  chartPoint,
  inside,
  intervalAt,
  meanOf,
  number,
  partOf,
  pointsOf,
  rowOf,
  samplesWhere,
  slopeOfSquares,
  stationary,
  yAt,
} from '../../src/experiment/claim.ts'
import type {
  Chart,
  Claim,
  Judged,
  Measured,
  Published,
  Quantity,
  Samples,
  Where,
} from '../../src/experiment/claim.ts'

const COUNTS = [1, 2, 4, 8, 16, 32]
/** The slope that the theorems predict, and how far from it still counts as linear speed-up. */
const SLOPE = -1
const TOLERANCE = 0.15
/** Part of the evaluations, from the end, that counts as stationary. */
const SHARE = 0.2

/** One of the four settings. */
interface Setting {
  readonly name: string
  readonly part: string
  readonly where: Where
}

const synchronous = (syncPeriod: number): Setting => ({
  name: `fed-syn-q, tau = ${syncPeriod}`,
  part: 'synchronous',
  where: { 'algorithm.syncPeriod': syncPeriod },
})
const SETTINGS: readonly Setting[] = [
  synchronous(2),
  synchronous(10),
  synchronous(50),
  { name: 'fed-asyn-q, tau = 10', part: 'asynchronous', where: {} },
]

/** See `README.md`. */
export const claim: Claim = {
  id: 'woo-speedup',
  title: 'The squared stationary error falls as one over the number of agents',
  source: 'Woo, Joshi, Chi, JMLR 26(26), 2025, Theorems 1 and 2',
  parts: [
    { name: 'synchronous', file: 'synchronous.yaml', quickSeeds: 8 },
    { name: 'asynchronous', file: 'asynchronous.yaml', quickSeeds: 8 },
  ],
  notes: [
    'The paper has no such figure. The published column holds the ratios of one independent simulation of the same settings.',
    'Of the four settings only fed-syn-q with tau = 2 meets the condition of its theorem on tau: (14a) asks for tau <= 2.39.',
    `The error is averaged over the last ${100 * SHARE} % of the evaluations of a seed. Linear speed-up is taken to be a slope within ${TOLERANCE} of ${SLOPE}.`,
  ],
  judge,
}

function judge(measured: ReadonlyMap<string, Measured>, published: Published): Judged {
  const errors = (setting: Setting): Samples[] => COUNTS.map((count) => errorOf(measured, setting, count))
  const slope = (setting: Setting): Quantity => slopeOfSquares(setting.name, COUNTS, errors(setting))
  const linear = SETTINGS.map((setting) => {
    const claimed = `${setting.name}: the slope of log error^2 against log K is ${SLOPE} within ${TOLERANCE}`
    const quantity = slope(setting)
    return inside(claimed, intervalAt(quantity), quantity.seeds, SLOPE - TOLERANCE, SLOPE + TOLERANCE)
  })
  return {
    table: SETTINGS.flatMap((setting) => tableOf(setting, errors(setting), published, slope(setting))),
    verdicts: [...linear, weaker(slope(synchronous(50)), slope(synchronous(2)))],
    figures: [{ name: 'speedup', chart: chartOf(errors) }],
  }
}

function errorOf(measured: ReadonlyMap<string, Measured>, { part, where }: Setting, count: number): Samples {
  return stationary(samplesWhere(partOf(measured, part), { ...where, 'agents.count': count }, 'error'), SHARE)
}

function weaker(long: Quantity, short: Quantity) {
  const statistic = (indices: Uint32Array): number => long.statistic(indices) - short.statistic(indices)
  return allPositive('fed-syn-q: a sync period of 50 gives a flatter slope than one of 2', [
    { point: 'tau = 50 above 2', seeds: long.seeds, statistic },
  ])
}

function tableOf({ name }: Setting, errors: readonly Samples[], published: Published, slope: Quantity) {
  const points = pointsOf(published.series, name)
  const single = errors[0] as Samples
  const rows = COUNTS.slice(1).map((count, i) =>
    briefIf(
      count === COUNTS.at(-1),
      rowOf(
        `${name}, K = ${count}: (error at 1 / error)^2`,
        intervalAt(ratioOf(single, errors[i + 1] as Samples)),
        yAt(points, count),
      ),
    ),
  )
  return [...rows, briefIf(true, rowOf(`${name}: slope`, intervalAt(slope)))]
}

function ratioOf(single: Samples, many: Samples): Quantity {
  const statistic = (indices: Uint32Array): number => {
    const ratio = meanOf(single.values, indices) / meanOf(many.values, indices)
    return ratio * ratio
  }
  return { point: '', seeds: single.values.length, statistic }
}

function chartOf(errors: (setting: Setting) => readonly Samples[]): Chart {
  const squared = ({ values }: Samples): Quantity => ({
    point: '',
    seeds: values.length,
    statistic: (indices) => {
      const error = meanOf(values, indices)
      return error * error
    },
  })
  const series = SETTINGS.map((setting) => ({
    name: setting.name,
    points: errors(setting).map((samples, i) =>
      chartPoint(COUNTS[i] as number, intervalAt(squared(samples))),
    ),
  }))
  const references = SETTINGS.map((_, i) => {
    const start = series[i]?.points[0]?.y ?? 1
    return { name: `slope ${number(SLOPE)}`, points: COUNTS.map((count) => ({ x: count, y: start / count })) }
  })
  return {
    title: 'Squared stationary error against the number of agents',
    xLabel: 'K, agents',
    yLabel: 'error^2, of the mean over seeds',
    xScale: 'log',
    yScale: 'log',
    interval: 'bar',
    series,
    references,
  }
}
