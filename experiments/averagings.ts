/** What the claims share that set equal averaging beside importance averaging: the names, the metric, and its chart. */
import type { Chart, ChartPoint } from '../src/experiment/claim.ts'

/** One of the two averagings. */
export type Averaging = 'equal' | 'importance'

/** Both averagings, in the order of tables and legends. */
export const AVERAGINGS: readonly Averaging[] = ['equal', 'importance']

/** The metric of the paper's figures. */
export const METRIC = 'normalizedError'

/** The metric on an axis. */
export const ERROR_LABEL = '(1 - gamma) max |Q - Q*|'

/** The error against x on a log axis: measured points with their intervals, one line for each averaging. */
export function errorChart(
  labels: Required<Pick<Chart, 'title' | 'xLabel' | 'yScale'>>,
  points: (averaging: Averaging) => readonly ChartPoint[],
): Chart {
  const series = AVERAGINGS.map((averaging) => ({ name: averaging, points: points(averaging) }))
  return { ...labels, yLabel: ERROR_LABEL, xScale: 'log', interval: 'bar', series }
}
