/**
 * The compiled kernel: federated tabular Q-learning of many agents, in the stages walk, count, update, fold, finish.
 * AssemblyScript; every address is a byte offset into linear memory, which src/kernel/compiled.ts lays out. It computes what
 * src/kernel/plain.ts computes, operation by operation, so tables are equal to the last bit.
 *
 * Type parameters choose code at compile time:
 *   T  lanes: f64 for one variant, v128 (f64x2) for two that share every draw
 *   N  counts in a record: u16 where tau and K fit, else u32
 *   L  layout of the walk's tables: u16 for few states and actions and rows of one length, else u32
 *   R  u8 where rewards depend on the pair only and nothing terminates, else f64: rewards travel with the steps
 * No layout changes a draw.
 */

// ---- the problem: sizes in elements, addresses in bytes
export let actions: u32 = 0
/** log2 of the columns of an action row */
export let actionBits: u32 = 0
/** log2 of the columns of an outcome row, in the narrow layout */
export let outcomeBits: u32 = 0
/** [pairs] {first column u32, shift u32}, in the wide layout */
export let outcomeRows: usize = 0
/** the outcome columns of member 0 begin here; narrow {threshold u32, next u16, next of alias u16}, wide {threshold, next, next of alias, 0} u32 */
export let outcomes: usize = 0
/** [columns] {reward f64, reward of alias f64}, beside the outcome columns */
export let rewards: usize = 0
/** [S] u8 */
export let terminal: usize = 0
/** entry of a row of zeros */
export let zeroRow: u32 = 0

// ---- agents, [members * K] each; a member is one seed
export let agents: u32 = 0
export let members: u32 = 1
export let streamX: usize = 0
export let streamY: usize = 0
/** {x u32, y u32} */
export let startStreams: usize = 0
export let states: usize = 0
/** u32 address of each agent's action columns; narrow threshold << 8 | alias, wide {threshold u32, alias u32} */
export let actionTables: usize = 0
/** u32 address of each agent's outcome columns */
export let outcomeTables: usize = 0
/** u32 address of each agent's start sampler: {shift u32, 0 u32}, columns of {threshold u32, state u32, state of alias u32, 0 u32} */
export let startTables: usize = 0

// ---- a block of trajectories, [step][agent]
export let blockAgents: u32 = 0
export let wordsU: usize = 0
export let wordsW: usize = 0
export let pairs: usize = 0
/** {entry u32, bootstrap row u32} */
export let trajectory: usize = 0
/** f64 */
export let rewardOfStep: usize = 0

// ---- tables of member 0; those of member m lie m * tableBytes and m * recordBytes on
/** [S * A + A] T */
export let table: usize = 0
export let tableBytes: usize = 0
/** [S * A] {base T, sum T, weight T, reward f64, visits N, largest N, reports N} */
export let records: usize = 0
export let recordBytes: usize = 0
/** [min(tau, S * A)] u32, entries that the agent at work touched */
export let touched: usize = 0
export let touchedSize: u32 = 0
/** [S * A] u32, entries that anyone touched in this round */
export let folded: usize = 0
export let foldedSize: u32 = 0
/** [lastPower + 1] T */
export let power: usize = 0
export let lastPower: u32 = 0
/** [members * K] u32, entries each agent reported in the last round */
export let reported: usize = 0
/** 1 - eta, eta, eta * gamma: T each */
export let coefficients: usize = 0

const MULTIPLIER: i32 = 0x9e3779bb

// @ts-ignore: decorator
@inline
function stride<T, N>(): usize {
  if (!isVector<T>()) return 48
  return sizeof<N>() == 2 ? 64 : 80
}

// @ts-ignore: decorator
@inline
function add<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.add(a, b)
  return (a + b) as T
}

// @ts-ignore: decorator
@inline
function sub<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.sub(a, b)
  return (a - b) as T
}

// @ts-ignore: decorator
@inline
function mul<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.mul(a, b)
  return (a * b) as T
}

// @ts-ignore: decorator
@inline
function div<T>(a: T, b: T): T {
  if (isVector<T>()) return f64x2.div(a, b)
  return (a / b) as T
}

