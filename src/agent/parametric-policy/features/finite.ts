/** Features of finitely many states, whose observations are their numbers. */
import type { Point } from '../../environment.ts'
import type { Features } from '../features.ts'
import { describePoint } from '../parametric-map.ts'

/** Of S states: feature s is 1 in state s and 0 elsewhere, F = S. */
export const oneHot = (states: number): Features => ({
  size: states,
  most: 1,
  encode(observation, into) {
    into.index[0] = stateOf(observation, states)
    into.value[0] = 1
    into.count = 1
  },
})

/**
 * Features that are the rows of a matrix.
 * @param matrix [S * F], row by row, finite numbers
 * @param states S
 * @throws RangeError when the matrix is not of S rows of at least one finite number each
 */
export function matrixFeatures(matrix: Float64Array, states: number): Features {
  const size = matrix.length / states
  if (!(states >= 1 && size >= 1 && Number.isInteger(size)))
    throw new RangeError(
      `matrixFeatures: matrix must have ${states} equal rows, got ${matrix.length} numbers`,
    )
  const wrong = matrix.findIndex((value) => !Number.isFinite(value))
  if (wrong >= 0)
    throw new RangeError(`matrixFeatures: entry ${wrong} must be a finite number, got ${matrix[wrong]}`)
  return {
    size,
    most: size,
    encode(observation, into) {
      const from = stateOf(observation, states) * size
      for (let i = 0; i < size; i++) {
        into.index[i] = i
        into.value[i] = matrix[from + i] as number
      }
      into.count = size
    },
  }
}

/**
 * The observation as the number of a state.
 * @throws RangeError when it is not an integer in [0, states)
 */
export function stateOf(observation: Point, states: number): number {
  if (
    typeof observation === 'number' &&
    Number.isInteger(observation) &&
    observation >= 0 &&
    observation < states
  )
    return observation
  throw new RangeError(
    `observation must be a state, an integer in [0, ${states}), got ${describePoint(observation)}; for vectors, features of a box (tiles, radialBasis, fourier) and mlp fit`,
  )
}
