/**
 * Rows as CSV: the one format that a run writes. Numbers are printed in the shortest form that reads back as the same double; names
 * hold no commas, quotes or line ends, so nothing is quoted. Both directions stream, as a run can have more rows than fit a string.
 */
import type { Row } from '../metrics/row.ts'

/** First line of `rows.csv`, without its line end. */
export const ROWS_HEADER = 'variant,seed,round,step,metric,value'

/** Rows encoded at a time: large enough to be fast, small enough for any string. */
const BATCH = 8192

const print = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

/** One line of `rows.csv`, with its line end. */
export const rowLine = (row: Row): string =>
  `${row.variant},${row.seed},${row.round},${row.step},${row.metric},${print(row.value)}\n`

/** The rows as UTF-8, without header, in pieces of some thousand lines. */
export function* encodeRows(rows: readonly Row[]): Generator<Uint8Array> {
  const encoder = new TextEncoder()
  for (let from = 0; from < rows.length; from += BATCH) {
    yield encoder.encode(
      rows
        .slice(from, from + BATCH)
        .map(rowLine)
        .join(''),
    )
  }
}

/**
 * Reads `rows.csv` piece by piece.
 * @param chunks the file, header included, cut anywhere
 * @returns the rows in their order, many at a time
 * @throws SyntaxError naming the line that is not a row
 */
export async function* decodeRows(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Row[]> {
  const decoder = new TextDecoder()
  let rest = ''
  let line = 0
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    const rows = lines.flatMap((text, i) => (line + i === 0 ? header(text) : [parseRow(text, line + i + 1)]))
    line += lines.length
    yield rows
  }
  if (rest !== '') throw new SyntaxError(`line ${line + 1}: expected a line end, got the end of the file`)
}

function header(text: string): [] {
  if (text !== ROWS_HEADER)
    throw new SyntaxError(`line 1: expected the header ${ROWS_HEADER}, got ${text.slice(0, 80)}`)
  return []
}

function parseRow(text: string, line: number): Row {
  const [variant, seed, round, step, metric, value, ...more] = text.split(',')
  if (variant === undefined || metric === undefined || value === undefined || more.length > 0) {
    throw new SyntaxError(`line ${line}: expected ${ROWS_HEADER}, got ${text.slice(0, 80)}`)
  }
  return {
    variant,
    seed: Number(seed),
    round: Number(round),
    step: Number(step),
    metric,
    value: Number(value),
  }
}
