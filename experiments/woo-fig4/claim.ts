/** Figure 4: both averagings gain from more agents, importance averaging more. */
import { allPositive, meanOf, rises } from '../../src/experiment/claim.ts'
import type { Claim, Measured, Quantity, Samples, Verdict } from '../../src/experiment/claim.ts'
import { AVERAGINGS, type Averaging } from '../averagings.ts'
import { at, FIGURE_NOTES, FIGURE_PARTS, judgeFigure, TABLES } from '../figure.ts'
import type { Figure, Initial } from '../figure.ts'

const STEPS = 300
const COUNTS = [20, 40, 60, 80, 100]
/** Importance averaging is claimed to be more than so many times as accurate. */
const FACTOR = 2.5

/** (max |Q - Q*|)^-2 of a normalised error, 1 - gamma = 0.1. */
const accuracy = (error: number): number => 0.01 / (error * error)

const figure: Figure = {
  xs: COUNTS,
  brief: COUNTS,
  symbol: 'K',
  xLabel: 'K, agents',
  yLabel: '(mean of max |Q - Q*|)^-2',
  place: (count) => ({ where: { 'agents.count': count }, step: STEPS }),
  shown: accuracy,
  error: (shown) => 0.1 / Math.sqrt(shown),
}

/** See `README.md`. */
export const claim: Claim = {
  id: 'woo-fig4',
  title:
    'Accuracy grows with the number of agents, with importance averaging above 2.5 times that of equal averaging',
  source: 'Woo, Joshi, Chi, JMLR 26(26), 2025, section 6, figure 4',
  parts: FIGURE_PARTS,
  notes: [
    ...FIGURE_NOTES,
    'The paper does not state the step size; 0.05 for both averagings is what fits.',
    'The figure shows the inverse square of the mean error, not the mean of inverse squares.',
    'With initial perAgent much of the growth is the averaging of independent tables; with initial shared there is none of that.',
  ],
  judge: (measured, published) =>
    judgeFigure(figure, measured, published, (initial) => ownVerdicts(measured, initial)),
}

function ownVerdicts(measured: ReadonlyMap<string, Measured>, initial: Initial): Verdict[] {
  const samples = (averaging: Averaging, count: number): Samples =>
    at(measured, figure, initial, averaging, count)
  const grows = AVERAGINGS.map((averaging) =>
    allPositive(
      `${TABLES[initial]}: the accuracy of ${averaging} averaging grows with K`,
      rises(figure.xs, (later, earlier) =>
        gap(`K = ${earlier} to ${later}`, samples(averaging, later), samples(averaging, earlier)),
      ),
    ),
  )
  const factor = allPositive(
    `${TABLES[initial]}: the accuracy of importance averaging is above ${FACTOR} times that of equal averaging at every K`,
    figure.xs.map((count) =>
      gap(`K = ${count}`, samples('importance', count), samples('equal', count), FACTOR),
    ),
  )
  return [...grows, factor]
}

/** accuracy(larger) - factor accuracy(smaller), both of mean errors over the same seeds. */
function gap(point: string, larger: Samples, smaller: Samples, factor = 1): Quantity {
  const [more, less] = [accuracyOf(larger), accuracyOf(smaller)]
  return {
    point,
    seeds: larger.values.length,
    statistic: (indices) => more(indices) - factor * less(indices),
    ...(factor !== 1 && { ratio: (indices) => more(indices) / less(indices) }),
  }
}

const accuracyOf =
  ({ values }: Samples): Quantity['statistic'] =>
  (indices) =>
    accuracy(meanOf(values, indices))
