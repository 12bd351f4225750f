/** Figure 5: the error of equal averaging rises with the sync period, that of importance averaging is least at 50. */
import { allPositive, excess, rises } from '../../src/experiment/claim.ts'
import type { Claim, Measured, Samples, Verdict } from '../../src/experiment/claim.ts'
import { ERROR_LABEL, type Averaging } from '../averagings.ts'
import { at, FIGURE_NOTES, FIGURE_PARTS, judgeFigure, TABLES } from '../figure.ts'
import type { Figure, Initial } from '../figure.ts'

const STEPS = 300
const PERIODS = [1, 10, 25, 50, 75, 100]
/** The sync period at which importance averaging is claimed to be best. */
const BEST = 50

const figure: Figure = {
  xs: PERIODS,
  brief: PERIODS,
  symbol: 'tau',
  xLabel: 'tau, steps between two averagings',
  yLabel: ERROR_LABEL,
  place: (syncPeriod) => ({ where: { 'algorithm.syncPeriod': syncPeriod }, step: STEPS }),
  shown: (error) => error,
  error: (shown) => shown,
}

/** See `README.md`. */
export const claim: Claim = {
  id: 'woo-fig5',
  title:
    'Rarer averaging costs equal averaging accuracy, while importance averaging is best at a sync period of 50',
  source: 'Woo, Joshi, Chi, JMLR 26(26), 2025, section 6, figure 5',
  parts: FIGURE_PARTS,
  notes: [...FIGURE_NOTES, 'The paper does not state the step size; 0.05 for both averagings is what fits.'],
  judge: (measured, published) =>
    judgeFigure(figure, measured, published, (initial) => ownVerdicts(measured, initial)),
}

function ownVerdicts(measured: ReadonlyMap<string, Measured>, initial: Initial): Verdict[] {
  const samples = (averaging: Averaging, syncPeriod: number): Samples =>
    at(measured, figure, initial, averaging, syncPeriod)
  return [
    allPositive(
      `${TABLES[initial]}: the error of equal averaging rises with tau`,
      rises(figure.xs, (later, earlier) =>
        excess(`tau = ${earlier} to ${later}`, samples('equal', later), samples('equal', earlier)),
      ),
    ),
    allPositive(
      `${TABLES[initial]}: the error of importance averaging is least at tau = ${BEST}`,
      figure.xs
        .filter((syncPeriod) => syncPeriod !== BEST)
        .map((other) =>
          excess(`tau = ${other} above ${BEST}`, samples('importance', other), samples('importance', BEST)),
        ),
    ),
  ]
}
