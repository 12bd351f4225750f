/** Two variants compared seed by seed: what the noise that both share takes away, and no more than that, is taken away. */
import { bootstrapInterval } from '../numeric/statistics.ts'
import type { CurveOptions } from './curve.ts'
import type { Samples } from './samples.ts'

/** The difference a - b over the seeds that both have. */
export interface PairedDifference {
  /** seeds that both have, >= 1 */
  readonly seeds: number
  readonly value: number
  readonly low: number
  readonly high: number
  /** 'below' when the whole interval lies below 0, 'above' when above, else, or with too few seeds, 'undecided' */
  readonly order: 'below' | 'above' | 'undecided'
}

/**
 * Seeds it takes before a difference can be decided: n differences of one sign come about by chance with probability 2^(1-n),
 * which must be below 1 - level (6 seeds at level 0.95). With fewer, a bootstrap interval promises more than it holds.
 */
export function seedsToDecide(level: number): number {
  let seeds = 1
  for (let chance = 1; chance >= 1 - level; chance /= 2) seeds++
  return seeds
}

/** a - b for each seed that both have, in the order of a. */
export function differences(a: Samples, b: Samples): number[] {
  const other = new Map(b.seeds.map((seed, i) => [seed, b.values[i] as number]))
  return a.seeds.flatMap((seed, i) => {
    const value = other.get(seed)
    return value === undefined ? [] : [(a.values[i] as number) - value]
  })
}

/**
 * The paired difference a - b and its bootstrap interval over seeds.
 * @returns null when no seed has both
 */
export function pairedDifference(
  a: Samples,
  b: Samples,
  options: CurveOptions = {},
): PairedDifference | null {
  const values = differences(a, b)
  if (values.length === 0) return null
  const { value, low, high } = bootstrapInterval(values, options)
  const decided = values.length >= seedsToDecide(options.level ?? 0.95)
  const order = decided && high < 0 ? 'below' : decided && low > 0 ? 'above' : 'undecided'
  return { seeds: values.length, value, low, high, order }
}
