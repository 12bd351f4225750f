/** The rows of one trial in columns: few large arrays cross from thread to thread at little cost, many small objects do not. */
import type { Row } from '../metrics/row.ts'
import type { Outcome, Trial } from './trial.ts'

/** Rows of one trial; all columns are of one length. */
export interface RowColumns {
  readonly round: Float64Array<ArrayBuffer>
  readonly step: Float64Array<ArrayBuffer>
  /** index into `metrics` */
  readonly metric: Uint32Array<ArrayBuffer>
  readonly value: Float64Array<ArrayBuffer>
  /** each metric once */
  readonly metrics: readonly string[]
}

/** The columns of the rows of a trial. */
export function columnsOf(_: Pick<Trial, 'variant' | 'seed'>, { rows }: Pick<Outcome, 'rows'>): RowColumns {
  const metrics = [...new Set(rows.map(({ metric }) => metric))]
  return {
    round: Float64Array.from(rows, ({ round }) => round),
    step: Float64Array.from(rows, ({ step }) => step),
    metric: Uint32Array.from(rows, ({ metric }) => metrics.indexOf(metric)),
    value: Float64Array.from(rows, ({ value }) => value),
    metrics,
  }
}

/** The rows of a trial again. */
export const rowsOfColumns = (
  { variant, seed }: Pick<Trial, 'variant' | 'seed'>,
  { round, step, metric, value, metrics }: RowColumns,
): Row[] =>
  Array.from(value, (one, i) => ({
    variant,
    seed,
    round: round[i] as number,
    step: step[i] as number,
    metric: metrics[metric[i] as number] as string,
    value: one,
  }))
