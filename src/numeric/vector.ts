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
