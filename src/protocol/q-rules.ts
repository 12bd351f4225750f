/**
 * What an Update of federated Q-learning must be, given the Task that it answers: who takes so many steps from such a table, with rewards in
 * such a range, can only have come to such a table. So no Update can move the common table out of the values that there are.
 */
import type { Issue } from '../numeric/result.ts'
import type { QTask, QUpdate } from './q-messages.ts'

/** What a receiver knows of honest agents. */
export interface QRules {
  /** whether an agent reports the entries that it visited, one a step, or always all of them */
  readonly reports: 'visited' | 'all'
  /** whether agents begin with tables of their own, which their first Updates hold as a whole */
  readonly perAgent: boolean
  /** every entry of every table of an agent lies in it */
  readonly bounds: readonly [low: number, high: number]
}

/** Sums of many roundings may leave the bounds by this share of them. */
const SLACK = 1e-6

/**
 * The smallest interval that steps of Q-learning never leave: the values of the reward range, 0 (of terminal states) and the first tables.
 * For (1 - eta) Q + eta (r + gamma m) lies between the least and the largest of Q, r and r + gamma m, and r / (1 - gamma) is the fixed point.
 * @param values the reward range divided by 1 - gamma
 * @param initial of the first tables, where it is a number
 */
export function tableBounds(
  values: readonly [low: number, high: number],
  initial: unknown,
): [low: number, high: number] {
  const first = typeof initial === 'number' ? initial : 0
  return [Math.min(0, values[0], first), Math.max(0, values[1], first)]
}

/** What is wrong with an Update of the right shape that answers `task`; empty where nothing is. */
export function qUpdateIssues(update: QUpdate, task: QTask, rules: QRules): Issue[] {
  const all = rules.reports === 'all' || (rules.perAgent && task.round === 0)
  if (all !== (update.entries === null))
    return [{ path: ['entries'], message: all ? 'expected none, for all are reported' : 'expected those that were visited, got none' }] // prettier-ignore
  return [...countIssues(update, task.steps), ...boundIssues(update, task.table, rules.bounds)]
}

/** One entry is visited in each step. */
function countIssues({ entries, visits }: QUpdate, steps: number): Issue[] {
  if (entries !== null && (entries.length === 0 || entries.length > steps))
    return [{ path: ['entries'], message: `expected 1 to ${steps}, one for each step at most, got ${entries.length}` }] // prettier-ignore
  if (visits === null) return []
  let sum = 0
  for (let i = 0; i < visits.length; i++) {
    sum += visits[i] as number
    if (entries !== null && visits[i] === 0)
      return [{ path: ['visits', i], message: 'expected at least 1, got 0' }]
  }
  return sum === steps ? [] : [{ path: ['visits'], message: `expected ${steps} in all, one for each step, got ${sum}` }] // prettier-ignore
}

function boundIssues(
  { entries, changes }: QUpdate,
  table: Float64Array,
  [low, high]: QRules['bounds'],
): Issue[] {
  const slack = SLACK * Math.max(-low, high)
  const bad = firstBeyond(entries, changes, table, low - slack, high + slack)
  if (bad < 0) return []
  const value = (table[entries?.[bad] ?? bad] as number) + (changes[bad] as number)
  return [{ path: ['changes', bad], message: `expected a change to a value in [${low}, ${high}], which rewards and discount imply, got one to ${value}` }] // prettier-ignore
}

/** Where the first change to a value outside [low, high] stands, NaN included; -1 where none does. Two loops: each takes half as long as one for both. */
function firstBeyond(
  entries: Uint32Array | null,
  changes: Float64Array,
  table: Float64Array,
  low: number,
  high: number,
): number {
  if (entries === null) {
    for (let i = 0; i < changes.length; i++) {
      const value = (table[i] as number) + (changes[i] as number)
      if (!(value >= low && value <= high)) return i
    }
    return -1
  }
  for (let i = 0; i < changes.length; i++) {
    const value = (table[entries[i] as number] as number) + (changes[i] as number)
    if (!(value >= low && value <= high)) return i
  }
  return -1
}
