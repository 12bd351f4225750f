/** Exact gradients of a finite problem whose model is known: by linear solves, without a sample. */
import type { Mdp } from '../../mdp/mdp.ts'
import { softmaxObjective, type Objective } from '../../mdp/policy-gradient.ts'
import { softEvaluator, type SoftEvaluation } from '../../mdp/soft-evaluation.ts'
import type { GradientOracle } from '../gradient-oracle.ts'
import type { DiscretePolicy, DiscretePolicyAt } from '../parametric-policy.ts'

/**
 * The exact gradient of the tabular softmax policy, theta [S * A]; see `softmaxObjective`.
 * @param temperature tau >= 0 of the entropy bonus, in units of reward
 * @throws RangeError when the temperature is not a number >= 0; its functions, when theta has not S * A entries
 */
export const exactOracle = (mdp: Mdp, temperature: number): GradientOracle<null> =>
  oracleOf(softmaxObjective(mdp, temperature))

/**
 * The exact gradient of any policy that observes the number of the state:
 *
 *   grad J = sum_s x(s) sum_a pi(a|s) (Q(s, a) - tau log pi(a|s) - V(s)) grad log pi(a|s),  (I - gamma P_pi)^T x = initial,
 *
 * over states that are not terminal. Source: Sutton, McAllester, Singh, Mansour, "Policy gradient methods for reinforcement learning
 * with function approximation", 1999, Theorem 1.
 * @param temperature tau >= 0 of the entropy bonus, in units of reward
 * @throws RangeError when the actions are not those of the Mdp or the temperature is not a number >= 0
 */
export const exactPolicyOracle = (
  mdp: Mdp,
  policy: DiscretePolicy,
  temperature: number,
): GradientOracle<null> => oracleOf(policyObjective(mdp, policy, temperature))

function oracleOf({ size, value, gradient }: Objective): GradientOracle<null> {
  return {
    size,
    start: () => null,
    gradient: (theta) => ({ gradient: gradient(theta), state: null }),
    gradients: (theta, reference) => ({
      gradient: gradient(theta),
      atReference: gradient(reference),
      state: null,
    }),
    value: (theta) => ({ value: value(theta), state: null }),
    samples: () => 0,
  }
}

function policyObjective(mdp: Mdp, policy: DiscretePolicy, temperature: number): Objective {
  if (policy.actions !== mdp.actions)
    throw new RangeError(
      `exactPolicyOracle: policy must have the ${mdp.actions} actions of the Mdp, got ${policy.actions}`,
    )
  const evaluate = softEvaluator(mdp, temperature)
  const pi = new Float64Array(mdp.states * mdp.actions)
  const logPi = new Float64Array(mdp.states * mdp.actions)
  const evaluateAt = (at: DiscretePolicyAt): SoftEvaluation => {
    tabulate(mdp, at, pi, temperature > 0 ? logPi : null)
    return evaluate(pi, logPi)
  }
  return {
    size: policy.size,
    value: (theta) => evaluateAt(policy.at(theta)).value,
    gradient(theta) {
      const at = policy.at(theta)
      const { visits, advantage } = evaluateAt(at)
      const gradient = new Float64Array(policy.size)
      for (let z = 0; z < pi.length; z++) {
        const state = Math.floor(z / mdp.actions)
        const weight = (visits[state] as number) * (pi[z] as number) * (advantage[z] as number)
        if (mdp.terminal[state] !== 1) at.addScore(state, z % mdp.actions, weight, gradient)
      }
      return gradient
    },
  }
}

/** Writes pi and, where wanted, log pi of all states that are not terminal, both [S * A]. */
function tabulate(mdp: Mdp, at: DiscretePolicyAt, pi: Float64Array, logPi: Float64Array | null): void {
  for (let state = 0; state < mdp.states; state++) {
    if (mdp.terminal[state] === 1) continue
    pi.set(at.probabilities(state), state * mdp.actions)
    if (logPi === null) continue
    for (let action = 0; action < mdp.actions; action++)
      logPi[state * mdp.actions + action] = at.logProbability(state, action)
  }
}
