/** Curves: samples summarised over seeds, step by step, each with a bootstrap interval. */
import { bootstrapInterval, type BootstrapOptions } from '../numeric/statistics.ts'
import type { Samples, SampleTable } from './samples.ts'

/** How samples are summarised over seeds; interval options as in {@link BootstrapOptions}. */
export interface CurveOptions extends BootstrapOptions {
  /** default 'mean' */
  readonly statistic?: 'mean' | 'median'
}

/** One point of a curve: the statistic over `seeds` seeds and its interval. */
export interface CurvePoint {
  /** steps per agent done */
  readonly step: number
  /** averagings done */
  readonly round: number
  readonly value: number
  readonly low: number
  readonly high: number
  /** how many seeds it rests on, >= 1 */
  readonly seeds: number
}

/** One metric of one variant over the steps, rising. */
export interface Curve {
  readonly variant: string
  readonly metric: string
  readonly points: readonly CurvePoint[]
}

/**
 * At most `most` of `items`, evenly spaced by index, the first and the last among them.
 * @param most >= 2
 */
export function thin<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items
  const gap = (items.length - 1) / (most - 1)
  return Array.from({ length: most }, (_, i) => items[Math.round(i * gap)] as T)
}

/** The statistic of one set of samples and its bootstrap interval; with one seed low = value = high. */
export function summarise(samples: Samples, options: CurveOptions = {}): CurvePoint {
  const { value, low, high } = bootstrapInterval(samples.values, options)
  return { step: samples.step, round: samples.round, value, low, high, seeds: samples.values.length }
}

/** More points than these cannot be seen apart in a figure of the usual width. */
const MOST_POINTS = 200

/** The curve of every (variant, metric), in the table's order, thinned to 200 points before it is resampled. */
export function curves(table: SampleTable, options: CurveOptions = {}): Curve[] {
  return [...table].flatMap(([variant, metrics]) =>
    [...metrics].map(([metric, samples]) => ({
      variant,
      metric,
      points: thin(samples, MOST_POINTS).map((at) => summarise(at, options)),
    })),
  )
}