// @ts-ignore: decorator
@inline
function splat<T>(x: f64): T {
  if (isVector<T>()) return f64x2.splat(x)
  return x as T
}

/** All ones where a < b, both below 2^31: a select that cannot be mispredicted. */
// @ts-ignore: decorator
@inline
function below(a: u32, b: u32): u32 {
  return ((a - b) as i32 >> 31) as u32
}

// ---- walk

/** Two words for each agent of the block, four agents at a time. */
function drawWords(first: u32, n: u32): void {
  const wide = n & ~3
  let x = streamX + ((first as usize) << 2)
  let y = streamY + ((first as usize) << 2)
  let u = wordsU
  let w = wordsW
  const multiplier = i32x4.splat(MULTIPLIER)
  const five = i32x4.splat(5)
  for (let i: u32 = 0; i < wide; i += 4) {
    let a = v128.load(x)
    let b = v128.load(y)
    let product = i32x4.mul(a, multiplier)
    v128.store(u, i32x4.mul(v128.or(i32x4.shl(product, 5), i32x4.shr_u(product, 27)), five))
    b = v128.xor(b, a)
    a = v128.xor(v128.xor(v128.or(i32x4.shl(a, 26), i32x4.shr_u(a, 6)), b), i32x4.shl(b, 9))
    b = v128.or(i32x4.shl(b, 13), i32x4.shr_u(b, 19))
    product = i32x4.mul(a, multiplier)
    v128.store(w, i32x4.mul(v128.or(i32x4.shl(product, 5), i32x4.shr_u(product, 27)), five))
    b = v128.xor(b, a)
    v128.store(x, v128.xor(v128.xor(v128.or(i32x4.shl(a, 26), i32x4.shr_u(a, 6)), b), i32x4.shl(b, 9)))
    v128.store(y, v128.or(i32x4.shl(b, 13), i32x4.shr_u(b, 19)))
    x += 16
    y += 16
    u += 16
    w += 16
  }
  for (let i = wide; i < n; i++) {
    store<u32>(u, nextWord(x, y))
    store<u32>(w, nextWord(x, y))
    x += 4
    y += 4
    u += 4
    w += 4
  }
}

/** xoroshiro64** on the state at x and y. */
// @ts-ignore: decorator
@inline
function nextWord(x: usize, y: usize): u32 {
  const a = load<u32>(x)
  const b = load<u32>(y) ^ a
  store<u32>(x, rotl<u32>(a, 26) ^ b ^ (b << 9))
  store<u32>(y, rotl<u32>(b, 13))
  return rotl<u32>(a * MULTIPLIER, 5) * 5
}

/** A state from the agent's start law. */
export function restart(agent: u32): u32 {
  const stream = startStreams + ((agent as usize) << 3)
  const sampler = load<u32>(startTables + ((agent as usize) << 2)) as usize
  const word = nextWord(stream, stream + 4)
  const shift = load<u32>(sampler)
  const column = sampler + 8 + (((word >>> shift) as usize) << 4)
  const own = ((word << (32 - shift)) >>> 1) < load<u32>(column)
  return own ? load<u32>(column, 4) : load<u32>(column, 8)
}

// @ts-ignore: decorator
@inline
function chooseActions<L>(first: u32, n: u32, a_: u32, bits: u32): void {
  const end = (n as usize) << 2
  const words = wordsU
  const into = pairs
  const at = states + ((first as usize) << 2)
  const tables = actionTables + ((first as usize) << 2)
  const shift = 32 - bits
  for (let i: usize = 0; i < end; i += 4) {
    const word = load<u32>(words + i)
    const from = load<u32>(at + i)
    const column = word >>> shift
    const slot = ((from << bits) + column) as usize
    const base = load<u32>(tables + i) as usize
    const remainder = (word << bits) >>> 8
    let action: u32
    if (sizeof<L>() == 2) {
      const packed = load<u32>(base + (slot << 2))
      const alias = packed & 255
      action = alias ^ ((alias ^ column) & below(remainder, packed >>> 8))
    } else {
      const alias = load<u32>(base + (slot << 3), 4)
      action = alias ^ ((alias ^ column) & below(remainder, load<u32>(base + (slot << 3))))
    }
    store<u32>(into + i, from * a_ + action)
  }
}

