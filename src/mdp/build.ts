/** From a list of outcomes to an {@link Mdp}: validated, with the outcomes of each pair side by side. */
import type { Issue, Result } from '../numeric/result.ts'
import type { Issues } from './issues.ts'
import { issues, shown } from './issues.ts'
import type { Mdp, Outcome } from './mdp.ts'
import {
  checkInitial,
  checkRows,
  checkSizes,
  isIndex,
  isReward,
  LARGEST_REWARD,
  terminalOf,
  uniformInitial,
} from './validate.ts'

/** Outcomes by column, in any order: a growing list of numbers without an object for each. */
export interface OutcomeList {
  readonly length: number
  /** appends the outcome (state, action, next, probability, reward) */
  add(state: number, action: number, next: number, probability: number, reward: number): void
  /** five views of [length] numbers, valid until the next `add` */
  columns(): OutcomeColumns
}

/** [n] each. */
export interface OutcomeColumns {
  readonly state: Float64Array
  readonly action: Float64Array
  readonly next: Float64Array
  readonly probability: Float64Array
  readonly reward: Float64Array
}

/** The outcomes of an {@link Mdp}, those of each pair side by side. */
export type OutcomeRows = Pick<Mdp, 'start' | 'next' | 'probability' | 'reward'>

/** Rows of `pairs` pairs with `each` outcomes a pair, all of them next state 0, probability 0 and reward 0 until they are filled. */
export function equalRows(pairs: number, each: number): OutcomeRows {
  const outcomes = pairs * each
  return {
    start: Uint32Array.from({ length: pairs + 1 }, (_, pair) => pair * each),
    next: new Uint32Array(outcomes),
    probability: new Float64Array(outcomes),
    reward: new Float64Array(outcomes),
  }
}

/** An empty list with room for `capacity` outcomes; it grows when that is used up. */
export function outcomeList(capacity = 64): OutcomeList {
  let data = columnsOf(Math.max(1, capacity))
  let length = 0
  return {
    get length() {
      return length
    },
    add: (state, action, next, probability, reward) => {
      if (length === data.state.length) data = copied(data, 2 * length)
      data.state[length] = state
      data.action[length] = action
      data.next[length] = next
      data.probability[length] = probability
      data.reward[length] = reward
      length++
    },
    columns: () => mapColumns(data, (column) => column.subarray(0, length)),
  }
}

const mapColumns = (
  from: OutcomeColumns,
  change: (column: Float64Array) => Float64Array,
): OutcomeColumns => ({
  state: change(from.state),
  action: change(from.action),
  next: change(from.next),
  probability: change(from.probability),
  reward: change(from.reward),
})

function columnsOf(room: number): OutcomeColumns {
  const empty = (): Float64Array => new Float64Array(room)
  return { state: empty(), action: empty(), next: empty(), probability: empty(), reward: empty() }
}

const copied = (from: OutcomeColumns, room: number): OutcomeColumns =>
  mapColumns(from, (column) => {
    const wider = new Float64Array(room)
    wider.set(column)
    return wider
  })

/** What an Mdp is made of, before validation. */
export interface Ingredients {
  readonly states: number
  readonly actions: number
  /** gamma */
  readonly discount: number
  /** rho, [S]; by default uniform over the states that are not terminal */
  readonly initial?: ArrayLike<number>
  /** indices of the terminal states; by default none */
  readonly terminal?: readonly number[]
}

/**
 * The Mdp of the given outcomes, which keep their order within a pair. Two outcomes of one pair with the same next state stay two.
 * Refused, with the place and what came: sizes or a discount out of range, indices out of range, numbers that are not finite, negative
 * probabilities, rows of non-terminal states that do not sum to 1 within 1e-9, mass of `initial` on a terminal state, no state left
 * that is not terminal. Outcomes have paths ['transitions', i, 0..4].
 */
export function mdpOf(ingredients: Ingredients & { readonly outcomes: Iterable<Outcome> }): Result<Mdp> {
  const list = outcomeList()
  for (const outcome of ingredients.outcomes) list.add(...outcome)
  return mdpOfColumns(ingredients, list.columns())
}

/**
 * As {@link mdpOf}, for outcomes by column: 2,000,000 of them take a fraction of a second.
 * @param at where the outcomes of a pair stand in the input, for issues about the whole row; by default ['transitions', the first of them]
 */
export function mdpOfColumns(
  ingredients: Ingredients,
  columns: OutcomeColumns,
  at = (state: number, action: number): Issue['path'] => placeOfPair(columns, state, action),
): Result<Mdp> {
  const { states, actions } = ingredients
  return validated(
    ingredients,
    (found) => checkOutcomes(found, states, actions, columns),
    () => sorted(states, actions, columns),
    at,
  )
}

