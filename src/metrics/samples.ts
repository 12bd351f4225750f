/** Rows gathered for statistics: what each variant measured of each metric at each step, one value a seed. */
import type { Row } from './row.ts'

/** The values of one metric of one variant at one step, all seeds: `values[i]` is what seed `seeds[i]` measured. */
export interface Samples {
  /** steps per agent done */
  readonly step: number
  /** averagings done */
  readonly round: number
  readonly seeds: readonly number[]
  readonly values: readonly number[]
}

/** variant -> metric -> samples by rising step. Variants and metrics keep the order of their first row. */
export type SampleTable = ReadonlyMap<string, ReadonlyMap<string, readonly Samples[]>>

interface Growing {
  readonly step: number
  readonly round: number
  readonly seeds: number[]
  readonly values: number[]
}

const getOr = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** Gathers samples row by row, for rows that come as a stream. */
export interface Gatherer {
  /** takes one row in; a value that is not finite is left out */
  add(row: Row): void
  /** the samples of the rows so far */
  table(): SampleTable
}

/** A gatherer without rows. */
export function gatherer(): Gatherer {
  const table = new Map<string, Map<string, Map<number, Growing>>>()
  const add = ({ variant, seed, round, step, metric, value }: Row): void => {
    if (!Number.isFinite(value)) return
    const metrics = getOr(table, variant, () => new Map<string, Map<number, Growing>>())
    const steps = getOr(metrics, metric, () => new Map<number, Growing>())
    const samples = getOr(steps, step, () => ({ step, round, seeds: [], values: [] }))
    samples.seeds.push(seed)
    samples.values.push(value)
  }
  return { add, table: () => mapValues(table, (metrics) => mapValues(metrics, byStep)) }
}

/** Gathers rows into samples, in one pass. */
export function gather(rows: Iterable<Row>): SampleTable {
  const { add, table } = gatherer()
  for (const row of rows) add(row)
  return table()
}

const byStep = (steps: ReadonlyMap<number, Growing>): Samples[] =>
  [...steps.values()].toSorted((a, b) => a.step - b.step)

const mapValues = <K, V, W>(map: ReadonlyMap<K, V>, change: (value: V) => W): Map<K, W> =>
  new Map([...map].map(([key, value]) => [key, change(value)]))