// @ts-ignore: decorator
@inline
function enterStates<L, R>(first: u32, n: u32, a_: u32, bits: u32, at: usize, rewardAt: usize): void {
  const end = (n as usize) << 2
  const words = wordsW
  const from = pairs
  const to = states + ((first as usize) << 2)
  const tables = outcomeTables + ((first as usize) << 2)
  for (let i: usize = 0; i < end; i += 4) {
    const word = load<u32>(words + i)
    const pair = load<u32>(from + i)
    const base = load<u32>(tables + i) as usize
    let slot: usize
    let next: u32
    let own: u32
    if (sizeof<L>() == 2) {
      slot = base + (((pair << bits) + (word >>> (32 - bits))) as usize << 3)
      own = below((word << bits) >>> 1, load<u32>(slot))
      next = (load<u32>(slot, 4) >>> (16 & ~own)) & 0xffff
    } else {
      const row = outcomeRows + ((pair as usize) << 3)
      const shift = load<u32>(row, 4)
      slot = base + ((load<u32>(row) + (word >>> shift)) as usize << 4)
      own = below((word << (32 - shift)) >>> 1, load<u32>(slot))
      const alias = load<u32>(slot, 8)
      next = alias ^ ((alias ^ load<u32>(slot, 4)) & own)
    }
    const step = at + (i << 1)
    store<u32>(step, pair)
    if (isFloat<R>()) {
      const column = rewards + ((slot - outcomes) << (sizeof<L>() == 2 ? 1 : 0))
      store<f64>(rewardAt + (i << 1), load<f64>(column + (8 & ~(own as usize))))
      if (load<u8>(terminal + (next as usize))) {
        store<u32>(step, zeroRow, 4)
        store<u32>(to + i, restart(first + ((i >> 2) as u32)))
        continue
      }
    }
    store<u32>(step, next * a_, 4)
    store<u32>(to + i, next)
  }
}

/** Whether the sampling tables are larger than the cache: then each is touched in a loop of its own first, short enough that many misses overlap. */
export let touchFirst: bool = false

// @ts-ignore: decorator
@inline
function touchActions<L>(first: u32, n: u32, bits: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    const from = load<u32>(states + (((first + i) as usize) << 2))
    const base = load<u32>(actionTables + (((first + i) as usize) << 2)) as usize
    const slot = ((from << bits) + (load<u32>(wordsU + ((i as usize) << 2)) >>> (32 - bits))) as usize
    store<u32>(pairs + ((i as usize) << 2), load<u32>(base + (slot << (sizeof<L>() == 2 ? 2 : 3))))
  }
}

// @ts-ignore: decorator
@inline
function touchOutcomes<L>(first: u32, n: u32, bits: u32): void {
  for (let i: u32 = 0; i < n; i++) {
    const word = load<u32>(wordsW + ((i as usize) << 2))
    const pair = load<u32>(pairs + ((i as usize) << 2))
    let slot = load<u32>(outcomeTables + (((first + i) as usize) << 2)) as usize
    if (sizeof<L>() == 2) slot += ((pair << bits) + (word >>> (32 - bits))) as usize << 3
    else {
      const row = outcomeRows + ((pair as usize) << 3)
      slot += (load<u32>(row) + (word >>> load<u32>(row, 4))) as usize << 4
    }
    store<u32>(wordsU + ((i as usize) << 2), load<u32>(slot))
  }
}

/** `steps` steps of agents first .. first + n - 1, in three short loops a step: loads of different agents do not wait for one another. */
function walk<L, R>(first: u32, n: u32, steps: u32): void {
  const a_ = actions
  const bitsA = actionBits
  const bitsO = outcomeBits
  const touch = touchFirst
  let at = trajectory
  let rewardAt = rewardOfStep
  for (let t: u32 = 0; t < steps; t++) {
    drawWords(first, n)
    if (touch) touchActions<L>(first, n, bitsA)
    chooseActions<L>(first, n, a_, bitsA)
    if (touch) touchOutcomes<L>(first, n, bitsO)
    enterStates<L, R>(first, n, a_, bitsO, at, rewardAt)
    at += (n as usize) << 3
    rewardAt += (n as usize) << 3
  }
}

