/** Exact gradients: how many rounds it takes to a small gap, and where FedPG ends instead. */
import {
  allPositive,
  briefIf,
  chartPoint,
  exact,
  intervalAt,
  intervalOf,
  meanOf,
  number,
  rises,
  samplesWhere,
  slopeOfMeans,
  tableRow,
} from '../../src/experiment/claim.ts'
import type {
  Chart,
  Judged,
  Measured,
  Quantity,
  Samples,
  TableRow,
  Verdict,
} from '../../src/experiment/claim.ts'
import { log } from '../../src/numeric/index.ts'

/** H */
export const LOCAL_STEPS = [1, 2, 5, 10, 20] as const
/** The gap that is to be reached. */
export const TARGET = 1e-7
/** H times the rounds with H local steps may be this many times the rounds with one. */
export const SLACK = 1.25
/** Gaps below are rounding and are not drawn. */
const ROUNDING = 1e-13
/** Points drawn for every doubling of the rounds. */
const DENSITY = 8

const ALGORITHMS = ['fast-fedpg', 'fedpg'] as const
type Algorithm = (typeof ALGORITHMS)[number]

const gapsOf = (part: Measured, algorithm: Algorithm, localSteps: number): readonly Samples[] =>
  samplesWhere(part, { 'algorithm.name': algorithm, 'algorithm.localSteps': localSteps }, 'gap')

const endOf = (part: Measured, algorithm: Algorithm, localSteps: number): Samples =>
  gapsOf(part, algorithm, localSteps).at(-1) as Samples

/** The first round with a gap of at most the target, for each seed; twice the last round where there is none. */
function roundsOf(part: Measured, algorithm: Algorithm, localSteps: number): Samples {
  const gaps = gapsOf(part, algorithm, localSteps)
  const last = gaps.at(-1) as Samples
  const first = (i: number): number =>
    gaps.find(({ values }) => (values[i] as number) <= TARGET)?.round ?? 2 * last.round
  return { ...last, values: last.values.map((_, i) => first(i)) }
}

/** The verdicts on exact gradients. */
export const exactVerdicts = (part: Measured): Verdict[] => [
  fewerRounds(part),
  neverThere(part),
  floorRises(part),
]

function fewerRounds(part: Measured): Verdict {
  const single = roundsOf(part, 'fast-fedpg', 1)
  const quantities = LOCAL_STEPS.slice(1).map((localSteps): Quantity => {
    const many = roundsOf(part, 'fast-fedpg', localSteps)
    const [one, all] = [single, many].map(({ values }) => values) as [number[], number[]]
    return {
      point: `H = ${localSteps}`,
      seeds: one.length,
      statistic: (indices) => SLACK * meanOf(one, indices) - localSteps * meanOf(all, indices),
      ratio: (indices) => (localSteps * meanOf(all, indices)) / meanOf(one, indices),
    }
  })
  return allPositive(
    `exact gradients: Fast-FedPG reaches a gap of ${TARGET} in 1/H of the rounds of a single local step, within a factor of ${SLACK}`,
    quantities,
  )
}

function neverThere(part: Measured): Verdict {
  const ends = LOCAL_STEPS.slice(1).map((localSteps) => ({
    localSteps,
    end: endOf(part, 'fedpg', localSteps),
  }))
  const shown = ends.map(({ localSteps, end }) => `${number(Math.min(...end.values))} at H = ${localSteps}`)
  return exact(
    `exact gradients: FedPG with H > 1 does not reach a gap of ${TARGET} on any problem`,
    LOCAL_STEPS.slice(1).flatMap((localSteps) => {
      const { seeds, round, values } = roundsOf(part, 'fedpg', localSteps)
      return seeds.flatMap((seed, i) =>
        (values[i] as number) <= round
          ? [`H = ${localSteps}, seed ${seed}: reached in round ${values[i]}`]
          : [],
      )
    }),
    `smallest gap at the end of ${ends[0]?.end.values.length ?? 0} problems: ${shown.join(', ')}.`,
  )
}

function floorRises(part: Measured): Verdict {
  const logs = LOCAL_STEPS.slice(1).map((localSteps) => ({
    localSteps,
    values: endOf(part, 'fedpg', localSteps).values.map((gap) => log(Math.max(gap, ROUNDING))),
  }))
  return allPositive(
    'exact gradients: the gap at which FedPG ends grows with H',
    rises(logs, (later, earlier) => ({
      point: `H = ${earlier.localSteps} to ${later.localSteps}, in log gap`,
      seeds: later.values.length,
      statistic: (indices) => meanOf(later.values, indices) - meanOf(earlier.values, indices),
    })),
  )
}

/** Rounds of Fast-FedPG and the ends of FedPG. */
export const exactRows = (part: Measured): TableRow[] =>
  LOCAL_STEPS.flatMap((localSteps) => [
    briefIf(
      true,
      tableRow(
        `exact, fast-fedpg, H = ${localSteps}: rounds to a gap of ${TARGET}`,
        roundsOf(part, 'fast-fedpg', localSteps),
      ),
    ),
    tableRow(`exact, fedpg, H = ${localSteps}: gap at the end`, endOf(part, 'fedpg', localSteps)),
  ])

/** The gap against the round, and the rounds against H. */
export const exactCharts = (part: Measured): Judged['figures'] => [
  { name: 'gap', chart: gapChart(part) },
  { name: 'rounds', chart: roundsChart(part) },
]

const gapChart = (part: Measured): Chart => ({
  title: 'Exact gradients: mean gap over problems',
  xLabel: 't, rounds',
  yLabel: 'J* - J',
  xScale: 'log',
  yScale: 'log',
  series: ALGORITHMS.flatMap((algorithm) =>
    LOCAL_STEPS.map((localSteps) => ({
      name: `H = ${localSteps}`,
      panel: algorithm,
      points: gapsOf(part, algorithm, localSteps)
        .filter(({ round }) => isDrawn(round))
        .map((samples) => chartPoint(samples.round, intervalOf(samples)))
        .filter(({ low }) => low !== undefined && low > ROUNDING),
    })),
  ),
})

/** Rounds that lie about evenly on a log axis. */
function isDrawn(round: number): boolean {
  const bin = (x: number): number => Math.floor((DENSITY * log(x)) / Math.LN2)
  return round === 1 || bin(round) > bin(round - 1)
}

function roundsChart(part: Measured): Chart {
  const rounds = LOCAL_STEPS.map((localSteps) => roundsOf(part, 'fast-fedpg', localSteps))
  const points = rounds.map((samples, i) => chartPoint(LOCAL_STEPS[i] as number, intervalOf(samples)))
  const { value } = intervalAt(slopeOfMeans('slope', LOCAL_STEPS, rounds))
  const single = points[0]?.y ?? 1
  return {
    title: `Exact gradients: rounds of Fast-FedPG to a gap of ${TARGET}`,
    xLabel: 'H, local steps a round',
    yLabel: 'rounds',
    xScale: 'log',
    yScale: 'log',
    interval: 'bar',
    series: [{ name: `fast-fedpg: fitted slope ${value.toFixed(3)}`, points }],
    references: [{ name: 'slope -1', points: LOCAL_STEPS.map((x) => ({ x, y: single / x })) }],
  }
}
