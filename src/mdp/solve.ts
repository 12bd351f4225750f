/** The optimum of an Mdp: Q*, V* and a greedy policy, by policy iteration, with what is known of their error. */
import { backup, maxAbs, modelOf, zeroValues, type Model, type Values } from './bellman.ts'
import type { Mdp } from './mdp.ts'
import { deterministicPolicy, greedyActions } from './greedy.ts'
import { newton, noiseOf, bellmanResidual, rounded, type Operator, type Solution } from './newton.ts'

/** What `solveOptimal` finds. */
export interface Optimum {
  /** [S * A] Q*; rows of terminal states are 0 */
  readonly q: Float64Array
  /** [S] v(s) = max over a of q(s, a), exactly; 0 in terminal states */
  readonly v: Float64Array
  /** [S] the lowest action a with q(s, a) = v(s) */
  readonly policy: Uint32Array
  /** max |T q - q| over the pairs of non-terminal states, T being the Bellman optimality operator */
  readonly residual: number
  /** max |q - Q*| is at most this; it is Infinity where nothing is known */
  readonly bound: number
  /**
   * V* - V^policy is at most this in every state: (|T v - T_policy v| + 2 |T v - v|) / (1 - gamma) at the unrounded values v, since
   * |V* - v| <= |T v - v| / (1 - gamma) and |V^policy - v| <= |T_policy v - v| / (1 - gamma). Source: Williams and Baird, "Tight
   * performance bounds on greedy policies based on imperfect value functions", 1993. Infinity where nothing is known.
   */
  readonly loss: number
  /** policy evaluations done */
  readonly iterations: number
}

/** Sweeps of value iteration before each improvement while values are rough: they carry rewards far at little cost. */
const SWEEPS = 4
/** Where a pair has this part of all states as outcomes, one sweep carries rewards everywhere. */
const DENSE = 1 / 4
/** Values are rough while the defect is above this part of |v|. */
const ROUGH = 1e-12

/**
 * The optimum of `mdp`. `bound` is about half a unit in the last place of the largest |q| unless 1 / (1 - gamma) is beyond about
 * 1e14 or the work, which is bounded, did not suffice; it says what was reached.
 */
export function solveOptimal(mdp: Mdp): Optimum {
  const model = modelOf(mdp)
  const solution = newton(model, optimality(model), zeroValues(mdp.states))
  const { q, bound } = rounded(model, solution)
  const policy = greedyActions(mdp, q)
  const v = Float64Array.from(policy, (action, state) => q[state * mdp.actions + action] as number)
  const residual = bellmanResidual(model, q, v)
  return {
    q,
    v,
    policy,
    residual,
    bound,
    loss: lossOf(model, solution, policy),
    iterations: solution.iterations,
  }
}

/** Q* and its bound as in {@link solveOptimal}; nothing is worked out about the greedy policy. */
export function optimalTable(mdp: Mdp): Pick<Optimum, 'q' | 'bound'> {
  const model = modelOf(mdp)
  return rounded(model, newton(model, optimality(model), zeroValues(mdp.states)))
}

/** What following `policy` costs at most; see {@link Optimum}. */
function lossOf(model: Model, { values, defect }: Solution, policy: Uint32Array): number {
  const { mdp, modulus } = model
  const [best, own, about] = [new Float64Array(2), new Float64Array(2), new Float64Array(mdp.actions)]
  const behind = behindAt(model, values)
  let shortfall = 0
  for (let state = 0; state < mdp.states; state++) {
    if (mdp.terminal[state] === 1) continue
    bestAction(model, state, values, behind, about, best)
    backup(model, state * mdp.actions + (policy[state] as number), values, own)
    shortfall = Math.max(
      shortfall,
      (best[0] as number) - (own[0] as number) + ((best[1] as number) - (own[1] as number)),
    )
  }
  const loss = (shortfall + 2 * (defect + noiseOf(model, values))) / (1 - modulus)
  return modulus < 1 && Number.isFinite(loss) ? loss : Infinity
}

