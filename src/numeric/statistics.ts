/**
 * Statistics over seeds: averages, percentile bootstrap intervals and straight lines.
 * Resampling draws from the keyed stream (seed, NOBODY, bootstrap), so an interval is the same on every machine.
 */
import { below, NOBODY, Purpose, streamOf } from './stream.ts'

/** A number and the interval around it, low <= high. */
export interface Interval {
  readonly value: number
  readonly low: number
  readonly high: number
}

/** How an interval is made. */
export interface BootstrapOptions {
  /** probability that the interval is meant to hold the truth, in (0, 1); 0.95 by default */
  readonly level?: number
  /** number of resamples, at least 1; 2000 by default */
  readonly resamples?: number
  /** seed of the resampling, in [0, 2^53); 0 by default */
  readonly seed?: number
}

/** Arithmetic mean. Throws RangeError without values. */
export function mean(values: ArrayLike<number>): number {
  demand('mean', values.length)
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i] as number
  return sum / values.length
}

/** Median of values in any order: the middle one, or the mean of the middle two. Throws RangeError without values. */
export function median(values: ArrayLike<number>): number {
  demand('median', values.length)
  return quantile(ascending(values), 0.5)
}

/**
 * Quantile of ASCENDING values by linear interpolation: the value at position probability * (n - 1), counted from 0.
 * Source: Hyndman and Fan 1996, definition 7.
 * @param probability in [0, 1]
 * @throws RangeError without values or when the probability is out of range
 */
export function quantile(sorted: ArrayLike<number>, probability: number): number {
  demand('quantile', sorted.length)
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`quantile: probability must be in [0, 1], got ${probability}`)
  }
  const position = probability * (sorted.length - 1)
  const below = Math.floor(position)
  const low = sorted[below] as number
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number
  return position === below || low === high ? low : low + (position - below) * (high - low)
}

/** Sample standard deviation, with n - 1 in the denominator; 0 for one value. Throws RangeError without values. */
export function standardDeviation(values: ArrayLike<number>): number {
  const centre = mean(values)
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    const distance = (values[i] as number) - centre
    sum += distance * distance
  }
  return values.length === 1 ? 0 : Math.sqrt(sum / (values.length - 1))
}

/**
 * Percentile bootstrap interval of the mean or the median of independent values (Efron and Tibshirani 1993, chapter 13).
 * Does not depend on the order of the values, up to the rounding of `value`. One value: low = high = value.
 * @throws RangeError without values or on options out of range
 */
export function bootstrapInterval(
  values: ArrayLike<number>,
  { statistic = 'mean', ...options }: BootstrapOptions & { readonly statistic?: 'mean' | 'median' } = {},
): Interval {
  demand('bootstrapInterval', values.length)
  const sorted = ascending(values)
  const centre = statistic === 'mean' ? mean(values) : quantile(sorted, 0.5)
  const sets = resampled(sorted.length, options)
  return interval(centre, statistic === 'mean' ? means(sorted, sets) : medians(sorted, sets), options)
}

/**
 * Percentile bootstrap interval of any statistic of `count` seeds: each resample draws seeds with replacement, and
 * `statistic` gets their indices, so that what belongs to one seed stays together (paired differences, slopes).
 * @param count how many seeds there are, at least 1
 * @param statistic of the indices [count], ascending, each in [0, count); it must not keep or change them
 * @returns `value` is the statistic of every seed once
 * @throws RangeError on a count or options out of range
 */
export function bootstrap(
  count: number,
  statistic: (indices: Uint32Array) => number,
  options: BootstrapOptions = {},
): Interval {
  demand('bootstrap', count)
  const value = statistic(Uint32Array.from({ length: count }, (_, i) => i))
  if (count === 1) return { value, low: value, high: value }
  const sets = resampled(count, options)
  const results = new Float64Array(sets.length / count)
  for (let i = 0; i < results.length; i++) results[i] = statistic(sets.subarray(i * count, (i + 1) * count))
  return interval(value, results, options)
}

/** The line y = intercept + slope x that minimises the sum of squared distances in y. */
export interface Line {
  readonly slope: number
  readonly intercept: number
}

