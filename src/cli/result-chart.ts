/** The first metric of a finished run over the steps, counts of what was spent left out, drawn in the terminal. */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readSamples } from '../experiment/read-rows.ts'
import { COUNTS } from '../experiment/report/words.ts'
import { ROWS } from '../experiment/run-folder.ts'
import { curves, type Curve } from '../metrics/curve.ts'
import type { SampleTable } from '../metrics/samples.ts'
import { terminalChart } from '../plot/terminal.ts'

/** Runs with more bytes of rows are not drawn here: reading them would take longer than a look is worth. */
const MOST_BYTES = 64_000_000
/** More lines than these cannot be told apart. */
const MOST_LINES = 8

/** The chart of a finished run as text, '' where there is nothing to draw: fewer than two steps, too many variants or rows. */
export async function chartOf(folder: string): Promise<string> {
  const path = join(folder, ROWS)
  if ((await stat(path)).size > MOST_BYTES) return ''
  const samples = await readSamples(folder)
  const metric = [...samples.values()]
    .flatMap((metrics) => [...metrics.keys()])
    .find((name) => !COUNTS.includes(name))
  if (metric === undefined) return ''
  const lines = curves(onlyOf(samples, metric))
  return lines.length > MOST_LINES || lines.every(({ points }) => points.length < 2)
    ? ''
    : draw(lines, metric)
}

/** The samples of one metric, of the variants that measured it. */
const onlyOf = (samples: SampleTable, metric: string): SampleTable =>
  new Map(
    [...samples].flatMap(([variant, metrics]) => {
      const measured = metrics.get(metric)
      return measured === undefined ? [] : [[variant, new Map([[metric, measured]])]]
    }),
  )

function draw(lines: readonly Curve[], metric: string): string {
  const series = lines.map(({ variant, points }) => ({
    name: variant,
    points: points.map(({ step, value }): [number, number] => [step, value]),
  }))
  const logY = series.every(({ points }) => points.every(([, value]) => value > 0))
  return terminalChart(series, { xLabel: 'steps per agent', yLabel: logY ? `${metric} (log)` : metric, logY })
}