/** The Bellman optimality operator, (T v)(s) = max over a of Q(s, a). */
function optimality(model: Model): Operator {
  const { mdp } = model
  const actions = new Uint32Array(mdp.states)
  const defect = new Float64Array(mdp.states)
  const [pair, about] = [new Float64Array(2), new Float64Array(mdp.actions)]
  let policy = deterministicPolicy(mdp, actions)
  let rough = true
  return (values) => {
    if (rough) sweep(model, values)
    const behind = behindAt(model, values)
    let changed = false
    for (let state = 0; state < mdp.states; state++) {
      if (mdp.terminal[state] === 1) continue
      const best = bestAction(model, state, values, behind, about, pair)
      if (best !== actions[state]) changed = true
      actions[state] = best
      defect[state] =
        (pair[0] as number) -
        (values.high[state] as number) +
        ((pair[1] as number) - (values.low[state] as number))
    }
    rough = changed && maxAbs(defect) > ROUGH * maxAbs(values.high)
    if (changed) policy = deterministicPolicy(mdp, actions)
    return { defect, policy }
  }
}

/**
 * The lowest action of the largest backup of `state`, which is left in `pair`. Actions that are behind already when backed up to the
 * precision of a double are not looked at twice: it is a few times as fast.
 * @param behind how far that must be: twice what rounding can do to two such backups
 */
function bestAction(
  model: Model,
  state: number,
  values: Values,
  behind: number,
  rough: Float64Array,
  pair: Float64Array,
): number {
  const { actions } = model.mdp
  let most = -Infinity
  for (let action = 0; action < actions; action++) {
    const about = roughBackup(model, state * actions + action, values.high)
    rough[action] = about
    most = Math.max(most, about)
  }
  let best = 0
  let high = -Infinity
  let low = 0
  for (let action = 0; action < actions; action++) {
    if ((rough[action] as number) < most - behind) continue
    backup(model, state * actions + action, values, pair)
    const [h, l] = [pair[0] as number, pair[1] as number]
    if (h > high || (h === high && l > low)) {
      best = action
      high = h
      low = l
    }
  }
  pair[0] = high
  pair[1] = low
  return best
}

/** Q(z) at the values v, to the precision of a double: off by at most (n + 4) u (largest |reward| + largest |v|) with n outcomes. */
function roughBackup({ mdp, rewardHigh }: Model, z: number, v: Float64Array): number {
  const { next, probability, start, discount } = mdp
  let sum = 0
  const end = start[z + 1] as number
  for (let i = start[z] as number; i < end; i++)
    sum += (probability[i] as number) * (v[next[i] as number] as number)
  return (rewardHigh[z] as number) + discount * sum
}

/** Beyond this distance the order of two rough backups at the values v is that of the exact ones. */
const behindAt = ({ reward, rounding }: Model, { high }: Values): number =>
  4 * Math.sqrt(rounding) * (reward + maxAbs(high))

/** A few sweeps of value iteration, to the precision of a double. */
function sweep(model: Model, values: Values): void {
  values.low.fill(0)
  const { next, states, actions } = model.mdp
  const sweeps = next.length >= DENSE * states * states * actions ? 1 : SWEEPS
  for (let k = 0; k < sweeps; k++) improveInPlace(model, values.high, k % 2 === 0)
}

/** One sweep of value iteration in place, upwards or downwards through the states (Gauss-Seidel). */
function improveInPlace(model: Model, v: Float64Array, upwards: boolean): void {
  const { mdp } = model
  for (let k = 0; k < mdp.states; k++) {
    const state = upwards ? k : mdp.states - 1 - k
    if (mdp.terminal[state] === 1) continue
    let best = -Infinity
    for (let z = state * mdp.actions; z < (state + 1) * mdp.actions; z++)
      best = Math.max(best, roughBackup(model, z, v))
    v[state] = best
  }
}
