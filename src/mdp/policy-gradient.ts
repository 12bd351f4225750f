/** The exact policy gradient of a finite Mdp under tabular softmax policies. */
import type { Mdp } from './mdp.ts'
import { softEvaluator, type SoftEvaluation } from './soft-evaluation.ts'
import { softmaxRows } from './softmax.ts'

/** J as a function of theta, and its gradient. */
export interface Objective {
  /** d, numbers in theta */
  readonly size: number
  /** J(theta) */
  value(theta: Float64Array): number
  /** grad J(theta), [d], a fresh vector */
  gradient(theta: Float64Array): Float64Array
}

/**
 * J of the tabular softmax policy at theta, [S * A], and
 *
 *   dJ / dtheta(s, a) = x(s) pi(a|s) (Q(s, a) - tau log pi(a|s) - V(s)),  (I - gamma P_pi)^T x = initial.
 *
 * Rows of terminal states have gradient 0. Sources: Agarwal, Kakade, Lee, Mahajan, "On the theory of policy gradient methods", 2021, Lemma
 * C.1 (x = d / (1 - gamma)); with entropy Mei, Xiao, Szepesvari, Schuurmans, "On the global convergence rates of softmax policy gradient
 * methods", 2020, Lemma 10.
 * @param temperature tau >= 0, in units of reward
 * @throws RangeError when the temperature is not a number >= 0; the functions, when theta has not S * A entries
 */
export function softmaxObjective(mdp: Mdp, temperature: number): Objective {
  const size = mdp.states * mdp.actions
  const evaluate = softEvaluator(mdp, temperature)
  const [policy, logPolicy] = [new Float64Array(size), new Float64Array(size)]
  const evaluateAt = (theta: Float64Array): SoftEvaluation => {
    if (theta.length !== size)
      throw new RangeError(`softmaxObjective: theta must have ${size} entries, got ${theta.length}`)
    softmaxRows(theta, mdp.actions, policy, logPolicy)
    return evaluate(policy, logPolicy)
  }
  return {
    size,
    value: (theta) => evaluateAt(theta).value,
    gradient(theta) {
      const { visits, advantage } = evaluateAt(theta)
      const gradient = new Float64Array(size)
      for (let state = 0; state < mdp.states; state++) {
        if (mdp.terminal[state] === 1) continue
        const x = visits[state] as number
        for (let z = state * mdp.actions; z < (state + 1) * mdp.actions; z++)
          gradient[z] = x * (policy[z] as number) * (advantage[z] as number)
      }
      return gradient
    },
  }
}
