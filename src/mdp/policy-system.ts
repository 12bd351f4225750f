/**
 * The linear system of one policy, I - gamma P_pi, solved both ways: for values and, transposed, for discounted visits. Small systems are
 * factored once for both by elimination without pivoting (they are diagonally dominant by rows), in memory that is kept from policy to
 * policy; large ones go to the sparse solvers.
 */
import { policyMatrix } from './bellman.ts'
import { solverOf, transpose, type Sparse } from './linear.ts'
import type { Mdp } from './mdp.ts'
import type { Policy } from './policy.ts'
import { refined } from './refinement.ts'

/** I - gamma P_pi of the policy given last. Rows of terminal states are those of the identity. */
export interface PolicySystem {
  /** takes up a policy, [S * A] */
  set(policy: Policy): void
  /** replaces b, [S], by the solution x of (I - gamma P_pi) x = b; b is 0 in terminal states */
  solve(b: Float64Array): void
  /** replaces b, [S], by the solution x of (I - gamma P_pi)^T x = b; entries of terminal states mean nothing */
  solveTransposed(b: Float64Array): void
}

/** Up to this many states, elimination is the faster way: it skips what is 0, and refinement costs several solves. */
const DENSE = 200

/** The system of `mdp`, without a policy yet. */
export const policySystem = (mdp: Mdp): PolicySystem =>
  mdp.states <= DENSE ? denseSystem(mdp) : sparseSystem(mdp)

/** By elimination. */
export function denseSystem(mdp: Mdp): PolicySystem {
  const lu = new Float64Array(mdp.states * mdp.states)
  return {
    set(policy) {
      assemble(mdp, policy, lu)
      factor(lu, mdp.states)
    },
    solve: (b) => substitute(lu, b),
    solveTransposed: (b) => substituteTransposed(lu, b),
  }
}

/** m = I - gamma P_pi, [S * S] by rows. Entries towards terminal states are left in: their rows lead nowhere. */
function assemble(mdp: Mdp, policy: Policy, m: Float64Array): void {
  const { states, actions, start, next, probability } = mdp
  m.fill(0)
  for (let state = 0; state < states; state++) {
    const row = state * states
    m[row + state] = 1
    if (mdp.terminal[state] === 1) continue
    for (let z = state * actions; z < (state + 1) * actions; z++) {
      const weight = mdp.discount * (policy[z] as number)
      const end = start[z + 1] as number
      for (let i = start[z] as number; i < end; i++) {
        const at = row + (next[i] as number)
        m[at] = (m[at] as number) - weight * (probability[i] as number)
      }
    }
  }
}

/** m = L U in place, L with a unit diagonal. */
function factor(m: Float64Array, n: number): void {
  for (let pivot = 0; pivot < n; pivot++) {
    const top = pivot * n
    const diagonal = m[top + pivot] as number
    for (let row = pivot + 1; row < n; row++) {
      const at = row * n
      const below = m[at + pivot] as number
      if (below === 0) continue
      const times = below / diagonal
      m[at + pivot] = times
      for (let j = pivot + 1; j < n; j++) m[at + j] = (m[at + j] as number) - times * (m[top + j] as number)
    }
  }
}

/** L U x = b, in place. */
function substitute(lu: Float64Array, x: Float64Array): void {
  const n = x.length
  for (let row = 1; row < n; row++) {
    let sum = x[row] as number
    for (let j = 0; j < row; j++) sum -= (lu[row * n + j] as number) * (x[j] as number)
    x[row] = sum
  }
  for (let row = n - 1; row >= 0; row--) {
    let sum = x[row] as number
    for (let j = row + 1; j < n; j++) sum -= (lu[row * n + j] as number) * (x[j] as number)
    x[row] = sum / (lu[row * n + row] as number)
  }
}

/** U^T L^T x = b, in place. */
function substituteTransposed(lu: Float64Array, x: Float64Array): void {
  const n = x.length
  for (let row = 0; row < n; row++) {
    let sum = x[row] as number
    for (let j = 0; j < row; j++) sum -= (lu[j * n + row] as number) * (x[j] as number)
    x[row] = sum / (lu[row * n + row] as number)
  }
  for (let row = n - 2; row >= 0; row--) {
    let sum = x[row] as number
    for (let j = row + 1; j < n; j++) sum -= (lu[j * n + row] as number) * (x[j] as number)
    x[row] = sum
  }
}

/** By the sparse solvers, with iterative refinement. */
export function sparseSystem(mdp: Mdp): PolicySystem {
  let matrix: Sparse | null = null
  const solveFor = (m: Sparse, b: Float64Array): void => b.set(refined(m, solverOf(m), b))
  const current = (): Sparse => {
    if (matrix === null)
      throw new Error('sparseSystem: expected a policy before the first solution, got none')
    return matrix
  }
  return {
    set(policy) {
      matrix = policyMatrix(mdp, policy)
    },
    solve: (b) => solveFor(current(), b),
    solveTransposed: (b) => solveFor(transpose(current()), b),
  }
}