// ---- count

/** Counts the visits of agent i of a block of n. A pass of its own: it fetches the records that the fold will need. */
function count<T, N>(recs: usize, i: u32, n: u32, steps: u32): void {
  const list = touched
  const counts = 3 * sizeof<T>() + 8
  let size = touchedSize
  let at = trajectory + ((i as usize) << 3)
  for (let t: u32 = 0; t < steps; t++) {
    const entry = load<u32>(at)
    const record = recs + (entry as usize) * stride<T, N>() + counts
    const before = load<N>(record) as u32
    store<u32>(list + ((size as usize) << 2), entry)
    size += (before == 0) as u32
    store<N>(record, (before + 1) as N)
    at += (n as usize) << 3
  }
  touchedSize = size
}

// ---- update

/** max over a row of `n` entries; in one lane too by pmax, which does not branch. */
// @ts-ignore: decorator
@inline
function rowMax<T>(row: usize, n: u32): T {
  const end = row + (n as usize) * sizeof<T>()
  if (isVector<T>()) {
    let best = v128.load(row)
    for (row += 16; row < end; row += 16) best = f64x2.pmax(best, v128.load(row))
    return best
  }
  let best = v128.load64_zero(row)
  for (row += 8; row < end; row += 8) best = f64x2.pmax(best, v128.load64_zero(row))
  return f64x2.extract_lane(best, 0) as T
}

/** Q = (Q (1 - eta) + eta r) + (eta gamma) m along the trajectory of agent i of a block of n. */
function update<T, N, R>(q: usize, recs: usize, i: u32, n: u32, steps: u32): void {
  const a_ = actions
  const keep = load<T>(coefficients)
  const eta = load<T>(coefficients, sizeof<T>())
  const next = load<T>(coefficients, 2 * sizeof<T>())
  let at = trajectory + ((i as usize) << 3)
  let rewardAt = rewardOfStep + ((i as usize) << 3)
  for (let t: u32 = 0; t < steps; t++) {
    const entry = load<u32>(at) as usize
    const best = rowMax<T>(q + (load<u32>(at, 4) as usize) * sizeof<T>(), a_)
    const reward = isFloat<R>() ? load<f64>(rewardAt) : load<f64>(recs + entry * stride<T, N>() + 3 * sizeof<T>())
    const slot = q + entry * sizeof<T>()
    store<T>(slot, add<T>(add<T>(mul<T>(load<T>(slot), keep), mul<T>(eta, splat<T>(reward))), mul<T>(next, best)))
    at += (n as usize) << 3
    rewardAt += (n as usize) << 3
  }
}

// ---- fold

/** Folds what the agent at work touched and puts the common values back. */
function fold<T, N>(q: usize, recs: usize): void {
  if (lastPower == 0) foldEqual<T, N>(q, recs)
  else foldWeighted<T, N>(q, recs)
  touchedSize = 0
}

/** All weights are 1: their sum is the number of reports. */
// @ts-ignore: decorator
@inline
function foldEqual<T, N>(q: usize, recs: usize): void {
  const end = touched + ((touchedSize as usize) << 2)
  const list = folded
  let size = foldedSize
  for (let at = touched; at < end; at += 4) {
    const entry = load<u32>(at)
    const slot = q + (entry as usize) * sizeof<T>()
    const record = recs + (entry as usize) * stride<T, N>()
    const counts = record + 3 * sizeof<T>() + 8
    const base = load<T>(record)
    const reports = load<N>(counts, 2 * sizeof<N>()) as u32
    store<T>(record, add<T>(load<T>(record, sizeof<T>()), sub<T>(load<T>(slot), base)), sizeof<T>())
    store<T>(slot, base)
    store<N>(counts, 0)
    store<N>(counts, (reports + 1) as N, 2 * sizeof<N>())
    store<u32>(list + ((size as usize) << 2), entry)
    size += (reports == 0) as u32
  }
  foldedSize = size
}

