/**
 * Gradients estimated from truncated rollouts, for any parametric policy in any environment. What rollouts are stands in the folder of
 * this name, returns and baselines are those of tabular policies (`sampled`).
 */
import { Purpose, streamOf } from '../../numeric/stream.ts'
import type { Stream } from '../../numeric/stream.ts'
import type { Environment, Point } from '../environment.ts'
import type { GradientOracle } from '../gradient-oracle.ts'
import type { ParametricPolicy, PolicyAt } from '../parametric-policy.ts'
import { describePoint } from '../parametric-policy/parametric-map.ts'
import { sampler, type Batch } from './rollouts/batch.ts'
import { importanceOf, logProbabilities, weigher } from './rollouts/weights.ts'
import type { Estimator } from './sampled/returns.ts'

/** How gradients are estimated. */
export interface RolloutSettings {
  readonly estimator: Estimator
  /** M >= 1, at least 2 with `leave-one-out` */
  readonly rollouts: number
  /** K >= 1, steps after which a rollout is cut */
  readonly horizon: number
  /** `leave-one-out`: the mean return, at the same step, of the other rollouts of the batch that last as long */
  readonly baseline: 'none' | 'leave-one-out'
  /** tau >= 0 of the entropy bonus, in units of reward */
  readonly entropy: number
  /** gamma in [0, 1] */
  readonly discount: number
}

/** The position of an agent's experience. */
export interface RolloutState {
  /** the actions */
  readonly walk: Stream
  /** the seeds of the episodes */
  readonly start: Stream
  /** transitions drawn so far */
  readonly samples: number
}

/**
 * The gradient of the truncated return E sum_{t < K} gamma^t r_t, estimated without bias from M rollouts:
 *
 *   gpomdp:    (1/M) sum_m sum_k gamma^k (R_k - b_k) grad log pi(a_k|o_k),  R_k = sum_{t >= k} gamma^(t - k) r_t
 *   reinforce: (1/M) sum_m sum_k (R_0 - b_k) grad log pi(a_k|o_k)
 *
 * o the observations, which the policy alone acts on. With an entropy bonus r_t is the reward less tau log pi(a_t|o_t); its own derivative
 * has mean 0. An episode is that of a seed drawn from the stream (seed, agent, start), actions are drawn from (seed, agent, walk); those in a
 * box are clipped to it, while log pi is that of the action as drawn. Sources: as for `sampledOracle`.
 * @param seed,agent key of the random streams
 * @throws RangeError when a setting is out of range, or the policy does not fit the observations or the actions of the environment;
 * the functions, when theta has not d entries
 */
export function rolloutOracle(
  environment: Environment,
  policy: ParametricPolicy,
  settings: RolloutSettings,
  seed: number,
  agent: number,
): GradientOracle<RolloutState> {
  checkSettings(settings)
  checkFit(environment, policy)
  const { rollouts, horizon, entropy } = settings
  const { batch, sample } = sampler(environment, rollouts, horizon)
  const { weights, meanReturn } = weigher(settings)
  const certain = new Float64Array(rollouts).fill(1)
  const zeros = (): Float64Array => new Float64Array(policy.size)

  /** Makes a batch at theta, from copies of the streams. */
  const drawn = (at: PolicyAt, from: RolloutState, withProbabilities: boolean): RolloutState => {
    const state = { walk: from.walk.slice(), start: from.start.slice() }
    sample(at, state, withProbabilities)
    return { ...state, samples: from.samples + (batch.offset[rollouts] as number) }
  }

  return {
    size: policy.size,
    start: () => ({
      walk: streamOf(seed, agent, Purpose.walk),
      start: streamOf(seed, agent, Purpose.start),
      samples: 0,
    }),
    gradient(theta, from) {
      const at = policyAt(policy, 'theta', theta)
      const state = drawn(at, from, entropy > 0)
      return { gradient: meanScore(at, batch, weights(batch, batch.logProbability), certain, zeros()), state }
    },
    gradients(theta, reference, from) {
      const at = policyAt(policy, 'theta', theta)
      const state = drawn(at, from, true)
      const atReference = policyAt(policy, 'reference', reference)
      const logReference = logProbabilities(atReference, batch)
      // the weights of one call are overwritten by the next
      const gradient = meanScore(at, batch, weights(batch, batch.logProbability), certain, zeros())
      const importance = importanceOf(batch, logReference)
      return {
        gradient,
        atReference: meanScore(atReference, batch, weights(batch, logReference), importance, zeros()),
        state,
      }
    },
    value(theta, from) {
      const state = drawn(policyAt(policy, 'theta', theta), from, entropy > 0)
      return { value: meanReturn(batch), state }
    },
    samples: ({ samples }) => samples,
  }
}

/** (1/M) sum over rollouts m and their steps of importance_m weight grad log pi(a|o), [d]. @param weights [M * K] @param importance [M] */
function meanScore(
  policy: PolicyAt,
  { offset, observation, action }: Batch,
  weights: Float64Array,
  importance: Float64Array,
  into: Float64Array,
): Float64Array {
  for (let m = 0; m < importance.length; m++) {
    const share = (importance[m] as number) / importance.length
    for (let t = offset[m] as number; t < (offset[m + 1] as number); t++)
      policy.addScore(observation[t] as Point, action[t] as Point, share * (weights[t] as number), into)
  }
  return into
}

/** The policy at parameters, [d]. @throws RangeError naming them when they are not d */
function policyAt(policy: ParametricPolicy, name: string, parameters: Float64Array): PolicyAt {
  if (parameters.length === policy.size) return policy.at(parameters)
  throw new RangeError(`rolloutOracle: ${name} must have ${policy.size} entries, got ${parameters.length}`)
}

function checkSettings({ rollouts, horizon, baseline, entropy, discount }: RolloutSettings): void {
  const least = baseline === 'leave-one-out' ? 2 : 1
  const refuse = (what: string, expected: string, got: number): never => {
    throw new RangeError(`rolloutOracle: ${what} must be ${expected}, got ${got}`)
  }
  if (!Number.isInteger(rollouts) || rollouts < least)
    refuse('rollouts', `an integer >= ${least} with baseline ${baseline}`, rollouts)
  if (!Number.isInteger(horizon) || horizon < 1) refuse('horizon', 'an integer >= 1', horizon)
  if (!(entropy >= 0 && entropy < Infinity)) refuse('entropy', 'a finite number >= 0', entropy)
  if (!(discount >= 0 && discount <= 1)) refuse('discount', 'a number in [0, 1]', discount)
}

/** Draws one action of a new policy at the start of an episode, and looks whether it is one of the environment's. */
function checkFit(environment: Environment, policy: ParametricPolicy): void {
  const stream = streamOf(0, 0, Purpose.policy)
  const action = policy.at(policy.initial(stream)).act(environment.reset(0), stream)
  const space = environment.actionSpace
  const expected = space.kind === 'discrete' ? `an integer in [0, ${space.n})` : `${space.low.length} numbers`
  const fits =
    typeof action === 'number'
      ? space.kind === 'discrete' && action < space.n
      : space.kind === 'box' && action.length === space.low.length
  if (!fits)
    throw new RangeError(
      `rolloutOracle: the environment takes ${expected} as actions, the policy draws ${describePoint(action)}`,
    )
}
