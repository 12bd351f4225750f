/**
 * The fold: how a server (and the kernel that simulates one) averages the changes that agents report, over touched entries only.
 *
 * Woo, Joshi, Chi 2025, eq. (24)-(27): Q_t(s,a) = sum_k alpha^k Q^k(s,a), alpha^k proportional to w^(N^k), w = 1/(1-eta) for
 * importance averaging and 1 for equal averaging. All agents start a round from one table, so only changes are folded. Weights are
 * taken relative to the entry's largest count, so that none exceeds 1 and nothing overflows:
 *
 *   alpha^k = (1-eta)^(largest - N^k) / sum over all K agents, those that did not report the entry having N = 0 and change 0.
 *
 * The order of the operations below is part of every published result.
 */

/** Powers below this are taken as 0: they cannot matter beside a weight of 1, and denormal numbers are slow. */
const FLUSH = 1e-30

/**
 * base^0, base^1, ... by repeated multiplication, up to exponent `most` or to the first power that is flushed to 0, whichever is first.
 * For exponents beyond the end the last entry counts: 0 where base < 1, 1 where base = 1.
 * @param base 1 - eta for importance averaging, 1 for equal averaging
 * @param most the largest exponent asked for
 */
export function powers(base: number, most: number): Float64Array {
  if (base === 1) return Float64Array.of(1)
  const list = [1]
  for (let power = base, n = 1; n <= most; n++, power *= base) {
    list.push(power > FLUSH ? power : 0)
    if (power <= FLUSH) break
  }
  return Float64Array.from(list)
}

/** What has been folded so far in a round, per entry. */
export interface Accumulators {
  /** [entries] sum of weight * change */
  readonly sum: Float64Array
  /** [entries] sum of weights */
  readonly weight: Float64Array
  /** [entries] largest visit count */
  readonly largest: Uint32Array
  /** [entries] how many agents reported the entry: 0 means untouched */
  readonly reports: Uint32Array
  /** [entries] the first `size` are the touched entries, in the order of first touch */
  readonly touched: Uint32Array
  size: number
}

/** Empty accumulators for a table of `entries` entries. */
export function accumulators(entries: number): Accumulators {
  return {
    sum: new Float64Array(entries),
    weight: new Float64Array(entries),
    largest: new Uint32Array(entries),
    reports: new Uint32Array(entries),
    touched: new Uint32Array(entries),
    size: 0,
  }
}

/** Folds one agent's change of one entry, which it visited `visits` times in the round. */
export function foldEntry(
  into: Accumulators,
  power: Float64Array,
  entry: number,
  change: number,
  visits: number,
): void {
  const last = power.length - 1
  const before = into.largest[entry] as number
  const largest = visits > before ? visits : before
  const keep = power[Math.min(largest - before, last)] as number
  const own = power[Math.min(largest - visits, last)] as number
  into.sum[entry] = (into.sum[entry] as number) * keep + own * change
  into.weight[entry] = (into.weight[entry] as number) * keep + own
  into.largest[entry] = largest
  const reports = into.reports[entry] as number
  if (reports === 0) into.touched[into.size++] = entry
  into.reports[entry] = reports + 1
}

/**
 * Folds one agent's changes of all entries, [entries], for which it tells no visits: as {@link foldEntry} of each with 0 visits, whose
 * factors are 1 where nobody told any.
 */
export function foldAll(into: Accumulators, power: Float64Array, changes: Float64Array): void {
  for (let entry = 0; entry < changes.length; entry++) {
    const change = changes[entry] as number
    if (into.largest[entry] !== 0) {
      foldEntry(into, power, entry, change, 0)
      continue
    }
    into.sum[entry] = (into.sum[entry] as number) + change
    into.weight[entry] = (into.weight[entry] as number) + 1
    const reports = into.reports[entry] as number
    if (reports === 0) into.touched[into.size++] = entry
    into.reports[entry] = reports + 1
  }
}

/** Ends a round of `agents` agents: adds the weighted mean change to the touched entries of `table` and empties the accumulators. */
export function finishRound(
  into: Accumulators,
  power: Float64Array,
  agents: number,
  table: Float64Array,
): void {
  const last = power.length - 1
  for (let i = 0; i < into.size; i++) {
    const entry = into.touched[i] as number
    const silent =
      (agents - (into.reports[entry] as number)) *
      (power[Math.min(into.largest[entry] as number, last)] as number)
    table[entry] =
      (table[entry] as number) + (into.sum[entry] as number) / ((into.weight[entry] as number) + silent)
    into.sum[entry] = 0
    into.weight[entry] = 0
    into.largest[entry] = 0
    into.reports[entry] = 0
  }
  into.size = 0
}
