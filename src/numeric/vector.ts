/** Vector arithmetic that algorithms are written in. Vectors of one formula are equally long. */

/** Beyond this no parameter of a policy goes in a run that converges. */
const LARGEST = 1e8

/** x - y, [n]. */
export const difference = (x: Float64Array, y: Float64Array): Float64Array =>
  x.map((value, i) => value - (y[i] as number))

/** x + scale y, [n]. */
export const addScaled = (x: Float64Array, scale: number, y: Float64Array): Float64Array =>
  x.map((value, i) => value + scale * (y[i] as number))

/** Whether parameters have diverged: an entry is not a number or larger than 1e8 in size. */
export const diverged = (theta: Float64Array): boolean => theta.some((value) => !(Math.abs(value) <= LARGEST))

/** |x|^2 = sum_i x_i^2. */
export const squaredNorm = (x: Float64Array): number => x.reduce((sum, value) => sum + value * value, 0)

/**
 * sum_i |x_i - mean|^2, mean the plain mean of the vectors.
 * @param vectors of equal length; 0 where there is none
 */
export function scatter(vectors: readonly Float64Array[]): number {
  let total = 0
  for (let j = 0; j < (vectors[0]?.length ?? 0); j++) {
    const mean = vectors.reduce((sum, x) => sum + (x[j] as number), 0) / vectors.length
    for (const x of vectors) total += ((x[j] as number) - mean) * ((x[j] as number) - mean)
  }
  return total
}
