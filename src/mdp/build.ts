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
  const { states, actions, discount } = ingredients
  const found = issues()
  checkSizes(found, states, actions, discount)
  if (found.list.length > 0) return { ok: false, issues: found.list }
  const terminal = terminalOf(found, states, ingredients.terminal ?? [])
  const initial =
    ingredients.initial === undefined ? uniformInitial(terminal) : Float64Array.from(ingredients.initial)
  if (ingredients.initial !== undefined) checkInitial(found, initial, terminal)
  checkOutcomes(found, states, actions, columns)
  if (found.list.length > 0) return { ok: false, issues: found.list }
  const mdp = { states, actions, discount, initial, terminal, ...sorted(states, actions, columns) }
  checkRows(found, mdp, at)
  return found.list.length > 0 ? { ok: false, issues: found.list } : { ok: true, value: mdp }
}

/** Each outcome on its own: indices in range, finite numbers, probability >= 0. */
function checkOutcomes(found: Issues, states: number, actions: number, columns: OutcomeColumns): void {
  const { state, action, next, probability, reward } = columns
  const told = (i: number, place: number, expected: string, got: number): void =>
    found.add(['transitions', i, place], `expected ${expected}, got ${shown(got)}`)
  for (let i = 0; i < state.length && !found.full(); i++) {
    const s = state[i] as number
    const a = action[i] as number
    const n = next[i] as number
    const p = probability[i] as number
    const r = reward[i] as number
    if (!isIndex(s, states)) told(i, 0, `a state, an integer in [0, ${states})`, s)
    if (!isIndex(a, actions)) told(i, 1, `an action, an integer in [0, ${actions})`, a)
    if (!isIndex(n, states)) told(i, 2, `a next state, an integer in [0, ${states})`, n)
    if (!Number.isFinite(p) || p < 0) told(i, 3, 'a probability, a finite number >= 0', p)
    if (!isReward(r)) told(i, 4, `a reward, a number in [${-LARGEST_REWARD}, ${LARGEST_REWARD}]`, r)
  }
}

/** The outcomes in the order of their pairs, stable, by counting. */
function sorted(
  states: number,
  actions: number,
  columns: OutcomeColumns,
): Pick<Mdp, 'start' | 'next' | 'probability' | 'reward'> {
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
export function familyMdp(ingredients: Ingredients, outcomes: OutcomeList): Mdp {
  const result = mdpOfColumns(ingredients, outcomes.columns())
  if (result.ok) return result.value
  throw new Error(
    `familyMdp: ${result.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`,
  )
}
