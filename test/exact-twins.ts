/** Random small Mdps and slow, obvious twins of the exact solvers. */
import fc from 'fast-check'
import { mdpOf } from '../src/mdp/build.ts'
import { deterministicPolicy } from '../src/mdp/greedy.ts'
import type { Mdp, Outcome } from '../src/mdp/mdp.ts'
import type { Policy } from '../src/mdp/policy.ts'

/** The Mdp of the given outcomes. */
export function build(
  states: number,
  actions: number,
  discount: number,
  outcomes: Outcome[],
  terminal: number[] = [],
): Mdp {
  const result = mdpOf({ states, actions, discount, outcomes, terminal })
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.value
}

/** Random Mdps with 1-5 states, 1-3 actions, terminal states, discounts from 0 to 1 - 1e-4 and up to 3 outcomes a pair. */
export const mdps: fc.Arbitrary<Mdp> = fc
  .record({
    states: fc.integer({ min: 1, max: 5 }),
    actions: fc.integer({ min: 1, max: 3 }),
    discount: fc.constantFrom(0, 0.3, 0.9, 0.99, 0.9999),
    terminals: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    draws: fc.array(
      fc.array(fc.tuple(fc.nat(4), fc.integer({ min: 1, max: 9 }), fc.integer({ min: -8, max: 8 })), {
        minLength: 1,
        maxLength: 3,
      }),
      { minLength: 15, maxLength: 15 },
    ),
  })
  .map(({ states, actions, discount, terminals, draws }) => {
    const outcomes = Array.from({ length: states * actions }, (_, z): Outcome[] => {
      const pair = draws[z] as [number, number, number][]
      const total = pair.reduce((sum, [, weight]) => sum + weight, 0)
      return pair.map(([next, weight, reward]) => [
        Math.floor(z / actions),
        z % actions,
        next % states,
        weight / total,
        reward / 8,
      ])
    })
    const terminal = terminals.slice(0, states).flatMap((flag, state) => (flag && state > 0 ? [state] : []))
    return build(states, actions, discount, outcomes.flat(), terminal)
  })

/** The obvious backup: sum over outcomes of p * (r + gamma * v(next)), nothing from terminal states. */
export function plainBackup(mdp: Mdp, z: number, v: ArrayLike<number>): number {
  let sum = 0
  for (let i = mdp.start[z] as number; i < (mdp.start[z + 1] as number); i++) {
    const next = mdp.next[i] as number
    const later = mdp.terminal[next] === 1 ? 0 : (v[next] as number)
    sum += (mdp.probability[i] as number) * ((mdp.reward[i] as number) + mdp.discount * later)
  }
  return sum
}

/** Solves a dense system by Gauss-Jordan elimination with pivoting. */
function gaussJordan(matrix: number[][], b: number[]): number[] {
  const n = b.length
  const rows = matrix.map((row, i) => [...row, b[i] as number])
  for (let k = 0; k < n; k++) {
    let pivot = k
    for (let i = k; i < n; i++)
      if (Math.abs(rows[i]?.[k] as number) > Math.abs(rows[pivot]?.[k] as number)) pivot = i
    ;[rows[k], rows[pivot]] = [rows[pivot] as number[], rows[k] as number[]]
    const top = rows[k] as number[]
    for (let i = 0; i < n; i++) {
      const factor = i === k ? 0 : (rows[i]?.[k] as number) / (top[k] as number)
      rows[i] = (rows[i] as number[]).map((value, j) => value - factor * (top[j] as number))
    }
  }
  return rows.map((row, i) => (row[n] as number) / (row[i] as number))
}

/** V^pi by a dense solve of (I - gamma P_pi) v = r_pi. */
export function plainValues(mdp: Mdp, policy: Policy): number[] {
  const matrix = Array.from({ length: mdp.states }, (_, i) =>
    Array.from({ length: mdp.states }, (__, j) => (i === j ? 1 : 0)),
  )
  const b = Array.from({ length: mdp.states }, () => 0)
  for (let state = 0; state < mdp.states; state++) {
    if (mdp.terminal[state] === 1) continue
    for (let z = state * mdp.actions; z < (state + 1) * mdp.actions; z++) {
      b[state] =
        (b[state] as number) + (policy[z] as number) * plainBackup(mdp, z, new Float64Array(mdp.states))
      for (let i = mdp.start[z] as number; i < (mdp.start[z + 1] as number); i++) {
        const row = matrix[state] as number[]
        const next = mdp.next[i] as number
        row[next] =
          (row[next] as number) - (policy[z] as number) * mdp.discount * (mdp.probability[i] as number)
      }
    }
  }
  return gaussJordan(matrix, b)
}

/** V* as the best over all deterministic policies, state by state. */
export function bruteForce(mdp: Mdp): number[] {
  const best = Array.from({ length: mdp.states }, () => -Infinity)
  let policies = 1
  for (let state = 0; state < mdp.states; state++) policies *= mdp.actions
  for (let code = 0; code < policies; code++) {
    let rest = code
    const choice = new Uint32Array(mdp.states)
    for (let state = 0; state < mdp.states; state++) {
      choice[state] = rest % mdp.actions
      rest = Math.floor(rest / mdp.actions)
    }
    for (const [state, value] of plainValues(mdp, deterministicPolicy(mdp, choice)).entries()) {
      best[state] = Math.max(best[state] as number, value)
    }
  }
  return best
}

export const distance = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0)

/** Rounding error of the dense twins: their conditioning is 1 / (1 - gamma) and their values grow as much. */
export const twinError = (mdp: Mdp): number => 1e-14 / ((1 - mdp.discount) * (1 - mdp.discount)) + 1e-13

export const uniform = (mdp: Mdp): Policy => new Float64Array(mdp.states * mdp.actions).fill(1 / mdp.actions)

/** Full rows of positive weights, drawn from the Mdp's own size. */
export const stochastic = (mdp: Mdp, weights: readonly number[]): Policy =>
  uniform(mdp).map((_, z) => {
    const row = Math.floor(z / mdp.actions) * mdp.actions
    const weight = (pair: number): number => weights[pair % weights.length] as number
    let sum = 0
    for (let pair = row; pair < row + mdp.actions; pair++) sum += weight(pair)
    return weight(z) / sum
  })

export const weightLists = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 4, maxLength: 7 })

/** A random walk on `states` states with one action left and one right that slips, rewarded at the right end. */
export const walk = (states: number, discount: number): Mdp =>
  build(
    states,
    2,
    discount,
    Array.from({ length: states }, (_, s): Outcome[] => {
      const [left, right] = [Math.max(0, s - 1), Math.min(states - 1, s + 1)]
      return [
        [s, 0, left, 1, s === 0 ? 0.005 : 0],
        [s, 1, right, 0.6, s === states - 1 ? 1 : 0],
        [s, 1, left, 0.4, 0],
      ]
    }).flat(),
  )
