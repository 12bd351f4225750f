/**
 * Alias tables (Walker 1977, Vose 1991): one random word picks an outcome of a fixed distribution in constant time.
 * This file defines, for the kernels, their twins and real agents alike, how a word becomes an outcome:
 *
 *   a row of n outcomes has 2^p columns, p = max(1, ceil(log2 n));
 *   column = the top p bits of the word, remainder = the bits below them, as the top of a `thresholdBits`-bit number;
 *   outcome = column if remainder < threshold[column], else alias[column].
 *
 * A probability is met to within 2^-32 per column with 31-bit thresholds, and to within 2^-(24+p) with 24-bit ones.
 */

/** Resolution of the thresholds of next states and start states, bits. */
export const STATE_BITS = 31
/** Resolution of the thresholds of actions, bits: the behaviour does not enter Q*, so fewer do. */
export const ACTION_BITS = 24

/** Alias tables of many rows. Row i has 2^(32 - shift[i]) columns from offset[i] on, or none if it has no outcomes. */
export interface AliasTables {
  readonly thresholdBits: number
  /** [rows] first column of each row */
  readonly offset: Uint32Array
  /** [rows] 32 - p */
  readonly shift: Uint8Array
  /** [columns] in [0, 2^thresholdBits) */
  readonly threshold: Uint32Array
  /** [columns] index of an outcome within its row */
  readonly alias: Uint32Array
}

/** 2^n for n in [0, 31]. */
const twoTo = (n: number): number => (1 << n) >>> 0

/** 32 - p of a row of so many outcomes, p = max(1, ceil(log2 outcomes)). */
export const rowShift = (outcomes: number): number => (outcomes < 2 ? 31 : Math.clz32(outcomes - 1))

/** Where the columns of each row of alias tables lie, which their numbers of outcomes alone decide. */
export interface AliasLayout extends Pick<AliasTables, 'offset' | 'shift'> {
  /** of all rows together */
  readonly columns: number
  /** of the row that has most */
  readonly widest: number
}

/** The layout of rows with outcomes start[i] .. start[i+1]. @param start [rows + 1] */
export function aliasLayout(start: Uint32Array): AliasLayout {
  const rows = start.length - 1
  const offset = new Uint32Array(rows)
  const shift = new Uint8Array(rows)
  let [columns, widest] = [0, 0]
  for (let row = 0; row < rows; row++) {
    const outcomes = (start[row + 1] as number) - (start[row] as number)
    offset[row] = columns
    shift[row] = rowShift(outcomes)
    const width = outcomes === 0 ? 0 : twoTo(32 - rowShift(outcomes))
    columns += width
    widest = Math.max(widest, width)
  }
  return { offset, shift, columns, widest }
}

/**
 * Alias tables of the rows `probability[start[i] .. start[i+1])`.
 * @param probability outcomes' probabilities, each row summing to 1 (to rounding)
 * @param start [rows + 1] where each row starts; a row without outcomes gets no columns and must not be drawn from
 */
export function aliasTables(
  probability: Float64Array,
  start: Uint32Array,
  thresholdBits: number,
): AliasTables {
  const { offset, shift, columns, widest } = aliasLayout(start)
  const threshold = new Uint32Array(columns)
  const alias = new Uint32Array(columns)
  const build = rowBuilder(thresholdBits, widest)
  for (let row = 0; row < offset.length; row++) {
    if (start[row] === start[row + 1]) continue
    const from = offset[row] as number
    const to = from + twoTo(32 - (shift[row] as number))
    build(
      probability.subarray(start[row], start[row + 1]),
      threshold.subarray(from, to),
      alias.subarray(from, to),
    )
  }
  return { thresholdBits, offset, shift, threshold, alias }
}

/** Fills `threshold` and `alias`, [2^p] both, for the outcomes of one row. */
export type RowBuilder = (probability: Float64Array, threshold: Uint32Array, alias: Uint32Array) => void