/** The Mdp of the rows that `rows` gives once `check` has found no fault in their outcomes. */
function validated(
  ingredients: Ingredients,
  check: (found: Issues) => void,
  rows: () => OutcomeRows,
  at: (state: number, action: number) => Issue['path'],
): Result<Mdp> {
  const { states, actions, discount } = ingredients
  const found = issues()
  checkSizes(found, states, actions, discount)
  if (found.list.length > 0) return { ok: false, issues: found.list }
  const terminal = terminalOf(found, states, ingredients.terminal ?? [])
  const initial =
    ingredients.initial === undefined ? uniformInitial(terminal) : Float64Array.from(ingredients.initial)
  if (ingredients.initial !== undefined) checkInitial(found, initial, terminal)
  check(found)
  if (found.list.length > 0) return { ok: false, issues: found.list }
  const mdp = { states, actions, discount, initial, terminal, ...rows() }
  checkRows(found, mdp, at)
  return found.list.length > 0 ? { ok: false, issues: found.list } : { ok: true, value: mdp }
}

/** Each outcome on its own: indices in range, finite numbers, probability >= 0. */
function checkOutcomes(found: Issues, states: number, actions: number, columns: OutcomeColumns): void {
  const { state, action, next, probability, reward } = columns
  for (let i = 0; i < state.length && !found.full(); i++) {
    const s = state[i] as number
    const a = action[i] as number
    if (!isIndex(s, states)) tell(found, i, 0, `a state, an integer in [0, ${states})`, s)
    if (!isIndex(a, actions)) tell(found, i, 1, `an action, an integer in [0, ${actions})`, a)
    checkOutcome(found, states, i, next[i] as number, probability[i] as number, reward[i] as number)
  }
}

function checkOutcome(found: Issues, states: number, i: number, next: number, p: number, r: number): void {
  if (!isIndex(next, states)) tell(found, i, 2, `a next state, an integer in [0, ${states})`, next)
  if (!Number.isFinite(p) || p < 0) tell(found, i, 3, 'a probability, a finite number >= 0', p)
  if (!isReward(r)) tell(found, i, 4, `a reward, a number in [${-LARGEST_REWARD}, ${LARGEST_REWARD}]`, r)
}

const tell = (found: Issues, i: number, place: number, expected: string, got: number): void =>
  found.add(['transitions', i, place], `expected ${expected}, got ${shown(got)}`)

/** The outcomes in the order of their pairs, stable, by counting. */
function sorted(states: number, actions: number, columns: OutcomeColumns): OutcomeRows {
  const n = columns.state.length
  const start = new Uint32Array(states * actions + 1)
  const pairOf = (i: number): number => (columns.state[i] as number) * actions + (columns.action[i] as number)
  for (let i = 0; i < n; i++) start[pairOf(i) + 1] = (start[pairOf(i) + 1] as number) + 1
  for (let z = 1; z < start.length; z++) start[z] = (start[z] as number) + (start[z - 1] as number)
  const place = start.slice(0, -1)
  const next = new Uint32Array(n)
  const probability = new Float64Array(n)
  const reward = new Float64Array(n)
  for (let i = 0; i < n; i++) {
    const pair = pairOf(i)
    const at = place[pair] as number
    place[pair] = at + 1
    next[at] = columns.next[i] as number
    probability[at] = columns.probability[i] as number
    reward[at] = columns.reward[i] as number
  }
  return { start, next, probability, reward }
}

/** ['transitions', first outcome of the pair], or ['transitions'] where it has none. */
function placeOfPair(columns: OutcomeColumns, state: number, action: number): (string | number)[] {
  const first = columns.state.findIndex((s, i) => s === state && columns.action[i] === action)
  return first < 0 ? ['transitions'] : ['transitions', first]
}

/**
 * The Mdp of outcomes that a family made itself.
 * @throws Error when they are not well formed, which is a fault of the family
 */
export const familyMdp = (ingredients: Ingredients, outcomes: OutcomeList): Mdp =>
  faultless(mdpOfColumns(ingredients, outcomes.columns()))

/**
 * As {@link familyMdp}, of outcomes that stand in rows already; the Mdp keeps the arrays.
 * @throws Error as {@link familyMdp} does
 */
export function familyMdpOfRows(ingredients: Ingredients, rows: OutcomeRows): Mdp {
  const { next, probability, reward } = rows
  const check = (found: Issues): void => {
    for (let i = 0; i < next.length && !found.full(); i++)
      checkOutcome(
        found,
        ingredients.states,
        i,
        next[i] as number,
        probability[i] as number,
        reward[i] as number,
      )
  }
  return faultless(
    validated(
      ingredients,
      check,
      () => rows,
      () => ['transitions'],
    ),
  )
}

function faultless(result: Result<Mdp>): Mdp {
  if (result.ok) return result.value
  throw new Error(
    `familyMdp: ${result.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
  )
}
