/** The optimum under an entropy bonus, by Newton's method on the soft Bellman equation. */
import { exp, log } from '../numeric/elementary.ts'
import { backup, modelOf, UNIT, zeroValues, type Model, type Values } from './bellman.ts'
import type { Mdp } from './mdp.ts'
import { newton, bellmanResidual, rounded, type Operator } from './newton.ts'
import type { Policy } from './policy.ts'

/** What `solveSoft` finds. */
export interface SoftOptimum {
  /** [S * A] Q = r + gamma P V, without the bonus of the pair's own state; rows of terminal states are 0 */
  readonly q: Float64Array
  /** [S] V = temperature * log sum_a exp(Q / temperature), the bonus included; 0 in terminal states */
  readonly v: Float64Array
  /** pi(a|s) = exp((Q(s, a) - V(s)) / temperature); uniform in terminal states */
  readonly policy: Policy
  /** max |r + gamma P v - q| over the pairs of non-terminal states */
  readonly residual: number
  /** max |q - Q*| and max |v - V*| are at most this; it is Infinity where nothing is known */
  readonly bound: number
}

/**
 * The policy that maximises the return with reward r(s, a) - temperature * log pi(a|s), in every state.
 * Source: Mei, Xiao, Szepesvari, Schuurmans, "On the global convergence rates of softmax policy gradient methods", 2020, section 4.
 * @param temperature tau > 0, in units of reward
 * @throws RangeError when the temperature is not a positive number
 */
export function solveSoft(mdp: Mdp, temperature: number): SoftOptimum {
  if (!(temperature > 0 && temperature < Infinity)) {
    throw new RangeError(`solveSoft: temperature must be a positive number, got ${temperature}`)
  }
  const model = modelOf(mdp)
  // a few roundings in exp, its sum and log, relative to temperature * (1 + log A)
  const blur = 8 * UNIT * temperature * (1 + log(mdp.actions))
  const operator = softOperator(model, temperature)
  const solution = newton(model, operator, zeroValues(mdp.states), { blur })
  const { q, v, bound } = rounded(model, solution, blur)
  const { policy } = operator(solution.values)
  return { q, v, policy, residual: bellmanResidual(model, q, v), bound }
}

/** The soft optimality operator, (T v)(s) = tau log sum_a exp(Q(s, a) / tau), stable for any tau; its policy is the softmax. */
function softOperator(model: Model, temperature: number): Operator {
  const { mdp } = model
  const defect = new Float64Array(mdp.states)
  const row: Values = zeroValues(mdp.actions)
  return (values) => {
    const policy = new Float64Array(mdp.states * mdp.actions).fill(1 / mdp.actions)
    for (let state = 0; state < mdp.states; state++) {
      if (mdp.terminal[state] === 1) continue
      const best = backups(model, state, values, row)
      const weights = policy.subarray(state * mdp.actions, (state + 1) * mdp.actions)
      const total = softmax(row, best, temperature, weights)
      const [high, low] = [row.high[best] as number, row.low[best] as number]
      const gain = high - (values.high[state] as number) + (low - (values.low[state] as number))
      defect[state] = gain + temperature * log(total)
    }
    return { defect, policy }
  }
}

/** Writes Q(state, .) to `row` and returns an action where it is largest. */
function backups(model: Model, state: number, values: Values, row: Values): number {
  const { actions } = model.mdp
  const pair = new Float64Array(2)
  let best = 0
  for (let action = 0; action < actions; action++) {
    backup(model, state * actions + action, values, pair)
    row.high[action] = pair[0] as number
    row.low[action] = pair[1] as number
    if ((row.high[action] as number) > (row.high[best] as number)) best = action
  }
  return best
}

/** Writes the softmax of `row` / temperature to `weights` and returns sum_a exp((row(a) - row(best)) / temperature). */
function softmax(row: Values, best: number, temperature: number, weights: Float64Array): number {
  let total = 0
  for (let action = 0; action < weights.length; action++) {
    const high = (row.high[action] as number) - (row.high[best] as number)
    const low = (row.low[action] as number) - (row.low[best] as number)
    weights[action] = exp((high + low) / temperature)
    total += weights[action] as number
  }
  for (let action = 0; action < weights.length; action++)
    weights[action] = (weights[action] as number) / total
  return total
}
