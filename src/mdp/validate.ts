/** What makes an {@link Mdp} well formed, checked piece by piece. Where a piece came from is the caller's to say. */
import type { Issue } from '../numeric/result.ts'
import type { Issues } from './issues.ts'
import { shown } from './issues.ts'
import type { Mdp } from './mdp.ts'

/** How far from 1 the sum of a row of probabilities may lie. */
export const SUM_TOLERANCE = 1e-9

/** S * A of the largest problem that is accepted: tables of that many numbers still fit in memory. */
export const MOST_PAIRS = 100_000_000

/** Larger rewards, either way, are refused: the square of a value, which is at most 1e16 times as large, must not overflow. */
export const LARGEST_REWARD = 1e100

/** Whether a reward is a number in [-1e100, 1e100]. */
export const isReward = (x: number): boolean => Math.abs(x) <= LARGEST_REWARD

const isCount = (x: unknown): boolean => typeof x === 'number' && Number.isInteger(x) && x >= 1

/** Sizes and discount: integers S, A >= 1 with S * A <= {@link MOST_PAIRS}, and 0 <= gamma < 1. */
export function checkSizes(found: Issues, states: unknown, actions: unknown, discount: unknown): void {
  if (!isCount(states)) found.add(['states'], `expected an integer >= 1, got ${shown(states)}`)
  if (!isCount(actions)) found.add(['actions'], `expected an integer >= 1, got ${shown(actions)}`)
  if (isCount(states) && isCount(actions) && Number(states) * Number(actions) > MOST_PAIRS)
    found.add(
      ['states'],
      `expected states * actions <= ${MOST_PAIRS}, got ${Number(states) * Number(actions)}`,
    )
  if (typeof discount !== 'number' || !(discount >= 0 && discount < 1))
    found.add(['discount'], `expected a number in [0, 1), got ${shown(discount)}`)
}

/** [S] 1 for every listed state; adds an issue for an index that is none. */
export function terminalOf(found: Issues, states: number, list: readonly unknown[]): Uint8Array {
  const terminal = new Uint8Array(states)
  for (const [i, state] of list.entries()) {
    if (isIndex(state, states)) terminal[state] = 1
    else found.add(['terminal', i], `expected a state, an integer in [0, ${states}), got ${shown(state)}`)
  }
  if (!terminal.includes(0))
    found.add(['terminal'], `expected at least one state that is not terminal, got all ${states}`)
  return terminal
}

/** Whether x is an integer in [0, bound). */
export const isIndex = (x: unknown, bound: number): x is number =>
  typeof x === 'number' && Number.isInteger(x) && x >= 0 && x < bound

/** rho, [S], uniform over the states that are not terminal. */
export function uniformInitial(terminal: Uint8Array): Float64Array {
  const free = terminal.reduce((n, flag) => n + (flag === 0 ? 1 : 0), 0)
  return Float64Array.from(terminal, (flag) => (flag === 0 ? 1 / free : 0))
}

/** An initial law: S finite numbers >= 0 that sum to 1 within {@link SUM_TOLERANCE}, none on a terminal state. */
export function checkInitial(found: Issues, initial: ArrayLike<unknown>, terminal: Uint8Array): void {
  if (initial.length !== terminal.length) {
    found.add(['initial'], `expected ${terminal.length} probabilities, one per state, got ${initial.length}`)
    return
  }
  let sum = 0
  for (let state = 0; state < initial.length && !found.full(); state++) {
    const p = initial[state]
    if (typeof p !== 'number' || !Number.isFinite(p) || p < 0)
      found.add(['initial', state], `expected a finite number >= 0, got ${shown(p)}`)
    else if (p > 0 && terminal[state] === 1)
      found.add(['initial', state], `expected 0, as state ${state} is terminal, got ${shown(p)}`)
    sum += Number(p)
  }
  if (!found.full() && Math.abs(sum - 1) > SUM_TOLERANCE)
    found.add(
      ['initial'],
      `expected probabilities that sum to 1 within ${SUM_TOLERANCE}, got a sum of ${round(sum)}`,
    )
}

/**
 * The rows of every state that is not terminal sum to 1 within {@link SUM_TOLERANCE}.
 * @param at where in the input the outcomes of a pair stand
 */
export function checkRows(
  found: Issues,
  mdp: Mdp,
  at: (state: number, action: number) => Issue['path'],
): void {
  for (let pair = 0; pair < mdp.states * mdp.actions && !found.full(); pair++) {
    const state = Math.floor(pair / mdp.actions)
    if (mdp.terminal[state] === 1) continue
    const first = mdp.start[pair] as number
    const end = mdp.start[pair + 1] as number
    let sum = 0
    for (let i = first; i < end; i++) sum += mdp.probability[i] as number
    if (Math.abs(sum - 1) <= SUM_TOLERANCE) continue
    const action = pair % mdp.actions
    const got = first === end ? 'none' : `a sum of ${round(sum)}`
    found.add(
      at(state, action),
      `expected outcomes of state ${state}, action ${action} whose probabilities sum to 1 within ${SUM_TOLERANCE}, got ${got}`,
    )
  }
}

/** Twelve digits: more than the tolerance resolves, without the noise of the last bits. */
const round = (x: number): string => String(Number(x.toPrecision(12)))
