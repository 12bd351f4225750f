/** Iterative refinement of linear systems (I - M) x = b with a solver that only approximates. */
import { maxAbs } from './bellman.ts'
import { residualOf, type Solver, type Sparse } from './linear.ts'

/** Refinements at most. */
const LIMIT = 200

/**
 * x with (I - matrix) x = b, refined until the residual no longer halves.
 * @param solve a solver of the same system, see `solverOf`
 * @param b [n], not changed
 */
export function refined(matrix: Sparse, solve: Solver, b: Float64Array): Float64Array {
  let x: Float64Array = new Float64Array(b.length)
  let residual: Float64Array = b
  let idle = 0
  for (let k = 0; k < LIMIT && idle < 2; k++) {
    const change = solve(residual)
    const next = x.map((value, i) => value + (change[i] as number))
    const left = residualOf(matrix, next, b)
    idle = maxAbs(left) < maxAbs(residual) / 2 ? 0 : idle + 1
    if (maxAbs(left) < maxAbs(residual)) [x, residual] = [next, left]
  }
  return x
}
