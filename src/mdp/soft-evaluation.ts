/** What a policy is worth where its entropy is rewarded too, where it spends its time, and what its gradient is made of. */
import { log } from '../numeric/elementary.ts'
import { modelOf } from './bellman.ts'
import { checkPolicy, returnOf } from './evaluate.ts'
import type { Mdp } from './mdp.ts'
import type { Policy } from './policy.ts'
import { policySystem } from './policy-system.ts'
import { solveSoft } from './soft.ts'
import { solveOptimal } from './solve.ts'

/** A policy under rewards r(s, a) - temperature * log pi(a|s). All entries of terminal states are 0. */
export interface SoftEvaluation {
  /** J = sum_s initial(s) v(s) */
  readonly value: number
  /** [S] V: solves (I - gamma P_pi) v = r_pi + temperature * entropy of the row */
  readonly v: Float64Array
  /** [S * A] Q = r + gamma P v, without the bonus of the pair itself */
  readonly q: Float64Array
  /** [S * A] Q - temperature * log pi - V: the pi-mean of a row is 0 */
  readonly advantage: Float64Array
  /** [S] x = d / (1 - gamma): solves (I - gamma P_pi)^T x = initial, the expected discounted number of steps taken in a state */
  readonly visits: Float64Array
}

/** Evaluates pi, [S * A], given log pi beside it. The arrays of the result are those of the call before, overwritten. */
export type SoftEvaluator = (policy: Policy, logPolicy: Float64Array) => SoftEvaluation

/**
 * An evaluator of policies of `mdp` that is called again and again: both systems share one factorisation, and small problems allocate
 * nothing. It takes the policy as it comes, unchecked.
 * @param temperature tau >= 0, in units of reward; with 0 `logPolicy` is not read
 * @throws RangeError when the temperature is not a number >= 0
 */
export function softEvaluator(mdp: Mdp, temperature: number): SoftEvaluator {
  checkTemperature('softEvaluator', temperature)
  const reward = modelOf(mdp).rewardHigh
  const system = policySystem(mdp)
  const [v, visits] = [new Float64Array(mdp.states), new Float64Array(mdp.states)]
  const [bonus, q, advantage] = [reward.slice(), reward.slice(), reward.slice()]
  return (policy, logPolicy) => {
    system.set(policy)
    bonus.fill(0)
    if (temperature > 0)
      for (let z = 0; z < bonus.length; z++) bonus[z] = -temperature * (logPolicy[z] as number)
    expectedRewards(mdp, policy, reward, bonus, v)
    system.solve(v)
    visits.set(mdp.initial)
    system.solveTransposed(visits)
    backups(mdp, reward, bonus, { v, visits, q, advantage })
    return { value: returnOf(mdp, v), v, q, advantage, visits }
  }
}

/** Writes r_pi(s) = sum_a pi(a|s) (r(s, a) + bonus(s, a)) to `into`, [S]. */
function expectedRewards(
  { states, actions, terminal }: Mdp,
  policy: Policy,
  reward: Float64Array,
  bonus: Float64Array,
  into: Float64Array,
): void {
  for (let state = 0; state < states; state++) {
    let sum = 0
    for (let z = state * actions; z < (state + 1) * actions; z++)
      sum += (policy[z] as number) * ((reward[z] as number) + (bonus[z] as number))
    into[state] = terminal[state] === 1 ? 0 : sum
  }
}

/** Writes Q and Q + bonus - V of every pair, and 0 in all of a terminal state. */
function backups(
  mdp: Mdp,
  reward: Float64Array,
  bonus: Float64Array,
  { v, visits, q, advantage }: Omit<SoftEvaluation, 'value'>,
): void {
  const { states, actions, start, next, probability, discount } = mdp
  for (let state = 0; state < states; state++) {
    const ends = mdp.terminal[state] === 1
    if (ends) visits[state] = 0
    for (let z = state * actions; z < (state + 1) * actions; z++) {
      let sum = 0
      const end = start[z + 1] as number
      for (let i = start[z] as number; i < end; i++)
        sum += (probability[i] as number) * (v[next[i] as number] as number)
      const backed = (reward[z] as number) + discount * sum
      q[z] = ends ? 0 : backed
      advantage[z] = ends ? 0 : backed + (bonus[z] as number) - (v[state] as number)
    }
  }
}

/**
 * The soft evaluation of one policy. A pair that the policy never takes has no bonus: its advantage is Q - V.
 * @param policy [S * A]; rows of terminal states are ignored
 * @param temperature tau >= 0, in units of reward
 * @throws RangeError when the policy does not fit the Mdp, a row does not sum to 1 within 1e-9, or the temperature is not a number >= 0
 */
export function evaluateSoft(mdp: Mdp, policy: Policy, temperature: number): SoftEvaluation {
  checkPolicy('evaluateSoft', mdp, policy)
  const logPolicy = policy.map((probability) => (probability > 0 ? log(probability) : 0))
  return softEvaluator(mdp, temperature)(policy, logPolicy)
}

/**
 * J* = max over policies of J, with reward r(s, a) - temperature * log pi(a|s): of `solveOptimal` without a temperature, else of
 * `solveSoft`.
 * @param temperature tau >= 0, in units of reward
 * @throws RangeError when the temperature is not a number >= 0
 */
export function optimalReturn(mdp: Mdp, temperature: number): number {
  checkTemperature('optimalReturn', temperature)
  return returnOf(mdp, temperature === 0 ? solveOptimal(mdp).v : solveSoft(mdp, temperature).v)
}

function checkTemperature(caller: string, temperature: number): void {
  if (!(temperature >= 0 && temperature < Infinity))
    throw new RangeError(`${caller}: temperature must be a number >= 0, got ${temperature}`)
}
