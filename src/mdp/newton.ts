/**
 * Newton's method for Bellman equations v = T v, shared by all exact solvers. Linearising T at v gives the policy that T picks
 * there, so a step is a policy evaluation: for the optimality operator this is policy iteration (Puterman and Brumelle, "On the
 * convergence of policy iteration", Math. Oper. Res. 4, 1979); for the operator of one policy a step solves the equation, and
 * further steps are iterative refinement. Defects are taken in twice the working precision, systems are solved in one.
 */
import { addTo, backup, maxAbs, policyMatrix, UNIT, type Model, type Values } from './bellman.ts'
import { solverOf } from './linear.ts'
import type { Policy } from './policy.ts'

/** An operator T at one point: */
export interface Linearised {
  /** [S] T v - v, 0 in terminal states */
  readonly defect: Float64Array
  /** the policy T picks at v: the very same object as long as it did not change */
  readonly policy: Policy
}

/** A Bellman operator: its defect and policy at `values`. */
export type Operator = (values: Values) => Linearised

/** Where Newton's method ended. */
export interface Solution {
  readonly values: Values
  /** max |T v - v| */
  readonly defect: number
  /** systems solved */
  readonly iterations: number
}

/** Ends after this many systems in a row that did not halve the smallest defect although the policy stands. */
const PATIENCE = 20
/** A defect below this part of |v| is one that ends by refinement: changes of policy are then ties. */
const FINE = 1e-14
/** The part of |v| that the error need not go below: so far beneath a double that ties come out as ties. */
const NEGLIGIBLE = UNIT / 134217728

/** What `newton` may be told of its equation. */
export interface Accuracy {
  /** error of T itself beyond rounding, in the maximum norm; default 0 */
  readonly blur?: number
  /** the part of |v| that the error need not go below; default 2^-80 */
  readonly negligible?: number
}

/** Systems solved at most: 100 of the largest Mdps, 10,000 of small ones. */
const limitOf = (model: Model): number => Math.min(10_000, Math.max(100, 400_000_000 / model.mdp.next.length))

/** Solves v = T v from `values`, which it overwrites. The work is bounded, so the defect of the solution may be large. */
export function newton(model: Model, operator: Operator, values: Values, accuracy: Accuracy = {}): Solution {
  const limit = limitOf(model)
  let { policy, defect } = operator(values)
  let solve = solverOf(policyMatrix(model.mdp, policy))
  let best = Infinity
  let idle = 0
  let stands = false
  for (let iterations = 0; ; iterations++) {
    const size = maxAbs(defect)
    const fine = size <= FINE * maxAbs(values.high)
    if (size < best / 2 || !(stands || fine)) idle = 0
    else idle++
    best = Math.min(best, size)
    const done = size <= goal(model, values, accuracy) || size === Infinity
    if (done || idle > PATIENCE || iterations >= limit) return { values, defect: size, iterations }
    addTo(values, solve(defect))
    const then = operator(values)
    stands = then.policy === policy
    if (!stands) solve = solverOf(policyMatrix(model.mdp, then.policy))
    policy = then.policy
    defect = then.defect
  }
}

/** The rounding error of one application of an operator at `values`. */
export const noiseOf = (model: Model, values: Values, blur = 0): number =>
  model.rounding * (model.reward + maxAbs(values.high)) + blur

/** The defect that cannot, or need not, be made smaller. */
const goal = (model: Model, values: Values, { blur = 0, negligible = NEGLIGIBLE }: Accuracy): number =>
  Math.max(2 * noiseOf(model, values, blur), negligible * (1 - model.modulus) * maxAbs(values.high))

/** The values of a solution as doubles, with what is known of their error. */
export interface Rounded {
  /** [S * A] r + gamma P v, rows of terminal states 0 */
  readonly q: Float64Array
  /** [S] */
  readonly v: Float64Array
  /** at least the distance of q and of v from the exact solution, maximum norm; Infinity where nothing is known */
  readonly bound: number
}

/**
 * Rounds a solution to doubles. With contraction modulus beta, |v - v*| <= |T v - v| / (1 - beta) (Banach), and rounding the
 * results adds what it adds.
 */
export function rounded(model: Model, solution: Solution, blur = 0): Rounded {
  const { mdp } = model
  const { values } = solution
  const q = new Float64Array(mdp.states * mdp.actions)
  const pair = new Float64Array(2)
  let lost = maxAbs(values.low)
  for (let state = 0; state < mdp.states; state++) {
    if (mdp.terminal[state] === 1) continue
    for (let z = state * mdp.actions; z < (state + 1) * mdp.actions; z++) {
      backup(model, z, values, pair)
      q[z] = pair[0] as number
      lost = Math.max(lost, Math.abs(pair[1] as number))
    }
  }
  const error = (solution.defect + noiseOf(model, values, blur)) / (1 - model.modulus)
  const bound = model.modulus < 1 && Number.isFinite(error) ? error + lost : Infinity
  return { q, v: values.high, bound }
}

/** max over pairs of non-terminal states of |r + gamma P v - q|, for doubles q and v, evaluated in twice the precision. */
export function bellmanResidual(model: Model, q: Float64Array, v: Float64Array): number {
  const { mdp } = model
  const values: Values = { high: v, low: new Float64Array(mdp.states) }
  const pair = new Float64Array(2)
  let most = 0
  for (let z = 0; z < q.length; z++) {
    if (mdp.terminal[Math.floor(z / mdp.actions)] === 1) continue
    backup(model, z, values, pair)
    const difference = Math.abs((pair[0] as number) - (q[z] as number) + (pair[1] as number))
    if (!(difference <= most)) most = Number.isNaN(difference) ? Infinity : difference
  }
  return most
}