// @ts-ignore: decorator
@inline
function foldWeighted<T, N>(q: usize, recs: usize): void {
  const end = touched + ((touchedSize as usize) << 2)
  const list = folded
  const powers = power
  const last = lastPower
  let size = foldedSize
  for (let at = touched; at < end; at += 4) {
    const entry = load<u32>(at)
    const slot = q + (entry as usize) * sizeof<T>()
    const record = recs + (entry as usize) * stride<T, N>()
    const counts = record + 3 * sizeof<T>() + 8
    const base = load<T>(record)
    const change = sub<T>(load<T>(slot), base)
    store<T>(slot, base)
    const visits = load<N>(counts) as u32
    const before = load<N>(counts, sizeof<N>()) as u32
    const reports = load<N>(counts, 2 * sizeof<N>()) as u32
    const largest = max<u32>(visits, before)
    const keep = load<T>(powers + (min<u32>(largest - before, last) as usize) * sizeof<T>())
    const own = load<T>(powers + (min<u32>(largest - visits, last) as usize) * sizeof<T>())
    store<T>(record, add<T>(mul<T>(load<T>(record, sizeof<T>()), keep), mul<T>(own, change)), sizeof<T>())
    store<T>(record, add<T>(mul<T>(load<T>(record, 2 * sizeof<T>()), keep), own), 2 * sizeof<T>())
    store<N>(counts, 0)
    store<N>(counts, largest as N, sizeof<N>())
    store<N>(counts, (reports + 1) as N, 2 * sizeof<N>())
    store<u32>(list + ((size as usize) << 2), entry)
    size += (reports == 0) as u32
  }
  foldedSize = size
}

// ---- finish

/** Adds the weighted mean changes to the common values; agents that did not report an entry have visits 0 and change 0. */
function finish<T, N>(q: usize, recs: usize): void {
  if (lastPower == 0) finishAs<T, N>(q, recs, true)
  else finishAs<T, N>(q, recs, false)
}

// @ts-ignore: decorator
@inline
function finishAs<T, N>(q: usize, recs: usize, equal: bool): void {
  const end = folded + ((foldedSize as usize) << 2)
  const k = agents
  const powers = power
  const last = lastPower
  const everyone = splat<T>(k as f64)
  for (let at = folded; at < end; at += 4) {
    const entry = load<u32>(at)
    const record = recs + (entry as usize) * stride<T, N>()
    const counts = record + 3 * sizeof<T>() + 8
    let weight = everyone
    if (!equal) {
      const largest = load<N>(counts, sizeof<N>()) as u32
      const silent = mul<T>(
        splat<T>((k - (load<N>(counts, 2 * sizeof<N>()) as u32)) as f64),
        load<T>(powers + (min<u32>(largest, last) as usize) * sizeof<T>()),
      )
      weight = add<T>(load<T>(record, 2 * sizeof<T>()), silent)
    }
    const value = add<T>(load<T>(record), div<T>(load<T>(record, sizeof<T>()), weight))
    store<T>(record, value)
    store<T>(q + (entry as usize) * sizeof<T>(), value)
    store<T>(record, splat<T>(0), sizeof<T>())
    store<T>(record, splat<T>(0), 2 * sizeof<T>())
    store<N>(counts, 0, sizeof<N>())
    store<N>(counts, 0, 2 * sizeof<N>())
  }
  foldedSize = 0
}

// ---- all pairs at once (FedSynQ)

/** [S] T */
export let values: usize = 0
export let stateCount: u32 = 0

