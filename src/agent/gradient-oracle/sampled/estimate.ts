/** Estimates at one theta from a batch of rollouts, which may have been made at another. */
import type { Mdp } from '../../../mdp/mdp.ts'
import { addReturns, fillReturns, stepFactors, subtractMeans, subtractOthers } from './returns.ts'
import type { Estimator, ReturnSums } from './returns.ts'
import type { Rollouts } from './rollouts.ts'
import { fillVisited, meanScore } from './score.ts'

/** How gradients are estimated. */
export interface SampledSettings {
  readonly estimator: Estimator
  /** M >= 1, at least 2 with `leave-one-out` */
  readonly rollouts: number
  /** K >= 1, steps after which a rollout is cut */
  readonly horizon: number
  /**
   * What is taken from the return of a step. `value`: the mean return of the step's state in earlier gradients; `leave-one-out`: the mean
   * return, at the same step, of the other rollouts of the batch that last as long. Neither depends on the action that is weighted by it.
   */
  readonly baseline: 'none' | 'value' | 'leave-one-out'
  /** tau >= 0 of the entropy bonus, in units of reward */
  readonly entropy: number
}

/** The estimates at one theta. Its workspace is its own. */
export interface Estimate {
  /** [S * A] log pi(a|s) in visited states, after `look` with logarithms or with an entropy bonus */
  readonly logPolicy: Float64Array
  /**
   * Evaluates the batch at theta: everything below answers for that theta until the next look.
   * @param visits how many states the batch visited
   * @param logarithms whether log pi is wanted; pi is then written too, else it stands in `policy` already
   */
  look(theta: Float64Array, visits: number, logarithms: boolean): void
  /** the mean return of the rollouts */
  value(): number
  /** the returns of the batch added to `earlier` where they are a baseline; fresh */
  remember(earlier: ReturnSums): ReturnSums
  /**
   * The mean over the rollouts of importance times gradient, [S * A]. Ends the look: the returns are used up.
   * @param importance [M]
   * @param into [S * A] overwritten with it, and given back
   */
  gradient(earlier: ReturnSums, importance: Float64Array, into: Float64Array): Float64Array
}

/**
 * The estimate that reads the batch in `rollouts` as it is at the time of each call.
 * @param policy [S * A] where pi stands or is written to
 */
export function estimateOf(
  { actions, discount }: Mdp,
  { estimator, horizon, baseline, entropy }: SampledSettings,
  rollouts: Rollouts,
  policy: Float64Array,
): Estimate {
  const steps = rollouts.reward.length
  const reward = entropy > 0 ? new Float64Array(steps) : rollouts.reward
  const returns = new Float64Array(steps)
  const logPolicy = new Float64Array(policy.length)
  const sums = new Float64Array(policy.length)
  const factor = stepFactors(estimator, discount, horizon)
  const [total, alive] = [new Float64Array(horizon), new Float64Array(horizon)]
  let visits = 0
  return {
    logPolicy,
    look(theta, visited, logarithms) {
      visits = visited
      if (logarithms || entropy > 0) fillVisited(rollouts, visits, theta, policy, logPolicy)
      if (entropy > 0) addEntropy(rollouts, logPolicy, entropy, reward)
      fillReturns(rollouts, reward, discount, estimator, returns)
    },
    value() {
      let sum = 0
      for (const first of rollouts.offset.subarray(0, -1)) sum += returns[first] as number
      return sum / (rollouts.offset.length - 1)
    },
    remember: (earlier) => (baseline === 'value' ? addReturns(rollouts, actions, earlier, returns) : earlier),
    gradient(earlier, importance, into) {
      if (baseline === 'value') subtractMeans(rollouts, actions, earlier, returns)
      if (baseline === 'leave-one-out') subtractOthers(rollouts, returns, total, alive)
      const weights = { policy, advantage: returns, factor, importance }
      return meanScore(rollouts, visits, weights, sums, into)
    },
  }
}

/** Writes r - tau log pi(a|s) of every step, [M * K]. */
function addEntropy(
  { offset, pair, reward }: Rollouts,
  logPolicy: Float64Array,
  entropy: number,
  into: Float64Array,
): void {
  for (let t = 0; t < (offset.at(-1) as number); t++)
    into[t] = (reward[t] as number) - entropy * (logPolicy[pair[t] as number] as number)
}