/**
 * Builds rows one at a time, for callers that lay the columns out in their own way.
 * @param widest columns of the widest row to come
 */
export function rowBuilder(thresholdBits: number, widest: number): RowBuilder {
  const scratch = { scaled: new Float64Array(widest), waiting: new Uint32Array(widest) }
  return (probability, threshold, alias) => vose(probability, thresholdBits, threshold, alias, scratch)
}

/** What the construction of a row works on, [2^p] at least. */
interface Scratch {
  readonly scaled: Float64Array
  readonly waiting: Uint32Array
}

/** Vose's construction for one row, into `threshold` and `alias` of 2^p columns. */
function vose(
  probability: Float64Array,
  thresholdBits: number,
  threshold: Uint32Array,
  alias: Uint32Array,
  { scaled, waiting }: Scratch,
): void {
  const columns = threshold.length
  const scale = twoTo(thresholdBits)
  const steps = Math.min(scale, 4294967296 / columns)
  // Two stacks in one array: columns below 1 lie in [0, small), the others in [large, columns), the last to come at their inner ends.
  let [small, large] = [0, columns]
  for (let column = 0; column < columns; column++) {
    const share = column < probability.length ? (probability[column] as number) * columns : 0
    scaled[column] = share
    // Both ends are written and one of them moves: a branch would be guessed wrong every other time.
    const poor = Number(share < 1)
    waiting[small] = column
    waiting[large - 1] = column
    small += poor
    large += poor - 1
  }
  const full = (column: number): void => {
    threshold[column] = scale - 1
    alias[column] = column
  }
  while (small > 0 && large < columns) {
    const poor = waiting[--small] as number
    const rich = waiting[large] as number
    const own = Math.round((scaled[poor] as number) * steps)
    if (own === steps) full(poor)
    else {
      threshold[poor] = own * (scale / steps)
      alias[poor] = rich
    }
    // What rounding gave to the poor column, or took from it, the rich one makes up for.
    const left = (scaled[rich] as number) + own / steps - 1
    scaled[rich] = left
    const spent = Number(left < 1)
    waiting[small] = rich
    small += spent
    large += spent
  }
  for (const column of waiting.subarray(large, columns)) full(column)
  // Rounding can leave a column over: one that stands for an outcome is full, padding goes to the likeliest outcome.
  for (const column of waiting.subarray(0, small)) {
    if ((probability[column] ?? 0) > 0) full(column)
    else {
      threshold[column] = 0
      alias[column] = likeliest(probability)
    }
  }
}

const likeliest = (probability: Float64Array): number => {
  let best = 0
  for (let i = 1; i < probability.length; i++)
    if ((probability[i] as number) > (probability[best] as number)) best = i
  return best
}

/** The outcome that `word` picks in `row`: an index within the row. */
export function pick(tables: AliasTables, row: number, word: number): number {
  const shift = tables.shift[row] as number
  const column = word >>> shift
  const remainder = (word << (32 - shift)) >>> (32 - tables.thresholdBits)
  const slot = (tables.offset[row] as number) + column
  return remainder < (tables.threshold[slot] as number) ? column : (tables.alias[slot] as number)
}

/**
 * The probabilities that the quantised tables really give the outcomes of one row, counted over all 2^32 words.
 * @returns [outcomes], summing to 1 exactly up to rounding of the sum
 */
export function sampledProbabilities(tables: AliasTables, row: number, outcomes: number): Float64Array {
  const shift = tables.shift[row] as number
  const words = twoTo(shift)
  const step = twoTo(tables.thresholdBits) / words
  const result = new Float64Array(outcomes)
  const offset = tables.offset[row] as number
  for (let column = 0; column < twoTo(32 - shift); column++) {
    const own = Math.min(words, Math.ceil((tables.threshold[offset + column] as number) / step))
    const other = tables.alias[offset + column] as number
    if (own > 0) result[column] = (result[column] as number) + own / 4294967296
    if (own < words) result[other] = (result[other] as number) + (words - own) / 4294967296
  }
  return result
}
