/** Where a policy spends its discounted time. */
import { policyMatrix } from './bellman.ts'
import { checkPolicy } from './evaluate.ts'
import { solverOf, transpose } from './linear.ts'
import type { Mdp } from './mdp.ts'
import type { Policy } from './policy.ts'
import { refined } from './refinement.ts'

/**
 * The discounted state-action occupancy of `policy` from the start law `initial`, [S * A]:
 *
 *   d(s, a) = (1 - gamma) sum over t >= 0 of gamma^t Pr(S_t = s, A_t = a, no terminal state entered before or at t).
 *
 * An episode that entered a terminal state is over and is not started again: its later steps count nowhere. So d sums to 1 where no
 * terminal state can be reached and to less where one can, the missing mass being (1 - gamma) sum gamma^t Pr(over by t); and always
 * <d, r> / (1 - gamma) = J. It is the d of the policy gradient theorem, with d(s) = sum_a d(s, a).
 * @throws RangeError when the policy does not fit the Mdp
 */
export function occupancy(mdp: Mdp, policy: Policy): Float64Array {
  checkPolicy('occupancy', mdp, policy)
  const visits = discountedVisits(mdp, policy)
  return policy.map((weight, z) => {
    const state = Math.floor(z / mdp.actions)
    return mdp.terminal[state] === 1 ? 0 : weight * (1 - mdp.discount) * (visits[state] as number)
  })
}

/** x, [S]: solves (I - gamma P_pi)^T x = initial. */
function discountedVisits(mdp: Mdp, policy: Policy): Float64Array {
  const matrix = transpose(policyMatrix(mdp, policy))
  const start = mdp.initial.map((probability, state) => (mdp.terminal[state] === 1 ? 0 : probability))
  return refined(matrix, solverOf(matrix), start)
}
