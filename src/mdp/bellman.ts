/**
 * Bellman backups in twice the working precision: a value is the unevaluated sum high + low of two doubles. The conditioning of
 * an Mdp is 1 / (1 - gamma), so residuals taken in one double would cost that factor in accuracy; these do not.
 * Only + - * / are used, which are exact to the last bit in every engine.
 */
import type { Sparse } from './linear.ts'
import type { Mdp } from './mdp.ts'
import type { Policy } from './policy.ts'

/** v, [S]: the sum of two doubles per state, with |low| at most half a unit in the last place of high. Terminal states are 0. */
export interface Values {
  readonly high: Float64Array
  readonly low: Float64Array
}

/** Zero values of `states` states. */
export const zeroValues = (states: number): Values => ({
  high: new Float64Array(states),
  low: new Float64Array(states),
})

/** The unit roundoff of a double. */
export const UNIT = 1 / 9007199254740992

/** What rounding lost in sum = fl(a + b): a + b = sum + sumError(a, b, sum) exactly. Source: Knuth, TAOCP 2, 4.2.2. */
export const sumError = (a: number, b: number, sum: number): number => {
  const tail = sum - a
  return a - (sum - tail) + (b - tail)
}

/** What rounding lost in product = fl(a * b), for |a|, |b| below 2^996. Source: Dekker, Numer. Math. 18, 1971. */
export const productError = (a: number, b: number, product: number): number => {
  const aSplit = 134217729 * a
  const aHigh = aSplit - (aSplit - a)
  const aLow = a - aHigh
  const bSplit = 134217729 * b
  const bHigh = bSplit - (bSplit - b)
  const bLow = b - bHigh
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow)
}

/** Adds `change`, [S], to the values. */
export function addTo(values: Values, change: Float64Array): void {
  for (let state = 0; state < change.length; state++) {
    const high = values.high[state] as number
    const by = change[state] as number
    const sum = high + by
    const rest = sumError(high, by, sum) + (values.low[state] as number)
    values.high[state] = sum + rest
    values.low[state] = sumError(sum, rest, sum + rest)
  }
}

/** An Mdp made ready for backups. */
export interface Model {
  readonly mdp: Mdp
  /** [S * A] expected reward of each pair, as high + low; 0 for the pairs of terminal states */
  readonly rewardHigh: Float64Array
  readonly rewardLow: Float64Array
  /** the Bellman operators contract by this in the maximum norm: gamma times the largest row sum over non-terminal next states */
  readonly modulus: number
  /** the rounding error of one backup is at most this times (largest |reward| + largest |v|) */
  readonly rounding: number
  /** largest |reward| */
  readonly reward: number
}

/** Expected rewards, modulus of contraction and rounding error of `mdp`. */
export function modelOf(mdp: Mdp): Model {
  const rewardHigh = new Float64Array(mdp.states * mdp.actions)
  const rewardLow = new Float64Array(mdp.states * mdp.actions)
  let [stay, outcomes, reward] = [0, 0, 0]
  for (let z = 0; z < rewardHigh.length; z++) {
    if (mdp.terminal[Math.floor(z / mdp.actions)] === 1) continue
    const [from, to] = [mdp.start[z] as number, mdp.start[z + 1] as number]
    let [sum, rest, inside] = [0, 0, 0]
    for (let i = from; i < to; i++) {
      const p = mdp.probability[i] as number
      const r = mdp.reward[i] as number
      const total = sum + p * r
      rest += sumError(sum, p * r, total) + productError(p, r, p * r)
      sum = total
      reward = Math.max(reward, Math.abs(r))
      if (mdp.terminal[mdp.next[i] as number] !== 1) inside += p
    }
    rewardHigh[z] = sum + rest
    rewardLow[z] = sumError(sum, rest, sum + rest)
    stay = Math.max(stay, inside)
    outcomes = Math.max(outcomes, to - from)
  }
  const terms = (2 * outcomes + 4) * UNIT
  return { mdp, rewardHigh, rewardLow, modulus: mdp.discount * stay, rounding: terms * terms, reward }
}

/**
 * One backup, Q(z) = r(z) + gamma * sum over outcomes of p * v(next), written to pair[0] + pair[1]. The error is at most about
 * (2n + 4)^2 u^2 times (largest |reward| + largest |v|), with n outcomes and unit roundoff u.
 * Source: Ogita, Rump, Oishi, "Accurate sum and dot product", SISC 26, 2005, algorithm Dot2.
 */
export function backup(model: Model, z: number, values: Values, pair: Float64Array): void {
  const { next, probability, discount, start } = model.mdp
  const { high, low } = values
  const end = start[z + 1] as number
  let sum = 0
  let rest = 0
  for (let i = start[z] as number; i < end; i++) {
    const p = probability[i] as number
    const target = next[i] as number
    const v = high[target] as number
    const product = p * v
    const total = sum + product
    rest += sumError(sum, product, total) + productError(p, v, product) + p * (low[target] as number)
    sum = total
  }
  const future = discount * sum
  const reward = model.rewardHigh[z] as number
  const total = reward + future
  const lost = sumError(reward, future, total) + productError(discount, sum, future) + discount * rest
  const small = lost + (model.rewardLow[z] as number)
  pair[0] = total + small
  pair[1] = sumError(total, small, total + small)
}

/** gamma P_pi between non-terminal states, by rows; rows of terminal states are empty. */
export function policyMatrix(mdp: Mdp, policy: Policy): Sparse {
  const start = new Uint32Array(mdp.states + 1)
  let size = 0
  eachOutcome(mdp, policy, (state) => (start[state + 1] = ++size))
  for (let state = 0; state < mdp.states; state++)
    start[state + 1] = Math.max(start[state + 1] as number, start[state] as number)
  const column = new Uint32Array(size)
  const value = new Float64Array(size)
  let at = 0
  eachOutcome(mdp, policy, (_, next, weight) => {
    column[at] = next
    value[at++] = mdp.discount * weight
  })
  return { start, column, value }
}

/** Visits the outcomes between non-terminal states that `policy` can bring about, by state, with pi(a|s) * p. */
function eachOutcome(
  mdp: Mdp,
  policy: Policy,
  visit: (state: number, next: number, weight: number) => void,
): void {
  for (let state = 0; state < mdp.states; state++) {
    if (mdp.terminal[state] === 1) continue
    for (let z = state * mdp.actions; z < (state + 1) * mdp.actions; z++) {
      const chosen = policy[z] as number
      if (chosen === 0) continue
      for (let i = mdp.start[z] as number; i < (mdp.start[z + 1] as number); i++) {
        const next = mdp.next[i] as number
        const weight = chosen * (mdp.probability[i] as number)
        if (weight !== 0 && mdp.terminal[next] !== 1) visit(state, next, weight)
      }
    }
  }
}

/** max |x_i|, or Infinity when an entry is not a number. */
export function maxAbs(x: Float64Array): number {
  let largest = 0
  for (const value of x) {
    if (Number.isNaN(value)) return Infinity
    largest = Math.max(largest, Math.abs(value))
  }
  return largest
}
