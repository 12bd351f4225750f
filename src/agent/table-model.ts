/** What an agent that knows its own Mdp can work out for its tables: the directions that averaging of policies and of values moves in. */
import { modelOf } from '../mdp/bellman.ts'
import { deterministicPolicy, greedyActions } from '../mdp/greedy.ts'
import type { Mdp } from '../mdp/mdp.ts'
import type { Policy } from '../mdp/policy.ts'
import { softEvaluator } from '../mdp/soft-evaluation.ts'
import { softmaxPolicy, softmaxRows } from '../mdp/softmax.ts'
import { exp, log } from '../numeric/elementary.ts'
import { rowMax } from '../numeric/q-update.ts'

/** Functions of tables, [S * A], that give fresh tables. Rows of terminal states are 0 in them. */
export interface TableModel {
  /** A */
  readonly actions: number
  /** tau >= 0 of the entropy bonus, in units of reward */
  readonly temperature: number
  /** A_pi(s, a) / (1 - gamma), pi the softmax of the logits: the natural gradient of J; with a temperature tau, A = Q - tau log pi - V */
  naturalGradient(logits: Float64Array): Float64Array
  /** d_pi(s) Q_pi(s, a) / (1 - gamma), the gradient of J by the entries of pi, without the bonus */
  directGradient(policy: Policy): Float64Array
  /** T q = r + gamma P v, v(s) = max_a q(s, a); with a temperature tau, v(s) = tau log sum_a exp(q(s, a) / tau) */
  backup(q: Float64Array): Float64Array
  /** the policy that attains v of {@link backup}: the lowest of the best actions, or pi(a|s) = exp((q(s, a) - v(s)) / tau) */
  greedy(q: Float64Array): Policy
}

/**
 * The model of `mdp`.
 * @param temperature tau >= 0 of the entropy bonus, in units of reward
 */
export function tableModel(mdp: Mdp, temperature: number): TableModel {
  const { states, actions, discount } = mdp
  const size = states * actions
  const evaluate = softEvaluator(mdp, temperature)
  const evaluatePlain = softEvaluator(mdp, 0)
  const [policy, logPolicy] = [new Float64Array(size), new Float64Array(size)]
  return {
    actions,
    temperature,
    naturalGradient(logits) {
      softmaxRows(logits, actions, policy, logPolicy)
      return evaluate(policy, logPolicy).advantage.map((value) => value / (1 - discount))
    },
    directGradient(table) {
      const { q, visits } = evaluatePlain(table, table)
      return q.map((value, z) => (visits[Math.floor(z / actions)] as number) * value)
    },
    backup: backupOf(mdp, temperature),
    greedy: (q) =>
      temperature === 0
        ? deterministicPolicy(mdp, greedyActions(mdp, q))
        : softmaxPolicy(
            q.map((value) => value / temperature),
            actions,
          ),
  }
}

/** The Bellman operator of {@link TableModel.backup}. */
function backupOf(mdp: Mdp, temperature: number): TableModel['backup'] {
  const { states, actions, discount, terminal, start, next, probability } = mdp
  const reward = modelOf(mdp).rewardHigh
  return (q) => {
    const v = new Float64Array(states)
    for (let state = 0; state < states; state++)
      v[state] = terminal[state] === 1 ? 0 : softMaximum(q, state * actions, actions, temperature)
    return reward.map((r, z) => {
      if (terminal[Math.floor(z / actions)] === 1) return 0
      let sum = 0
      for (let i = start[z] as number; i < (start[z + 1] as number); i++)
        sum += (probability[i] as number) * (v[next[i] as number] as number)
      return r + discount * sum
    })
  }
}

/** max_a q(from + a), or tau log sum_a exp(q(from + a) / tau) where the temperature tau is not 0. */
function softMaximum(q: Float64Array, from: number, actions: number, temperature: number): number {
  const most = rowMax(q, from, actions)
  if (temperature === 0) return most
  let sum = 0
  for (let z = from; z < from + actions; z++) sum += exp(((q[z] as number) - most) / temperature)
  return most + temperature * log(sum)
}
