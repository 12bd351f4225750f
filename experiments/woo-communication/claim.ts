/** Theorems 2 and 3: what rarer averaging costs, and that accuracy takes more steps, not more rounds. */
import {
  allPositive,
  briefIf,
  chartPoint,
  excess,
  intervalAt,
  intervalOf,
  meanOf,
  partOf,
  rises,
  rowOf,
  samplesAt,
  slopeOfSquares,
  tableRow,
} from '../../src/experiment/claim.ts'
import type { Chart, Claim, Judged, Measured, Quantity, Samples } from '../../src/experiment/claim.ts'
import { AVERAGINGS, errorChart, METRIC, type Averaging } from '../averagings.ts'

const PERIODS = [1, 5, 10, 25, 50, 100, 200, 500, 1000]
const STEPS = 4000
/** Up to this sync period the error may exceed that of averaging after every step by the factor below. */
const CHEAP = 25
const LOSS = 1.1
/** A budget of averagings, and the sync periods that are compared at it. */
const BUDGET = 80
const WITHIN_BUDGET = [1, 5, 10, 25, 50]
/** Step sizes of the experiment with 200 averagings. */
const STEP_SIZES = [0.4, 0.2, 0.1, 0.05, 0.025]
/** Sync periods and step sizes that stand in a terminal. */
const BRIEF_PERIODS = [1, CHEAP, 1000]
const BRIEF_SIZES = [0.4, 0.025]

/** See `README.md`. */
export const claim: Claim = {
  id: 'woo-communication',
  title: 'The number of averagings need not grow with the accuracy that is asked for',
  source: 'Woo, Joshi, Chi, JMLR 26(26), 2025, Theorems 2 and 3',
  parts: [
    { name: 'period', file: 'period.yaml', quickSeeds: 10 },
    { name: 'rounds', file: 'rounds.yaml', quickSeeds: 10 },
  ],
  notes: [
    'The paper has no such figure. Uniform behaviour, 8 agents, one random table for all, as in the theorems.',
    `The bounds (${LOSS} times up to tau = ${CHEAP}, ${BUDGET} rounds up to tau = ${WITHIN_BUDGET.at(-1)}) are choices of this comparison, made before its first run; the theorems name none.`,
    'In the experiment with 200 rounds the sync period is 4 / eta and the steps per agent are 200 sync periods: the theorems let tau grow as 1/eta, and eta as epsilon^2, at a number of rounds that does not depend on epsilon.',
  ],
  judge,
}

function judge(measured: ReadonlyMap<string, Measured>): Judged {
  const errors: Errors = {
    period: (averaging, period, step) =>
      samplesAt(
        partOf(measured, 'period'),
        { 'algorithm.averaging': averaging, 'algorithm.syncPeriod': period },
        METRIC,
        step,
      ),
    rounds: (averaging, stepSize) =>
      samplesAt(
        partOf(measured, 'rounds'),
        { 'algorithm.averaging': averaging, 'algorithm.stepSize': stepSize },
        METRIC,
      ),
  }
  return {
    table: AVERAGINGS.flatMap((averaging) => tableOf(errors, averaging)),
    verdicts: AVERAGINGS.flatMap((averaging) => verdictsOf(errors, averaging)),
    figures: [
      { name: 'period', chart: periodChart(errors) },
      { name: 'rounds', chart: roundsChart(errors) },
    ],
  }
}

/** Samples by what they are asked for. */
interface Errors {
  readonly period: (averaging: Averaging, period: number, step: number) => Samples
  readonly rounds: (averaging: Averaging, stepSize: number) => Samples
}

function verdictsOf(errors: Errors, averaging: Averaging) {
  const after = (period: number): Samples => errors.period(averaging, period, STEPS)
  const budgeted = (period: number): Samples => errors.period(averaging, period, period * BUDGET)
  return [
    allPositive(
      `${averaging}: up to tau = ${CHEAP} the error after ${STEPS} steps is within ${LOSS} times that of tau = 1`,
      PERIODS.filter((period) => period > 1 && period <= CHEAP).map((period) =>
        margin(`tau = ${period}`, after(1), after(period)),
      ),
    ),
    allPositive(`${averaging}: the error after ${STEPS} steps is larger at tau = 1000 than at tau = 1`, [
      excess('tau = 1000 above 1', after(1000), after(1)),
    ]),
    allPositive(
      `${averaging}: after ${BUDGET} rounds the error is the smaller the longer tau, from ${WITHIN_BUDGET[0]} to ${WITHIN_BUDGET.at(-1)}`,
      rises(WITHIN_BUDGET, (later, earlier) =>
        excess(`tau = ${earlier} above ${later}`, budgeted(earlier), budgeted(later)),
      ),
    ),
    allPositive(
      `${averaging}: 200 rounds reach a smaller error with every halving of eta`,
      rises(STEP_SIZES, (later, earlier) =>
        excess(
          `eta = ${earlier} above ${later}`,
          errors.rounds(averaging, earlier),
          errors.rounds(averaging, later),
        ),
      ),
    ),
  ]
}

/** LOSS mean(often) - mean(rare), and mean(rare) / mean(often). */
function margin(point: string, often: Samples, rare: Samples): Quantity {
  const means = (indices: Uint32Array) =>
    [meanOf(often.values, indices), meanOf(rare.values, indices)] as const
  return {
    point,
    seeds: often.values.length,
    statistic(indices) {
      const [base, loss] = means(indices)
      return LOSS * base - loss
    },
    ratio(indices) {
      const [base, loss] = means(indices)
      return loss / base
    },
  }
}

const slopeInStepSize = (errors: Errors, averaging: Averaging): Quantity =>
  slopeOfSquares(
    '',
    STEP_SIZES,
    STEP_SIZES.map((stepSize) => errors.rounds(averaging, stepSize)),
  )

function tableOf(errors: Errors, averaging: Averaging) {
  return [
    ...PERIODS.map((period) =>
      briefIf(
        BRIEF_PERIODS.includes(period),
        tableRow(
          `${averaging}, tau = ${period}, ${STEPS / period} rounds`,
          errors.period(averaging, period, STEPS),
        ),
      ),
    ),
    ...STEP_SIZES.map((stepSize) =>
      briefIf(
        BRIEF_SIZES.includes(stepSize),
        tableRow(`${averaging}, eta = ${stepSize}, 200 rounds`, errors.rounds(averaging, stepSize)),
      ),
    ),
    briefIf(
      true,
      rowOf(
        `${averaging}, 200 rounds: slope of log error^2 against log eta`,
        intervalAt(slopeInStepSize(errors, averaging)),
      ),
    ),
  ]
}

const periodChart = (errors: Errors): Chart =>
  errorChart(
    {
      title: `Error after ${STEPS} steps against the number of averagings`,
      xLabel: 'averagings',
      yScale: 'linear',
    },
    (averaging) =>
      PERIODS.map((period) =>
        chartPoint(STEPS / period, intervalOf(errors.period(averaging, period, STEPS))),
      ).toReversed(),
  )

const roundsChart = (errors: Errors): Chart =>
  errorChart(
    {
      title: 'Error after 200 averagings against steps per agent',
      xLabel: 'T, steps per agent, at tau = 4 / eta',
      yScale: 'log',
    },
    (averaging) =>
      STEP_SIZES.map((stepSize) =>
        chartPoint(800 / stepSize, intervalOf(errors.rounds(averaging, stepSize))),
      ),
  )
