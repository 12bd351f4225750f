/** What a given policy is worth: V and Q of any policy of a known Mdp, with what is known of their error. */
import { backup, modelOf, productError, sumError, zeroValues, type Model } from './bellman.ts'
import type { Mdp } from './mdp.ts'
import { newton, bellmanResidual, rounded, type Operator } from './newton.ts'
import type { Policy } from './policy.ts'

/** What `evaluatePolicy` finds. */
export interface Evaluation {
  /** [S * A] Q^pi; rows of terminal states are 0 */
  readonly q: Float64Array
  /** [S] V^pi; 0 in terminal states */
  readonly v: Float64Array
  /** max |r + gamma P v - q| over the pairs of non-terminal states */
  readonly residual: number
  /** max |q - Q^pi| and max |v - V^pi| are at most this; it is Infinity where nothing is known */
  readonly bound: number
}

/**
 * V^pi = sum_a pi(a|s) Q^pi(s, a) and Q^pi = r + gamma P V^pi.
 * @param policy [S * A]; rows of terminal states are ignored
 * @throws RangeError when the policy does not fit the Mdp or a row does not sum to 1 within 1e-9
 */
export function evaluatePolicy(mdp: Mdp, policy: Policy): Evaluation {
  checkPolicy('evaluatePolicy', mdp, policy)
  const model = modelOf(mdp)
  const solution = newton(model, operatorOf(model, policy), zeroValues(mdp.states))
  const { q, v, bound } = rounded(model, solution)
  return { q, v, residual: bellmanResidual(model, q, v), bound }
}

/**
 * J = sum_s initial(s) v(s).
 * @param v [S] values of the states
 */
export function returnOf(mdp: Mdp, v: Float64Array): number {
  let sum = 0
  for (let state = 0; state < mdp.states; state++)
    sum += (mdp.initial[state] as number) * (v[state] as number)
  return sum
}

/**
 * Checks that `policy` is one of `mdp`: S * A entries >= 0, rows of non-terminal states summing to 1 within 1e-9.
 * @param caller the function that was given the policy, for the message
 * @throws RangeError otherwise
 */
export function checkPolicy(caller: string, mdp: Mdp, policy: Policy): void {
  if (policy.length !== mdp.states * mdp.actions) {
    throw new RangeError(
      `${caller}: policy must have ${mdp.states * mdp.actions} entries, got ${policy.length}`,
    )
  }
  for (let state = 0; state < mdp.states; state++) {
    if (mdp.terminal[state] === 1) continue
    const row = policy.subarray(state * mdp.actions, (state + 1) * mdp.actions)
    const sum = row.reduce((total, probability) => total + (probability >= 0 ? probability : NaN), 0)
    if (!(Math.abs(sum - 1) <= 1e-9)) {
      throw new RangeError(
        `${caller}: row ${state} of policy must hold probabilities that sum to 1, got [${row.join(', ')}]`,
      )
    }
  }
}

/** The Bellman operator of one policy, (T v)(s) = sum_a pi(a|s) Q(s, a). Only pairs that the policy takes are looked at. */
export function operatorOf(model: Model, policy: Policy): Operator {
  const { mdp } = model
  const defect = new Float64Array(mdp.states)
  const pair = new Float64Array(2)
  return (values) => {
    for (let state = 0; state < mdp.states; state++) {
      if (mdp.terminal[state] === 1) continue
      let sum = -(values.high[state] as number)
      let rest = -(values.low[state] as number)
      for (let z = state * mdp.actions; z < (state + 1) * mdp.actions; z++) {
        const weight = policy[z] as number
        if (weight === 0) continue
        backup(model, z, values, pair)
        const q = pair[0] as number
        const product = weight * q
        rest +=
          productError(weight, q, product) +
          sumError(sum, product, sum + product) +
          weight * (pair[1] as number)
        sum += product
      }
      defect[state] = sum + rest
    }
    return { defect, policy }
  }
}