/** Steps of one agent that each draw a successor for every pair; bootstraps from the values before the step. */
function sweep<T, N, L, R>(q: usize, recs: usize, agent: u32, steps: u32): void {
  const a_ = actions
  const bits = outcomeBits
  const keep = load<T>(coefficients)
  const eta = load<T>(coefficients, sizeof<T>())
  const discounted = load<T>(coefficients, 2 * sizeof<T>())
  const base = load<u32>(outcomeTables + ((agent as usize) << 2)) as usize
  let x = load<u32>(streamX + ((agent as usize) << 2))
  let y = load<u32>(streamY + ((agent as usize) << 2))
  for (let t: u32 = 0; t < steps; t++) {
    for (let state: u32 = 0; state < stateCount; state++) {
      store<T>(values + (state as usize) * sizeof<T>(), rowMax<T>(q + ((state * a_) as usize) * sizeof<T>(), a_))
    }
    for (let state: u32 = 0; state < stateCount; state++) {
      if (load<u8>(terminal + (state as usize))) continue
      for (let pair = state * a_; pair < (state + 1) * a_; pair++) {
        y ^= x
        const word = rotl<u32>(x * MULTIPLIER, 5) * 5
        x = rotl<u32>(x, 26) ^ y ^ (y << 9)
        y = rotl<u32>(y, 13)
        let slot: usize
        let next: u32
        let own: u32
        if (sizeof<L>() == 2) {
          slot = base + ((((pair << bits) + (word >>> (32 - bits))) as usize) << 3)
          own = below((word << bits) >>> 1, load<u32>(slot))
          next = (load<u32>(slot, 4) >>> (16 & ~own)) & 0xffff
        } else {
          const row = outcomeRows + ((pair as usize) << 3)
          const shift = load<u32>(row, 4)
          slot = base + (((load<u32>(row) + (word >>> shift)) as usize) << 4)
          own = below((word << (32 - shift)) >>> 1, load<u32>(slot))
          const alias = load<u32>(slot, 8)
          next = alias ^ ((alias ^ load<u32>(slot, 4)) & own)
        }
        const reward = isFloat<R>()
          ? load<f64>(rewards + ((slot - outcomes) << (sizeof<L>() == 2 ? 1 : 0)) + (8 & ~(own as usize)))
          : load<f64>(recs + (pair as usize) * stride<T, N>() + 3 * sizeof<T>())
        const best = load<T>(values + (next as usize) * sizeof<T>())
        const at = q + (pair as usize) * sizeof<T>()
        store<T>(at, add<T>(add<T>(mul<T>(load<T>(at), keep), mul<T>(eta, splat<T>(reward))), mul<T>(discounted, best)))
      }
    }
  }
  store<u32>(streamX + ((agent as usize) << 2), x)
  store<u32>(streamY + ((agent as usize) << 2), y)
}

// ---- the distance to the truth

// @ts-ignore: decorator
@inline
function distanceOf<T>(q: usize, to: usize, entries: u32): void {
  const end = q + (entries as usize) * sizeof<T>()
  let largest = f64x2.splat(0)
  for (; q < end; q += sizeof<T>()) {
    const a = isVector<T>() ? v128.load(q) : v128.load64_zero(q)
    const b = isVector<T>() ? v128.load(to) : v128.load64_zero(to)
    // pmax keeps its first operand where the second is NaN
    largest = f64x2.pmax(largest, f64x2.abs(f64x2.sub(a, b)))
    to += sizeof<T>()
  }
  v128.store(distances, largest)
}

/** {lane 0 f64, lane 1 f64} */
export let distances: usize = 0

/** Writes max |Q - Q*| of each lane of the table at `q` to `distances`. */
export function measure(q: usize, to: usize, entries: u32): void {
  if (lanes == 1) distanceOf<f64>(q, to, entries)
  else distanceOf<v128>(q, to, entries)
}

// ---- rounds

// @ts-ignore: decorator
@inline
function rounds<T, N, L, R>(times: u32, steps: u32): void {
  const k = agents
  const all = k * members
  for (let round: u32 = 0; round < times; round++) {
    let q = table
    let recs = records
    let left = k
    for (let first: u32 = 0; first < all; first += blockAgents) {
      const n = min<u32>(blockAgents, all - first)
      walk<L, R>(first, n, steps)
      for (let i: u32 = 0; i < n; i++) {
        count<T, N>(recs, i, n, steps)
        update<T, N, R>(q, recs, i, n, steps)
        store<u32>(reported + (((first + i) as usize) << 2), touchedSize)
        fold<T, N>(q, recs)
        if (--left == 0) {
          finish<T, N>(q, recs)
          q += tableBytes
          recs += recordBytes
          left = k
        }
      }
    }
  }
}

/** Which code fits: 1 or 2 lanes; narrow counts and walk or wide; rewards that travel with the steps or stand in the records. */
export let lanes: u32 = 1
export let narrowCounts: bool = false
export let narrowWalk: bool = true
export let rewardsByStep: bool = false

