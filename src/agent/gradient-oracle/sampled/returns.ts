/** What the steps of a rollout are weighted by: returns, and the baselines that are taken from them. */
import type { Rollouts } from './rollouts.ts'

/** GPOMDP weights a step by what comes after it, REINFORCE by all that its rollout brings. */
export type Estimator = 'gpomdp' | 'reinforce'

/**
 * Writes the return of every step t of a rollout, [M * K]: with `gpomdp` sum_{u >= t} gamma^(u - t) r_u, with `reinforce`
 * sum_u gamma^u r_u, the same for all steps of a rollout.
 */
export function fillReturns(
  { offset }: Pick<Rollouts, 'offset'>,
  reward: Float64Array,
  discount: number,
  estimator: Estimator,
  returns: Float64Array,
): void {
  for (let m = 0; m + 1 < offset.length; m++) {
    const first = offset[m] as number
    const end = offset[m + 1] as number
    let later = 0
    for (let t = end - 1; t >= first; t--) {
      later = (reward[t] as number) + discount * later
      returns[t] = later
    }
    if (estimator === 'reinforce') returns.fill(later, first, end)
  }
}

/** The factor of the k-th step of a rollout, k < K: gamma^k with `gpomdp`, whose returns count from their own step on; 1 with `reinforce`. */
export function stepFactors(estimator: Estimator, discount: number, horizon: number): Float64Array {
  const factor = new Float64Array(horizon).fill(1)
  if (estimator === 'gpomdp')
    for (let k = 1; k < horizon; k++) factor[k] = (factor[k - 1] as number) * discount
  return factor
}

/** Returns of earlier batches by state: their sums and how many they are, [S] each. */
export interface ReturnSums {
  readonly sum: Float64Array
  readonly count: Float64Array
}

/** Takes from every return the mean of those that the state has in `earlier`, 0 where there is none. */
export function subtractMeans(
  { offset, pair }: Rollouts,
  actions: number,
  earlier: ReturnSums,
  returns: Float64Array,
): void {
  for (let t = 0; t < (offset.at(-1) as number); t++) {
    const state = Math.floor((pair[t] as number) / actions)
    const count = earlier.count[state] as number
    if (count > 0) returns[t] = (returns[t] as number) - (earlier.sum[state] as number) / count
  }
}

/** `earlier` with the returns of a batch added to it; fresh arrays. */
export function addReturns(
  { offset, pair }: Rollouts,
  actions: number,
  earlier: ReturnSums,
  returns: Float64Array,
): ReturnSums {
  const sum = earlier.sum.slice()
  const count = earlier.count.slice()
  for (let t = 0; t < (offset.at(-1) as number); t++) {
    const state = Math.floor((pair[t] as number) / actions)
    sum[state] = (sum[state] as number) + (returns[t] as number)
    count[state] = (count[state] as number) + 1
  }
  return { sum, count }
}

/**
 * Takes from the return of every step the mean of the others at the same step, over those rollouts of the batch that last as long; where there
 * is none, nothing. That mean does not depend on the rollout itself, whichever of the others have ended.
 * @param total [K] workspace
 * @param alive [K] workspace
 */
export function subtractOthers(
  { offset }: Pick<Rollouts, 'offset'>,
  returns: Float64Array,
  total: Float64Array,
  alive: Float64Array,
): void {
  total.fill(0)
  alive.fill(0)
  const everyStep = (apply: (t: number, k: number) => void): void => {
    for (let m = 0; m + 1 < offset.length; m++) {
      const first = offset[m] as number
      for (let t = first; t < (offset[m + 1] as number); t++) apply(t, t - first)
    }
  }
  everyStep((t, k) => {
    total[k] = (total[k] as number) + (returns[t] as number)
    alive[k] = (alive[k] as number) + 1
  })
  everyStep((t, k) => {
    const own = returns[t] as number
    const others = (alive[k] as number) - 1
    if (others > 0) returns[t] = own - ((total[k] as number) - own) / others
  })
}
