/** From weighted steps to gradients, for tabular softmax policies: grad log pi(a|s) = e_(s, a) - sum_b pi(b|s) e_(s, b). */
import { softmaxRow } from '../../../mdp/softmax.ts'
import { exp } from '../../../numeric/elementary.ts'
import type { Rollouts } from './rollouts.ts'

/** Where a gradient is taken, and how rollouts and steps weigh there. */
export interface Weights {
  /** [S * A] pi(a|s) in visited states */
  readonly policy: Float64Array
  /** [M * K] of each step */
  readonly advantage: Float64Array
  /** [K] factor of the k-th step of a rollout */
  readonly factor: Float64Array
  /** [M] importance weight of each rollout */
  readonly importance: Float64Array
}

/**
 * (1/M) sum over rollouts m and their steps k of importance(m) factor(k) advantage(m, k) grad log pi(a|s), [S * A].
 * @param visits how many states were visited
 * @param sums [S * A] workspace, all zero before and after
 * @param gradient [S * A] overwritten with it, and given back
 */
export function meanScore(
  rollouts: Rollouts,
  visits: number,
  { policy, advantage, factor, importance }: Weights,
  sums: Float64Array,
  gradient: Float64Array,
): Float64Array {
  const { offset, pair, visited } = rollouts
  for (let m = 0; m < importance.length; m++) {
    const first = offset[m] as number
    const end = offset[m + 1] as number
    const weight = importance[m] as number
    for (let t = first; t < end; t++) {
      const z = pair[t] as number
      sums[z] = (sums[z] as number) + weight * (factor[t - first] as number) * (advantage[t] as number)
    }
  }
  gradient.fill(0)
  const actions = sums.length / visited.length
  for (let v = 0; v < visits; v++)
    moveRow((visited[v] as number) * actions, actions, policy, importance.length, sums, gradient)
  return gradient
}

/** gradient(s, a) = (sums(s, a) - pi(a|s) sum_b sums(s, b)) / M for the row at `from`; leaves 0 in `sums`. */
function moveRow(
  from: number,
  actions: number,
  policy: Float64Array,
  count: number,
  sums: Float64Array,
  gradient: Float64Array,
): void {
  let total = 0
  for (let z = from; z < from + actions; z++) total += sums[z] as number
  for (let z = from; z < from + actions; z++) {
    gradient[z] = ((sums[z] as number) - total * (policy[z] as number)) / count
    sums[z] = 0
  }
}

/** Writes pi and log pi at theta of the visited states, both [S * A]. */
export function fillVisited(
  { visited }: Rollouts,
  visits: number,
  theta: Float64Array,
  policy: Float64Array,
  logPolicy: Float64Array,
): void {
  const actions = theta.length / visited.length
  for (let v = 0; v < visits; v++) {
    const from = (visited[v] as number) * actions
    softmaxRow(theta, from, from + actions, policy, logPolicy)
  }
}

/** Writes p(x | reference) / p(x | theta) of every rollout x, [M]: the product over its steps of pi(a|s) at the one over pi(a|s) at the other. */
export function fillImportance(
  { offset, pair }: Rollouts,
  logPolicy: Float64Array,
  logReference: Float64Array,
  importance: Float64Array,
): void {
  for (let m = 0; m < importance.length; m++) {
    let sum = 0
    for (let t = offset[m] as number; t < (offset[m + 1] as number); t++) {
      const z = pair[t] as number
      sum += (logReference[z] as number) - (logPolicy[z] as number)
    }
    importance[m] = exp(sum)
  }
}
