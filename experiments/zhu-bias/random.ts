/** The floor, and none, over problems that are drawn anew for every seed. */
import { allPositive, chartPoint, intervalOf, samplesWhere, tableRow } from '../../src/experiment/claim.ts'
import type {
  Chart,
  ChartSeries,
  Measured,
  Quantity,
  Samples,
  TableRow,
  Verdict,
} from '../../src/experiment/claim.ts'
import { log } from '../../src/numeric/index.ts'
import { FLOOR_KEPT } from './verdicts.ts'

const OBJECTIVES = [
  { name: 'plain', entropy: 0 },
  { name: 'entropy', entropy: 0.1 },
] as const
type Objective = (typeof OBJECTIVES)[number]
const COMPARED = ['fedpg', 'fast-fedpg'] as const
type Compared = (typeof COMPARED)[number]

/** Without a floor the gap at the end is at most this part of that at half the rounds: 1/t leaves a half. */
const FALLEN = 0.6
/** By how much Fast-FedPG ends below FedPG. */
const FACTOR = 10
/** With entropy Fast-FedPG ends below this. */
const VANISHED = 1e-9
/** Gaps below are rounding, and count as this. */
const ROUNDING = 1e-13

const gapsOf = (part: Measured, { entropy }: Objective, algorithm: Compared): readonly Samples[] =>
  samplesWhere(part, { 'algorithm.name': algorithm, 'algorithm.entropy': entropy }, 'gap')

const mapped = (samples: Samples, change: (value: number, i: number) => number): Samples => ({
  ...samples,
  values: samples.values.map(change),
})

const endOf = (samples: readonly Samples[]): Samples => samples.at(-1) as Samples
const decades = (gap: number): number => log(Math.max(gap, ROUNDING)) / Math.LN10

/** gap(T) / gap(T/2) of each problem. */
function keptOf(samples: readonly Samples[]): Samples {
  const end = endOf(samples)
  const half = samples.find(({ round }) => 2 * round === end.round) as Samples
  return mapped(end, (value, i) => value / (half.values[i] as number))
}

const meanAbove = (point: string, samples: Samples, sign: 1 | -1, bound: number): Quantity => ({
  point,
  seeds: samples.values.length,
  statistic: (indices) =>
    indices.reduce((sum, i) => sum + sign * ((samples.values[i] as number) - bound), 0) / indices.length,
})

/** Fast-FedPG below FedPG at the end, in powers of ten. */
function advantageOf(part: Measured, objective: Objective): Samples {
  const fast = endOf(gapsOf(part, objective, 'fast-fedpg'))
  return mapped(
    endOf(gapsOf(part, objective, 'fedpg')),
    (gap, i) => decades(gap) - decades(fast.values[i] as number),
  )
}

/** The verdicts on random problems: means over problems, with simultaneous intervals. */
export function randomVerdicts(part: Measured): Verdict[] {
  const [plain, entropy] = OBJECTIVES
  return [
    allPositive(
      `random problems: FedPG is at a floor, the gap at the end at least ${100 * FLOOR_KEPT} % of that at half the rounds`,
      OBJECTIVES.map((objective) =>
        meanAbove(objective.name, keptOf(gapsOf(part, objective, 'fedpg')), 1, FLOOR_KEPT),
      ),
    ),
    allPositive(
      `random problems: Fast-FedPG has no floor: plain, the gap at the end is at most ${100 * FALLEN} % of that at half the rounds; with entropy it is below ${VANISHED}`,
      [
        meanAbove('plain', keptOf(gapsOf(part, plain, 'fast-fedpg')), -1, FALLEN),
        meanAbove(
          'entropy, powers of ten',
          mapped(endOf(gapsOf(part, entropy, 'fast-fedpg')), decades),
          -1,
          decades(VANISHED),
        ),
      ],
    ),
    allPositive(
      `random problems: Fast-FedPG ends at least ${FACTOR} times below FedPG`,
      OBJECTIVES.map((objective) =>
        meanAbove(
          `${objective.name}, powers of ten above ${FACTOR}`,
          advantageOf(part, objective),
          1,
          decades(FACTOR),
        ),
      ),
    ),
  ]
}

/** The gaps at the end, means over problems. */
export const randomRows = (part: Measured): TableRow[] =>
  OBJECTIVES.flatMap((objective) =>
    COMPARED.map((algorithm) =>
      tableRow(
        `random problems, ${objective.name}, ${algorithm}: gap at the end`,
        endOf(gapsOf(part, objective, algorithm)),
      ),
    ),
  )

/** The mean gap against the round; what is lost in rounding is left out. */
export function randomChart(part: Measured): Chart {
  const series = OBJECTIVES.flatMap((objective) =>
    COMPARED.map((algorithm): ChartSeries => ({
      name: algorithm,
      panel: objective.name,
      points: gapsOf(part, objective, algorithm)
        .map((samples) => chartPoint(samples.round, intervalOf(samples)))
        .filter(({ low }) => low !== undefined && low > ROUNDING),
    })),
  )
  return {
    title: 'Random problems: mean gap with 95 % intervals',
    xLabel: 't, rounds',
    yLabel: 'J* - J',
    xScale: 'log',
    yScale: 'log',
    series,
  }
}
