/** Figure 3: with importance averaging the error falls faster than with equal averaging. */
import { allPositive, excess } from '../../src/experiment/claim.ts'
import type { Claim, Measured, Verdict } from '../../src/experiment/claim.ts'
import { ERROR_LABEL } from '../averagings.ts'
import { at, FIGURE_NOTES, FIGURE_PARTS, judgeFigure, TABLES } from '../figure.ts'
import type { Figure, Initial } from '../figure.ts'

/** The claim is made up to this step: beyond it both errors come near their floor. */
const LAST = 1000
const SYNC_PERIOD = 50

const figure: Figure = {
  xs: [50, 100, 200, 300, 500, 750, 1000, 1500, 2000],
  brief: [50, 200, 500, 1000, 2000],
  symbol: 'T',
  xLabel: 'T, steps per agent',
  yLabel: ERROR_LABEL,
  place: (step) => ({ where: {}, step }),
  shown: (error) => error,
  error: (shown) => shown,
}

/** See `README.md`. */
export const claim: Claim = {
  id: 'woo-fig3',
  title: 'Importance averaging learns faster than equal averaging when each agent knows one action',
  source: 'Woo, Joshi, Chi, JMLR 26(26), 2025, section 6, figure 3',
  parts: FIGURE_PARTS,
  notes: FIGURE_NOTES,
  judge: (measured, published) =>
    judgeFigure(figure, measured, published, (initial) => [importanceBelow(measured, initial)]),
}

function importanceBelow(measured: ReadonlyMap<string, Measured>, initial: Initial): Verdict {
  const steps = Array.from({ length: LAST / SYNC_PERIOD }, (_, i) => (i + 1) * SYNC_PERIOD)
  return allPositive(
    `${TABLES[initial]}: importance averaging is below equal averaging at every T <= ${LAST}`,
    steps.map((step) =>
      excess(
        `T = ${step}`,
        at(measured, figure, initial, 'equal', step),
        at(measured, figure, initial, 'importance', step),
      ),
    ),
  )
}
