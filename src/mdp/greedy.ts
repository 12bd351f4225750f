/** Greedy policies of a table Q, and what they are worth. */
import { modelOf, UNIT, zeroValues } from './bellman.ts'
import { operatorOf, returnOf } from './evaluate.ts'
import type { Mdp } from './mdp.ts'
import { newton } from './newton.ts'
import type { Policy } from './policy.ts'

/**
 * [S] the lowest action a with Q(s, a) = max over a' of Q(s, a'), compared exactly; 0 in terminal states.
 * @param terminal [S] as in an {@link Mdp}, where it is known; by default no state is terminal
 * @throws RangeError when q does not have S * A entries
 */
export function greedyActions(
  { states, actions, terminal }: Pick<Mdp, 'states' | 'actions'> & Partial<Pick<Mdp, 'terminal'>>,
  q: Float64Array,
): Uint32Array {
  if (q.length !== states * actions) {
    throw new RangeError(`greedyActions: q must have ${states * actions} entries, got ${q.length}`)
  }
  const result = new Uint32Array(states)
  for (let state = 0; state < states; state++) {
    if (terminal?.[state] === 1) continue
    const row = state * actions
    let best = 0
    for (let action = 1; action < actions; action++) {
      if ((q[row + action] as number) > (q[row + best] as number)) best = action
    }
    result[state] = best
  }
  return result
}

/** The policy that takes action choice[s], in [0, A), in state s. */
export function deterministicPolicy(mdp: Mdp, choice: Uint32Array): Policy {
  const policy = new Float64Array(mdp.states * mdp.actions)
  for (let state = 0; state < mdp.states; state++) policy[state * mdp.actions + (choice[state] as number)] = 1
  return policy
}

/**
 * J of greedy policies: gives, for a table q of [S * A], the return sum_s initial(s) V^pi(s) of the policy greedy with respect to q,
 * ties to the lowest action. Accurate to rounding. What is asked again for the same policy is not computed again; the answers do
 * not depend on what was asked before.
 */
export function greedyEvaluator(mdp: Mdp): (q: Float64Array) => number {
  const model = modelOf(mdp)
  let last: Uint32Array | null = null
  let value = 0
  return (q) => {
    const choice = greedyActions(mdp, q)
    if (last === null || !choice.every((action, state) => action === (last as Uint32Array)[state])) {
      last = choice
      const operator = operatorOf(model, deterministicPolicy(mdp, choice))
      value = returnOf(mdp, newton(model, operator, zeroValues(mdp.states), { negligible: UNIT }).values.high)
    }
    return value
  }
}

/** J of the policy greedy with respect to q, once; for many tables of one Mdp use {@link greedyEvaluator}. */
export const greedyReturn = (mdp: Mdp, q: Float64Array): number => greedyEvaluator(mdp)(q)
