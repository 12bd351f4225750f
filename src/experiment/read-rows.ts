/** Reading the rows of a finished run for statistics and figures. */
import { join } from 'node:path'
import { thin } from '../metrics/curve.ts'
import type { Row } from '../metrics/row.ts'
import { gather, type SampleTable } from '../metrics/samples.ts'
import { InputError } from './errors.ts'
import { readChunks } from './files.ts'
import { decodeRows } from './rows-csv.ts'
import { ROWS } from './run-folder.ts'

/** As many steps of a variant as a figure can show. */
const MOST_STEPS = 200

/** The rows of a run folder in their order, many at a time. @throws InputError naming the file where it cannot be read or is damaged */
export async function* rowsOf(folder: string): AsyncGenerator<Row[]> {
  const path = join(folder, ROWS)
  try {
    yield* decodeRows(readChunks(path, path))
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(path, error.message)
    throw error
  }
}

/** The rows of a run folder as samples; of more than 200 steps of a variant, 200 evenly spaced ones with the first and the last. */
export async function readSamples(folder: string): Promise<SampleTable> {
  const kept: Row[] = []
  for await (const rows of thinned(rowsOf(folder), MOST_STEPS)) for (const row of rows) kept.push(row)
  return gather(kept)
}

/**
 * The rows of at most `most` steps of each variant. All seeds of a variant are measured at the same steps, and rows come seed by seed,
 * so the first seed of a variant tells which.
 */
export async function* thinned(
  batches: AsyncIterable<readonly Row[]>,
  most: number,
): AsyncGenerator<readonly Row[]> {
  let first: Row[] = []
  let keep: ReadonlySet<number> | null = null
  const choose = (): Row[] => {
    const chosen = new Set(thin([...new Set(first.map(({ step }) => step))], most))
    const rows = first.filter(({ step }) => chosen.has(step))
    keep = chosen
    first = []
    return rows
  }
  let variant: string | undefined
  let seed: number | undefined
  for await (const batch of batches) {
    const out: Row[] = []
    for (const row of batch) {
      if (row.variant !== variant) {
        out.push(...choose())
        keep = null
        ;({ variant, seed } = row)
      } else if (keep === null && row.seed !== seed) out.push(...choose())
      if (keep === null) first.push(row)
      else if ((keep as ReadonlySet<number>).has(row.step)) out.push(row)
    }
    yield out
  }
  yield choose()
}
