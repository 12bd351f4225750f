/** Theorems 2 and 3: heterogeneous coverage costs equal averaging more accuracy than importance averaging. */
import {
  allPositive,
  briefIf,
  chartPoint,
  exact,
  excess,
  intervalOf,
  number,
  partOf,
  rises,
  samplesAt,
  tableRow,
} from '../../src/experiment/claim.ts'
import type {
  Chart,
  Claim,
  Judged,
  Measured,
  Quantity,
  Samples,
  Verdict,
} from '../../src/experiment/claim.ts'
import { AVERAGINGS, errorChart, METRIC, type Averaging } from '../averagings.ts'

const WEIGHTS = [0, 0.25, 0.5, 0.75, 0.9, 1]
/** Weights that stand in a terminal. */
const BRIEF = [0, 0.5, 1]
const AGENTS = 20
/** Coverage is computed exactly: beyond this, a difference is a fault. */
const ROUNDING = 1e-9

/** See `README.md`. */
export const claim: Claim = {
  id: 'woo-coverage',
  title:
    'The more the agents differ in what they visit, the more equal averaging loses beside importance averaging',
  source: 'Woo, Joshi, Chi, JMLR 26(26), 2025, equation (21), Theorems 2 and 3',
  parts: [{ name: 'weights', file: 'experiment.yaml', quickSeeds: 10, coverage: true }],
  notes: [
    'The paper has no such figure. Behaviour: with probability w the one action of the agent, otherwise a uniform one.',
    'C_het and mu_avg are exact, from the stationary laws, for the problem of each seed.',
  ],
  judge,
}

function judge(measured: ReadonlyMap<string, Measured>): Judged {
  const part = partOf(measured, 'weights')
  const error = (averaging: Averaging, weight: number): Samples => samplesOf(part, averaging, weight, METRIC)
  const rise = (averaging: Averaging): Samples => difference(error(averaging, 1), error(averaging, 0))
  return {
    table: tableOf(part, error),
    verdicts: [
      bounded(part),
      allPositive(
        'C_het rises with the weight',
        rises(WEIGHTS, (later, earlier) =>
          excess(
            step(earlier, later),
            samplesOf(part, 'equal', later, 'cHet'),
            samplesOf(part, 'equal', earlier, 'cHet'),
          ),
        ),
      ),
      allPositive(
        'the error of equal averaging rises with the weight',
        rises(WEIGHTS, (later, earlier) =>
          excess(step(earlier, later), error('equal', later), error('equal', earlier)),
        ),
      ),
      allPositive(
        'from weight 0 to 1 the error of equal averaging rises by more than that of importance averaging',
        [excess('w = 0 to 1', rise('equal'), rise('importance'))],
      ),
      allPositive(
        'importance averaging is below equal averaging at every weight',
        WEIGHTS.map((weight): Quantity =>
          excess(`w = ${weight}`, error('equal', weight), error('importance', weight)),
        ),
      ),
    ],
    figures: [{ name: 'coverage', chart: chartOf(part, error) }],
  }
}

const step = (earlier: number, later: number): string => `w = ${earlier} to ${later}`

const samplesOf = (part: Measured, averaging: Averaging, weight: number, metric: string): Samples =>
  samplesAt(part, { 'algorithm.averaging': averaging, 'agents.behavior': { mixture: weight } }, metric)

const difference = (a: Samples, b: Samples): Samples => ({
  ...a,
  values: a.values.map((value, i) => value - (b.values[i] as number)),
})

/** 1 <= C_het <= min{K, 1 / mu_avg} in every seed, with equality on the left at weight 0 and on the right at weight 1. */
function bounded(part: Measured): Verdict {
  const faults = WEIGHTS.flatMap((weight) => {
    const { seeds, values } = samplesOf(part, 'equal', weight, 'cHet')
    const averages = samplesOf(part, 'equal', weight, 'muAvg').values
    return values.flatMap((cHet, i) => {
      const most = Math.min(AGENTS, 1 / (averages[i] as number))
      const [low, high] = [weight === 1 ? most : 1, weight === 0 ? 1 : most]
      const kept = cHet >= low - ROUNDING && cHet <= high + ROUNDING
      return kept
        ? []
        : [
            `w = ${weight}, seed ${seeds[i]}: C_het ${number(cHet)}, expected in [${number(low)}, ${number(high)}]`,
          ]
    })
  })
  const count = WEIGHTS.length * samplesOf(part, 'equal', 0, 'cHet').values.length
  return exact(
    'C_het is 1 at weight 0, min{K, 1/mu_avg} at weight 1, and lies between them everywhere',
    faults,
    `all ${count} problems, exactly up to ${ROUNDING}.`,
  )
}

function tableOf(part: Measured, error: (averaging: Averaging, weight: number) => Samples) {
  return WEIGHTS.flatMap((weight) =>
    [
      tableRow(`C_het, w = ${weight}`, samplesOf(part, 'equal', weight, 'cHet')),
      tableRow(`mu_avg, w = ${weight}`, samplesOf(part, 'equal', weight, 'muAvg')),
      ...AVERAGINGS.map((averaging) =>
        tableRow(`error, ${averaging}, w = ${weight}`, error(averaging, weight)),
      ),
    ].map((row) => briefIf(BRIEF.includes(weight), row)),
  )
}

function chartOf(part: Measured, error: (averaging: Averaging, weight: number) => Samples): Chart {
  const cHet = (weight: number): number => intervalOf(samplesOf(part, 'equal', weight, 'cHet')).value
  return errorChart(
    {
      title: 'Error against the heterogeneity of coverage',
      xLabel: 'C_het, mean over seeds',
      yScale: 'linear',
    },
    (averaging) => WEIGHTS.map((weight) => chartPoint(cHet(weight), intervalOf(error(averaging, weight)))),
  )
}
