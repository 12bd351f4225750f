/** The first metric of a finished run over the steps, counts of what was spent left out, drawn in the terminal. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { rowsOf } from '../experiment/read-rows.ts'
import { COUNTS } from '../experiment/report/words.ts'
import { ROWS } from '../experiment/run-folder.ts'
import { curves, type Curve } from '../metrics/curve.ts'
import type { Row } from '../metrics/row.ts'
import { gather } from '../metrics/samples.ts'
import { terminalChart } from '../plot/terminal.ts'

/** Runs with more bytes of rows are not drawn here: reading them would take longer than a look is worth. */
const MOST_BYTES = 64_000_000
/** More lines than these cannot be told apart. */
const MOST_LINES = 8

/** The chart of a finished run as text, '' where there is nothing to draw: fewer than two steps, too many variants or rows. */
export async function chartOf(folder: string): Promise<string> {
  const path = join(folder, ROWS)
  if ((await stat(path)).size > MOST_BYTES) return ''
  const rows = await rowsOfFirstMetric(folder)
  const metric = rows[0]?.metric ?? ''
  const lines = curves(gather(rows))
  return lines.length > MOST_LINES || lines.every(({ points }) => points.length < 2)
    ? ''
    : draw(lines, metric)
}

async function rowsOfFirstMetric(folder: string): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of rowsOf(folder)) {
    const metric = rows[0]?.metric ?? batch.find((row) => !COUNTS.includes(row.metric))?.metric
    for (const row of batch) if (row.metric === metric) rows.push(row)
  }
  return rows
}

function draw(lines: readonly Curve[], metric: string): string {
  const series = lines.map(({ variant, points }) => ({
    name: variant,
    points: points.map(({ step, value }): [number, number] => [step, value]),
  }))
  const logY = series.every(({ points }) => points.every(([, value]) => value > 0))
  return terminalChart(series, { xLabel: 'steps per agent', yLabel: logY ? `${metric} (log)` : metric, logY })
}
