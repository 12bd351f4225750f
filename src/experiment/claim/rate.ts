/** Rates: straight lines fitted to logarithms of single curves and of means over seeds. */
import type { Samples } from '../../metrics/samples.ts'
import { log } from '../../numeric/elementary.ts'
import { leastSquares, mean } from '../../numeric/statistics.ts'
import { meanOf, type Quantity } from './judge.ts'

/** A straight line fitted by least squares, and the part of the variance that it explains. */
export interface Fit {
  readonly slope: number
  readonly intercept: number
  /** R^2, in [0, 1] */
  readonly explained: number
}

/** y = C x^slope: log y fitted to log x; intercept = log C. Throws RangeError without two distinct x; x and y must be positive. */
export const powerLaw = (points: readonly (readonly [x: number, y: number])[]): Fit =>
  fit(points.map(([x, y]) => [log(x), log(y)]))

/** y = C exp(slope x): log y fitted to x; intercept = log C. Throws RangeError without two distinct x; y must be positive. */
export const exponential = (points: readonly (readonly [x: number, y: number])[]): Fit =>
  fit(points.map(([x, y]) => [x, log(y)]))

function fit(points: readonly (readonly [x: number, y: number])[]): Fit {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)]
  const { slope, intercept } = leastSquares(xs, ys)
  const centre = mean(ys)
  const sum = (distance: (y: number, i: number) => number): number =>
    ys.reduce((total, y, i) => total + distance(y, i) * distance(y, i), 0)
  const left = sum((y, i) => y - (intercept + slope * (xs[i] as number)))
  const all = sum((y) => y - centre)
  return { slope, intercept, explained: all === 0 ? 1 : 1 - left / all }
}

/**
 * The slope of log mean y against log x, the mean over seeds: -1/2 where y falls as 1/sqrt(x).
 * @param xs positive
 * @param ys for each x, over the same seeds in the same order; positive
 */
export function slopeOfMeans(point: string, xs: readonly number[], ys: readonly Samples[]): Quantity {
  const logs = xs.map(log)
  const statistic = (indices: Uint32Array): number =>
    leastSquares(
      logs,
      ys.map(({ values }) => log(meanOf(values, indices))),
    ).slope
  return { point, seeds: Math.min(...ys.map(({ values }) => values.length)), statistic }
}

/** For each seed the mean over all evaluations. Throws RangeError on no samples. */
export function averaged(samples: readonly Samples[]): Samples {
  const last = samples.at(-1)
  if (last === undefined) throw new RangeError('averaged: at least one evaluation is needed, got 0')
  return {
    ...last,
    values: last.values.map((_, i) => mean(samples.map(({ values }) => values[i] as number))),
  }
}
