/** Tabular softmax policies: theta, [S * A], to pi(a|s) = exp theta(s, a) / sum_b exp theta(s, b) and its logarithm. */
import { exp, log } from '../numeric/elementary.ts'
import type { Policy } from './policy.ts'

/**
 * Writes pi and log pi of every row of theta, both [S * A]; stable for any finite theta, and log pi is finite where pi underflows to 0.
 * @param theta [S * A], not changed
 * @param actions A
 * @param policy [S * A], overwritten with pi
 * @param logPolicy [S * A], overwritten with log pi
 */
export function softmaxRows(
  theta: Float64Array,
  actions: number,
  policy: Policy,
  logPolicy: Float64Array,
): void {
  for (let from = 0; from < theta.length; from += actions)
    softmaxRow(theta, from, from + actions, policy, logPolicy)
}

/** As {@link softmaxRows}, for the one row of theta[from .. end). */
export function softmaxRow(
  theta: Float64Array,
  from: number,
  end: number,
  policy: Policy,
  logPolicy: Float64Array,
): void {
  let most = theta[from] as number
  for (let z = from + 1; z < end; z++) most = Math.max(most, theta[z] as number)
  let total = 0
  for (let z = from; z < end; z++) {
    const logit = (theta[z] as number) - most
    const weight = exp(logit)
    logPolicy[z] = logit
    policy[z] = weight
    total += weight
  }
  const logTotal = log(total)
  for (let z = from; z < end; z++) {
    policy[z] = (policy[z] as number) / total
    logPolicy[z] = (logPolicy[z] as number) - logTotal
  }
}

/** pi at theta, [S * A], of a tabular softmax policy with `actions` actions. */
export function softmaxPolicy(theta: Float64Array, actions: number): Policy {
  const policy = new Float64Array(theta.length)
  softmaxRows(theta, actions, policy, new Float64Array(theta.length))
  return policy
}
