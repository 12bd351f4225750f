/** What the scores of a batch are weighted by: rewards with the entropy bonus, returns less the baseline, importance. */
import { exp } from '../../../numeric/elementary.ts'
import type { PolicyAt } from '../../parametric-policy.ts'
import type { Point } from '../../environment.ts'
import { fillReturns, stepFactors, subtractOthers } from '../sampled/returns.ts'
import type { Estimator } from '../sampled/returns.ts'
import type { Batch } from './batch.ts'

/** What weights depend on; as in `RolloutSettings`. */
export interface WeightSettings {
  readonly estimator: Estimator
  readonly rollouts: number
  readonly horizon: number
  readonly baseline: 'none' | 'leave-one-out'
  readonly entropy: number
  readonly discount: number
}

/** Computes in a workspace of its own, which the next call overwrites. */
export interface Weigher {
  /** The weight of the score of every step, [M * K]: gamma^k (R_k - b_k) with `gpomdp`, R_0 - b_k with `reinforce`. */
  weights(batch: Batch, logProbability: Float64Array): Float64Array
  /** (1/M) sum_m sum_t gamma^t r_t */
  meanReturn(batch: Batch): number
}

/** The weigher of batches of `rollouts` rollouts of at most `horizon` steps. Entropy bonuses come from the logarithms that it is given. */
export function weigher(settings: WeightSettings): Weigher {
  const { estimator, rollouts, horizon, baseline, entropy, discount } = settings
  const shaped = new Float64Array(rollouts * horizon)
  const returns = new Float64Array(rollouts * horizon)
  const [total, alive] = [new Float64Array(horizon), new Float64Array(horizon)]
  const factor = stepFactors(estimator, discount, horizon)

  /** the rewards with their bonus */
  const withBonus = ({ offset, reward }: Batch, logProbability: Float64Array): Float64Array => {
    if (entropy === 0) return reward
    for (let t = 0; t < (offset[rollouts] as number); t++)
      shaped[t] = (reward[t] as number) - entropy * (logProbability[t] as number)
    return shaped
  }

  return {
    weights(batch, logProbability) {
      fillReturns(batch, withBonus(batch, logProbability), discount, estimator, returns)
      if (baseline === 'leave-one-out') subtractOthers(batch, returns, total, alive)
      for (let m = 0; m < rollouts; m++) {
        const first = batch.offset[m] as number
        for (let t = first; t < (batch.offset[m + 1] as number); t++)
          returns[t] = (factor[t - first] as number) * (returns[t] as number)
      }
      return returns
    },
    meanReturn(batch) {
      fillReturns(batch, withBonus(batch, batch.logProbability), discount, 'reinforce', returns)
      let sum = 0
      for (let m = 0; m < rollouts; m++) sum += returns[batch.offset[m] as number] as number
      return sum / rollouts
    },
  }
}

/** log pi of every action of a batch, [M * K], fresh. */
export function logProbabilities(
  policy: PolicyAt,
  { offset, observation, action, reward }: Batch,
): Float64Array {
  const logs = new Float64Array(reward.length)
  for (let t = 0; t < (offset.at(-1) as number); t++)
    logs[t] = policy.logProbability(observation[t] as Point, action[t] as Point)
  return logs
}

/** p(x | reference) / p(x | theta) of every rollout x, [M]: the product of its steps' ratios of pi. */
export function importanceOf({ offset, logProbability }: Batch, logReference: Float64Array): Float64Array {
  return Float64Array.from({ length: offset.length - 1 }, (_, m) => {
    let sum = 0
    for (let t = offset[m] as number; t < (offset[m + 1] as number); t++)
      sum += (logReference[t] as number) - (logProbability[t] as number)
    return exp(sum)
  })
}
