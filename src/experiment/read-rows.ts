/** Reading the rows of a finished run for statistics and figures. */
import { join } from 'node:path'
import { thin } from '../metrics/curve.ts'
import type { Row } from '../metrics/row.ts'
import { gatherer, type SampleTable } from '../metrics/samples.ts'
import { InputError } from './errors.ts'
import { readChunks } from './files.ts'
import { decodeRows, type IsWanted } from './rows-csv.ts'
import { ROWS } from './run-folder.ts'

/** As many steps of a variant as a figure can show. */
const MOST_STEPS = 200

/**
 * The rows of a run folder in their order, many at a time.
 * @param isWanted is asked of every row; default: all are
 * @throws InputError naming the file where it cannot be read or is damaged
 */
export async function* rowsOf(folder: string, isWanted?: IsWanted): AsyncGenerator<Row[]> {
  const path = join(folder, ROWS)
  try {
    yield* decodeRows(readChunks(path, path), isWanted)
  } catch (error) {
    if (error instanceof SyntaxError) throw new InputError(path, error.message)
    throw error
  }
}

/** Reads the rows that are wanted, from the first on. */
export type ReadRows = (isWanted: IsWanted) => AsyncIterable<readonly Row[]>

/** The rows of a run folder as samples; of more than 200 steps of a variant, 200 evenly spaced ones with the first and the last. */
export async function readSamples(folder: string): Promise<SampleTable> {
  const { add, table } = gatherer()
  for await (const rows of thinned((isWanted) => rowsOf(folder, isWanted), MOST_STEPS)) rows.forEach(add)
  return table()
}

/**
 * The rows of at most `most` steps of each variant. All seeds of a variant are measured at the same steps, and rows come seed by seed,
 * so the first seed of a variant tells which. They are read twice, for the steps and for the rows: only what is kept is made.
 */
export async function* thinned(read: ReadRows, most: number): AsyncGenerator<readonly Row[]> {
  const steps = await stepsOfFirstSeeds(read)
  const kept = new Map([...steps].map(([variant, all]) => [variant, new Set(thin(all, most))]))
  yield* read((variant, _, step) => kept.get(variant)?.has(step) === true)
}

/** For each variant the steps at which its first seed was measured, in the order of the rows. */
async function stepsOfFirstSeeds(read: ReadRows): Promise<ReadonlyMap<string, readonly number[]>> {
  const steps = new Map<string, number[]>()
  let of: { readonly variant: string; readonly seed: number; readonly steps: number[] } | null = null
  const note: IsWanted = (variant, seed, step) => {
    if (of?.variant !== variant) {
      of = { variant, seed, steps: [] }
      steps.set(variant, of.steps)
    }
    // All metrics of a step stand together.
    if (of.seed === seed && of.steps[of.steps.length - 1] !== step) of.steps.push(step)
    return false
  }
  for await (const _ of read(note));
  return steps
}
