/**
 * Rows as CSV: the one format that a run writes. Numbers are printed in the shortest form that reads back as the same double; names
 * hold no commas, quotes or line ends, so nothing is quoted. Both directions stream, as a run can have more rows than fit a string.
 */
import type { Row } from '../metrics/row.ts'
import type { RowColumns, RowsOf } from './row-columns.ts'

/** First line of `rows.csv`, without its line end. */
export const ROWS_HEADER = 'variant,seed,round,step,metric,value'

/** Bytes at first: of the rows of most trials. */
const FIRST_BYTES = 1 << 14

/**
 * The rows of a trial as UTF-8, without header: a line of `rows.csv` each. Bytes are written one by one, without strings of whole lines
 * in between; every name is ASCII.
 */
export function encodeRows(
  { variant, seed }: RowsOf,
  { round, step, metric, value, metrics }: RowColumns,
): Uint8Array<ArrayBuffer> {
  const head = `${variant},${seed},`
  let bytes = new Uint8Array(FIRST_BYTES)
  let size = 0
  const put = (text: string): void => {
    for (let i = 0; i < text.length; i++) bytes[size++] = text.charCodeAt(i)
  }
  const longest = head.length + 3 * LONGEST_NUMBER + 4 + Math.max(0, ...metrics.map(({ length }) => length))
  for (let row = 0; row < value.length; row++) {
    if (bytes.length - size < longest) bytes = resized(bytes, 2 * (bytes.length + longest))
    put(head)
    put(String(round[row]))
    bytes[size++] = COMMA
    put(String(step[row]))
    bytes[size++] = COMMA
    put(metrics[metric[row] as number] as string)
    bytes[size++] = COMMA
    put(print(value[row] as number))
    bytes[size++] = NEWLINE
  }
  return bytes.subarray(0, size)
}

/** Characters of a printed double at most: '-1.2345678901234567e-300'. */
const LONGEST_NUMBER = 24

const print = (value: number): string => (Object.is(value, -0) ? '-0' : String(value))

function resized(bytes: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const more = new Uint8Array(length)
  more.set(bytes)
  return more
}

/** Says of a row, before it is made, whether it is wanted. */
export type IsWanted = (variant: string, seed: number, step: number) => boolean

/**
 * Reads `rows.csv` piece by piece. Rows that are not wanted cost little more than a look at their bytes.
 * @param chunks the file, header included, cut anywhere
 * @param isWanted is asked of every row, in their order; default: all are
 * @returns the wanted rows in their order, many at a time
 * @throws SyntaxError naming the line that is not a row
 */
export async function* decodeRows(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  isWanted: IsWanted = () => true,
): AsyncGenerator<Row[]> {
  const read = lineReader(isWanted)
  let rest: Uint8Array = new Uint8Array(0)
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    const end = bytes.lastIndexOf(NEWLINE) + 1
    if (end === 0) {
      rest = Buffer.concat([rest, bytes])
      continue
    }
    // The line that was cut is put together by itself: to move all bytes for it would keep the garbage collector busy.
    const from = rest.length === 0 ? 0 : bytes.indexOf(NEWLINE) + 1
    if (from > 0) yield read.rows(Buffer.concat([rest, bytes.subarray(0, from)]))
    yield read.rows(bytes.subarray(from, end))
    rest = bytes.subarray(end)
  }
  if (rest.length > 0)
    throw new SyntaxError(`line ${read.lines() + 1}: expected a line end, got the end of the file`)
}

const NEWLINE = 0x0a
const COMMA = 0x2c
const COLUMNS = ROWS_HEADER.split(',').length

/** Reads whole lines, one piece after the other. */
function lineReader(isWanted: IsWanted) {
  // Where each cell of the line ends.
  const ends = new Uint32Array(COLUMNS)
  let line = 0
  // All rows of a trial begin alike, so its name is read once.
  let head: Buffer = Buffer.alloc(0)
  let [variant, seed] = ['', NaN]

  const place = (bytes: Buffer, from: number): void => {
    const end = ends[1] as number
    if (head.length === end - from && startsWith(bytes, from, head)) return
    head = Buffer.from(bytes.subarray(from, end))
    variant = bytes.toString('latin1', from, ends[0])
    seed = integerAt(bytes, (ends[0] as number) + 1, end)
  }

  const rowOf = (bytes: Buffer, step: number): Row => ({
    variant,
    seed,
    round: integerAt(bytes, (ends[1] as number) + 1, ends[2] as number),
    step,
    metric: bytes.toString('latin1', (ends[3] as number) + 1, ends[4]),
    value: Number(bytes.toString('latin1', (ends[4] as number) + 1, ends[5])),
  })

  return {
    lines: () => line,
    rows(bytes: Buffer): Row[] {
      const rows: Row[] = []
      for (let from = 0; from < bytes.length; from = (ends[COLUMNS - 1] as number) + 1) {
        const isRow = findCells(bytes, from, ends)
        if (line++ === 0) checkHeader(bytes, from, ends)
        else {
          if (!isRow)
            throw new SyntaxError(`line ${line}: expected ${ROWS_HEADER}, got ${textOf(bytes, from, ends)}`)
          place(bytes, from)
          const step = integerAt(bytes, (ends[2] as number) + 1, ends[3] as number)
          if (isWanted(variant, seed, step)) rows.push(rowOf(bytes, step))
        }
      }
      return rows
    },
  }
}

/** Finds where the cells of the line at `from` end; the last with the line. False where the line has more cells or fewer. */
function findCells(bytes: Buffer, from: number, ends: Uint32Array): boolean {
  let cell = 0
  for (let at = from; ; at++) {
    const byte = bytes[at]
    if (byte === COMMA) ends[Math.min(cell++, COLUMNS - 1)] = at
    else if (byte === NEWLINE) {
      ends[COLUMNS - 1] = at
      return cell === COLUMNS - 1
    }
  }
}

/** The line at `from`, cut short where it is long. */
const textOf = (bytes: Buffer, from: number, ends: Uint32Array): string =>
  bytes.toString('utf8', from, ends[COLUMNS - 1]).slice(0, 80)

function checkHeader(bytes: Buffer, from: number, ends: Uint32Array): void {
  if (bytes.toString('utf8', from, ends[COLUMNS - 1]) !== ROWS_HEADER)
    throw new SyntaxError(`line 1: expected the header ${ROWS_HEADER}, got ${textOf(bytes, from, ends)}`)
}

function startsWith(bytes: Buffer, from: number, head: Buffer): boolean {
  for (let i = 0; i < head.length; i++) if (bytes[from + i] !== head[i]) return false
  return true
}

/** Digits that a double holds exactly. */
const MOST_DIGITS = 15

/** The number that stands in [from, to). */
function integerAt(bytes: Buffer, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = (bytes[at] as number) - 48
    if (digit < 0 || digit > 9 || to - from > MOST_DIGITS) return Number(bytes.toString('latin1', from, to))
    value = 10 * value + digit
  }
  return value
}
