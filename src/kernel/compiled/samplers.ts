/** Alias tables in the layouts that the compiled kernel reads. A layout changes where a number stands, never what is drawn. */
import type { Mdp } from '../../mdp/mdp.ts'
import type { Policy } from '../../mdp/policy.ts'
import { actionSampler, startSampler } from '../../mdp/sampler.ts'
import { aliasLayout, rowBuilder, rowShift, STATE_BITS } from '../../numeric/alias.ts'

/**
 * Bytes of an outcome column. 4: the outcomes of every pair are all states in order; 8: states fit 16 bits and all rows are of one length;
 * 16: anything. The first two have action columns of 4 bytes, for actions that fit 8 bits, the last of 8.
 */
export type ColumnBytes = 4 | 8 | 16

/** The outcomes of an Mdp, ready to be copied. */
export interface OutcomeColumns {
  /** of 4 bytes: threshold << bits | next of alias; of 8: {threshold, next | next of alias << 16}; of 16: {threshold, next, next of alias, 0} */
  readonly columns: Uint32Array
  /** {reward, reward of alias} a column; null where rewards depend on the pair only */
  readonly rewards: Float64Array | null
  /** [pairs] reward of the pair, where it is the same for all its outcomes */
  readonly pairRewards: Float64Array
  /** {first column, number of columns} a pair, where columns have 16 bytes */
  readonly rows: Uint32Array
  /** log2 of the number of columns of every row, where columns have fewer bytes */
  readonly bits: number
}

/** The number of columns that all rows of non-terminal states have (as a shift), or null when rows differ. */
export function commonShift(mdp: Mdp): number | null {
  let common: number | null = null
  for (let pair = 0; pair < mdp.start.length - 1; pair++) {
    if (mdp.terminal[Math.floor(pair / mdp.actions)] === 1) continue
    const shift = rowShift((mdp.start[pair + 1] as number) - (mdp.start[pair] as number))
    if (common !== null && common !== shift) return null
    common = shift
  }
  return common
}

/** Whether the outcomes of every pair that is ever taken are all states in ascending order. */
export function leadsToAllInOrder({ states, actions, terminal, start, next }: Mdp): boolean {
  for (let pair = 0; pair < start.length - 1; pair++) {
    if (terminal[Math.floor(pair / actions)] === 1) continue
    const from = start[pair] as number
    if ((start[pair + 1] as number) - from !== states) return false
    for (let state = 0; state < states; state++) if (next[from + state] !== state) return false
  }
  return true
}

/** Whether the reward of a pair is the same whatever its outcome, for every pair that is ever taken. */
export function rewardsDependOnPairOnly(mdp: Mdp): boolean {
  for (let pair = 0; pair < mdp.start.length - 1; pair++) {
    if (mdp.terminal[Math.floor(pair / mdp.actions)] === 1) continue
    const from = mdp.start[pair] as number
    for (let i = from + 1; i < (mdp.start[pair + 1] as number); i++)
      if (mdp.reward[i] !== mdp.reward[from]) return false
  }
  return true
}

/** Outcome columns of an Mdp: row by row, for the tables of all rows together would be as large as the columns. */
export function outcomeColumns(mdp: Mdp, bytes: ColumnBytes, byStep: boolean): OutcomeColumns {
  const { offset, shift, columns: all, widest } = aliasLayout(mdp.start)
  const build = rowBuilder(STATE_BITS, widest)
  const [threshold, alias] = [new Uint32Array(widest), new Uint32Array(widest)]
  const pairs = mdp.states * mdp.actions
  const narrow = bytes < 16
  const bits = narrow ? 32 - (commonShift(mdp) ?? 31) : 0
  const perRow = (1 << bits) >>> 0
  const total = narrow ? pairs * perRow : all
  const width = bytes / 4
  const columns = new Uint32Array(total * width)
  const rewards = byStep ? new Float64Array(2 * total) : null
  const rows = new Uint32Array(narrow ? 0 : 2 * pairs)
  const pairRewards = new Float64Array(pairs)
  for (let pair = 0; pair < pairs; pair++) {
    const first = mdp.start[pair] as number
    const end = mdp.start[pair + 1] as number
    const at = narrow ? pair * perRow : (offset[pair] as number)
    if (!narrow) {
      rows[2 * pair] = at
      rows[2 * pair + 1] = (1 << (32 - (shift[pair] as number))) >>> 0
    }
    if (first === end || mdp.terminal[Math.floor(pair / mdp.actions)] === 1) continue
    pairRewards[pair] = mdp.reward[first] as number
    const count = (1 << (32 - (shift[pair] as number))) >>> 0
    build(mdp.probability.subarray(first, end), threshold.subarray(0, count), alias.subarray(0, count))
    for (let column = 0; column < count; column++) {
      const own = first + column < end ? first + column : first
      const other = first + (alias[column] as number)
      const to = width * (at + column)
      columns[to] = threshold[column] as number
      // What a threshold has below the bits of the word that decide is 0, or its column is its own alias.
      if (bytes === 4)
        columns[to] = (((threshold[column] as number) >>> (bits - 1)) << bits) | (alias[column] as number)
      else if (bytes === 8) columns[to + 1] = (mdp.next[own] as number) | ((mdp.next[other] as number) << 16)
      else {
        columns[to + 1] = mdp.next[own] as number
        columns[to + 2] = mdp.next[other] as number
      }
      if (rewards === null) continue
      rewards[2 * (at + column)] = mdp.reward[own] as number
      rewards[2 * (at + column) + 1] = mdp.reward[other] as number
    }
  }
  return { columns, rewards, pairRewards, rows, bits }
}

/** Action columns of a policy; narrow: threshold << 8 | alias, wide: {threshold, alias}. */
export function actionColumns(
  policy: Policy,
  actions: number,
  narrow: boolean,
): { columns: Uint32Array; bits: number } {
  const { threshold, alias, shift } = actionSampler(policy, actions)
  const columns = narrow
    ? threshold.map((value, i) => (value << 8) | (alias[i] as number))
    : Uint32Array.from(
        { length: 2 * threshold.length },
        (_, i) => (i % 2 === 0 ? threshold : alias)[i >> 1] as number,
      )
  return { columns, bits: 32 - (shift[0] ?? 31) }
}

/** A start sampler: {shift, 0}, then columns of {threshold, state, state of alias, 0}. */
export function startColumns(law: Float64Array): Uint32Array {
  const { states, tables } = startSampler(law)
  const shift = tables.shift[0] as number
  const columns = Uint32Array.from({ length: 2 + 4 * tables.threshold.length })
  columns[0] = shift
  tables.threshold.forEach((threshold, i) => {
    columns.set(
      [threshold, states[i] ?? (states[0] as number), states[tables.alias[i] as number] as number],
      2 + 4 * i,
    )
  })
  return columns
}