/** Fits a straight line by least squares. Throws RangeError unless x and y have the same length and x has two distinct values. */
export function leastSquares(x: ArrayLike<number>, y: ArrayLike<number>): Line {
  if (x.length !== y.length) {
    throw new RangeError(`leastSquares: x and y must have the same length, got ${x.length} and ${y.length}`)
  }
  const centreX = mean(x)
  const centreY = mean(y)
  let products = 0
  let squares = 0
  for (let i = 0; i < x.length; i++) {
    const distance = (x[i] as number) - centreX
    products += distance * ((y[i] as number) - centreY)
    squares += distance * distance
  }
  if (squares === 0) throw new RangeError('leastSquares: x must have two distinct values')
  const slope = products / squares
  return { slope, intercept: centreY - slope * centreX }
}

function demand(name: string, count: number): void {
  if (!(Number.isInteger(count) && count > 0)) {
    throw new RangeError(`${name}: at least one value is needed, got ${count}`)
  }
}

const ascending = (values: ArrayLike<number>): Float64Array => Float64Array.from(values).sort()

function interval(value: number, results: Float64Array, { level = 0.95 }: BootstrapOptions): Interval {
  if (!(level > 0 && level < 1)) throw new RangeError(`bootstrap: level must be in (0, 1), got ${level}`)
  const tail = (1 - level) / 2
  results.sort()
  return { value, low: quantile(results, tail), high: quantile(results, 1 - tail) }
}

// Reports ask for the same few resamples hundreds of times: the last ones drawn are kept. They depend on the key alone.
const kept = new Map<string, Uint32Array>()
/** Indices that are kept, all sets together, unless one alone has more. */
const MOST_KEPT = 4_000_000

/** [resamples * count] indices drawn with replacement, each resample ascending. */
function resampled(count: number, { resamples = 2000, seed = 0 }: BootstrapOptions): Uint32Array {
  if (!(Number.isInteger(resamples) && resamples > 0)) {
    throw new RangeError(`bootstrap: resamples must be an integer of at least 1, got ${resamples}`)
  }
  const key = `${count} ${resamples} ${seed}`
  const sets = kept.get(key) ?? drawSets(count, resamples, seed)
  // What was asked for last comes last, so that the first is the oldest.
  kept.delete(key)
  kept.set(key, sets)
  let size = [...kept.values()].reduce((sum, { length }) => sum + length, 0)
  for (const [old, { length }] of kept) {
    if (size <= MOST_KEPT || old === key) break
    kept.delete(old)
    size -= length
  }
  return sets
}

function drawSets(count: number, resamples: number, seed: number): Uint32Array {
  const stream = streamOf(seed, NOBODY, Purpose.bootstrap)
  const sets = new Uint32Array(resamples * count)
  const times = new Uint32Array(count)
  for (let at = 0; at < sets.length;) {
    for (let i = 0; i < count; i++) {
      const index = below(stream, count)
      times[index] = (times[index] as number) + 1
    }
    for (let index = 0; index < count; index++) {
      for (let left = times[index] as number; left > 0; left--) sets[at++] = index
      times[index] = 0
    }
  }
  return sets
}

function means(values: Float64Array, sets: Uint32Array): Float64Array {
  const count = values.length
  const results = new Float64Array(sets.length / count)
  for (let i = 0, at = 0; i < results.length; i++) {
    let sum = 0
    for (const end = at + count; at < end; at++) sum += values[sets[at] as number] as number
    results[i] = sum / count
  }
  return results
}

/** Of ascending values: ascending indices make the middle of a resample known without sorting it. */
function medians(sorted: Float64Array, sets: Uint32Array): Float64Array {
  const count = sorted.length
  const lower = (count - 1) >> 1
  const upper = count >> 1
  return Float64Array.from({ length: sets.length / count }, (_, i) => {
    const low = sorted[sets[i * count + lower] as number] as number
    const high = sorted[sets[i * count + upper] as number] as number
    return low === high ? low : low + 0.5 * (high - low)
  })
}
