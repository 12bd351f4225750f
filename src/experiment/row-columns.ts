/**
 * The rows of one trial in columns. An evaluation after every round leaves hundreds of thousands of rows: as objects they would keep the
 * garbage collector busy, and few large arrays cross from thread to thread at little cost.
 */
import type { Row } from '../metrics/row.ts'

/** Rows of one trial; all columns are of one length and lie in one buffer. */
export interface RowColumns {
  readonly round: Float64Array<ArrayBuffer>
  readonly step: Float64Array<ArrayBuffer>
  readonly value: Float64Array<ArrayBuffer>
  /** index into `metrics` */
  readonly metric: Uint32Array<ArrayBuffer>
  /** each metric once, in the order of the rows */
  readonly metrics: readonly string[]
}

/** The rows of a trial, one by one or in columns. */
export type Rows = readonly Row[] | RowColumns

/** Whose rows they are. */
export type RowsOf = Pick<Row, 'variant' | 'seed'>

/** Takes rows in, one after the other. */
export interface RowRecorder {
  /** @param metric index into the metrics */
  add(round: number, step: number, metric: number, value: number): void
  /** the rows so far */
  columns(): RowColumns
}

/** Rows that there is room for at first. */
const ROOM = 64

/** A recorder without rows. */
export function rowRecorder(metrics: readonly string[]): RowRecorder {
  let rows = emptyColumns(metrics, ROOM)
  let size = 0
  return {
    add(round, step, metric, value) {
      if (size === rows.value.length) rows = withRoom(rows, 2 * size)
      rows.round[size] = round
      rows.step[size] = step
      rows.metric[size] = metric
      rows.value[size++] = value
    },
    columns: () => withRoom(rows, size),
  }
}

function emptyColumns(metrics: readonly string[], room: number): RowColumns {
  const memory = new ArrayBuffer(28 * room)
  return {
    round: new Float64Array(memory, 0, room),
    step: new Float64Array(memory, 8 * room, room),
    value: new Float64Array(memory, 16 * room, room),
    metric: new Uint32Array(memory, 24 * room, room),
    metrics,
  }
}

/** A copy of as many rows as there is room for. */
function withRoom(rows: RowColumns, room: number): RowColumns {
  const copy = emptyColumns(rows.metrics, room)
  copy.round.set(rows.round.subarray(0, room))
  copy.step.set(rows.step.subarray(0, room))
  copy.value.set(rows.value.subarray(0, room))
  copy.metric.set(rows.metric.subarray(0, room))
  return copy
}

/** The columns of the rows of a trial. */
export function columnsOf(rows: Rows): RowColumns {
  if ('value' in rows) return rows
  const metrics = [...new Set(rows.map(({ metric }) => metric))]
  const { add, columns } = rowRecorder(metrics)
  for (const { round, step, metric, value } of rows) add(round, step, metrics.indexOf(metric), value)
  return columns()
}

/** The rows of a trial one by one. */
export const rowsOfColumns = (
  { variant, seed }: RowsOf,
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