// @ts-ignore: decorator
@inline
function roundsOf<T, N>(times: u32, steps: u32): void {
  if (narrowWalk) {
    if (rewardsByStep) rounds<T, N, u16, f64>(times, steps)
    else rounds<T, N, u16, u8>(times, steps)
  } else if (rewardsByStep) rounds<T, N, u32, f64>(times, steps)
  else rounds<T, N, u32, u8>(times, steps)
}

/** `times` whole rounds of `steps` steps. */
export function advance(times: u32, steps: u32): void {
  if (lanes == 1) roundsOf<f64, u32>(times, steps)
  else if (narrowCounts) roundsOf<v128, u16>(times, steps)
  else roundsOf<v128, u32>(times, steps)
}

// The stages one by one: for replayed logs, for rounds longer than a block and for first rounds in which agents have tables of their own.

/** Draws the next `steps` steps of a block. */
export function walkBlock(first: u32, n: u32, steps: u32): void {
  if (narrowWalk) {
    if (rewardsByStep) walk<u16, f64>(first, n, steps)
    else walk<u16, u8>(first, n, steps)
  } else if (rewardsByStep) walk<u32, f64>(first, n, steps)
  else walk<u32, u8>(first, n, steps)
}

// @ts-ignore: decorator
@inline
function learnAs<T, N>(member: u32, i: u32, n: u32, steps: u32): void {
  const q = table + (member as usize) * tableBytes
  const recs = records + (member as usize) * recordBytes
  count<T, N>(recs, i, n, steps)
  if (rewardsByStep) update<T, N, f64>(q, recs, i, n, steps)
  else update<T, N, u8>(q, recs, i, n, steps)
}

/** Lets agent i of a block of n count and update along its steps. */
export function learn(member: u32, i: u32, n: u32, steps: u32): void {
  if (lanes == 1) learnAs<f64, u32>(member, i, n, steps)
  else if (narrowCounts) learnAs<v128, u16>(member, i, n, steps)
  else learnAs<v128, u32>(member, i, n, steps)
}

/** Folds what the agent touched; `touched` may have been filled with all entries. */
export function foldAgent(member: u32, agent: u32): void {
  const q = table + (member as usize) * tableBytes
  const recs = records + (member as usize) * recordBytes
  store<u32>(reported + ((agent as usize) << 2), touchedSize)
  if (lanes == 1) fold<f64, u32>(q, recs)
  else if (narrowCounts) fold<v128, u16>(q, recs)
  else fold<v128, u32>(q, recs)
}

/** Ends the round of a member. */
export function finishMember(member: u32): void {
  const q = table + (member as usize) * tableBytes
  const recs = records + (member as usize) * recordBytes
  if (lanes == 1) finish<f64, u32>(q, recs)
  else if (narrowCounts) finish<v128, u16>(q, recs)
  else finish<v128, u32>(q, recs)
}

// @ts-ignore: decorator
@inline
function sweepAs<T, N>(member: u32, agent: u32, steps: u32): void {
  const q = table + (member as usize) * tableBytes
  const recs = records + (member as usize) * recordBytes
  if (narrowWalk) {
    if (rewardsByStep) sweep<T, N, u16, f64>(q, recs, agent, steps)
    else sweep<T, N, u16, u8>(q, recs, agent, steps)
  } else if (rewardsByStep) sweep<T, N, u32, f64>(q, recs, agent, steps)
  else sweep<T, N, u32, u8>(q, recs, agent, steps)
}

/** Lets an agent take steps that each draw a successor for every pair. */
export function sweepAgent(member: u32, agent: u32, steps: u32): void {
  if (lanes == 1) sweepAs<f64, u32>(member, agent, steps)
  else if (narrowCounts) sweepAs<v128, u16>(member, agent, steps)
  else sweepAs<v128, u32>(member, agent, steps)
}

/** Lets agent i of a block of n learn alone, on the table at `q`, which nobody averages. One lane. */
export function learnAlone(member: u32, q: usize, i: u32, n: u32, steps: u32): void {
  const recs = records + (member as usize) * recordBytes
  if (rewardsByStep) update<f64, u32, f64>(q, recs, i, n, steps)
  else update<f64, u32, u8>(q, recs, i, n, steps)
}
