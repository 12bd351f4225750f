/**
 * The compiled kernel: federated tabular Q-learning of many agents, in the stages walk, count, update, fold, finish.
 * AssemblyScript; every address is a byte offset into linear memory, which src/kernel/compiled.ts lays out. It computes what
 * src/kernel/plain.ts computes, operation by operation, so tables are equal to the last bit.
 *
 * Type parameters choose code at compile time:
 *   T  lanes: f64 for one variant, v128 (f64x2) for two that share every draw
 *   N  counts in a record: u16 where tau and K fit, else u32
 *   L  layout of the walk's tables: u8, dense, where every pair leads to all states in order; u16, narrow, for states of 16 bits and
 *      rows of one length; else u32, wide
 *   R  u8 where rewards depend on the pair only and nothing terminates, else f64: rewards travel with the steps
 * No layout changes a draw.
 */

import { all, and, below, fetch, high, left, plus, read, right, rotate, select, times, write, xor } from './fours'

// ---- the problem: sizes in elements, addresses in bytes
export let actions: u32 = 0
/** log2 of the columns of an action row */
export let actionBits: u32 = 0
/** log2 of the columns of an outcome row, in the dense and the narrow layout */
export let outcomeBits: u32 = 0
/** [pairs] {first column u32, number of columns u32}, in the wide layout */
export let outcomeRows: usize = 0
/**
 * the outcome columns of member 0 begin here; dense u32 threshold << outcomeBits | next of alias, where threshold has as many bits as a word
 * has below those of the column; narrow {threshold u32, next u16, next of alias u16}; wide {threshold, next, next of alias, 0} u32
 */
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
/** u32 address of each agent's action columns; wide {threshold u32, alias u32}, else u32 threshold << 8 | alias */
export let actionTables: usize = 0
/** u32 address of each agent's outcome columns */
export let outcomeTables: usize = 0
/** u32 address of each agent's start sampler: {shift u32, 0 u32}, columns of {threshold u32, state u32, state of alias u32, 0 u32} */
export let startTables: usize = 0

// ---- a block of trajectories, [step][agent]
export let blockAgents: u32 = 0
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

// ---- walk: agents one at a time, W = u32, or four, W = v128

/** The next word of xoroshiro64** on the states at x and y. */
// @ts-ignore: decorator
@inline
function nextWord<W>(x: usize, y: usize): W {
  const a = read<W>(x)
  const b = xor<W>(read<W>(y), a)
  write<W>(x, xor<W>(xor<W>(rotate<W>(a, 26), b), left<W>(b, 9)))
  write<W>(y, rotate<W>(b, 13))
  return times<W>(rotate<W>(times<W>(a, all<W>(MULTIPLIER)), 5), all<W>(5))
}

/** A state from the agent's start law. */
export function restart(agent: u32): u32 {
  const stream = startStreams + ((agent as usize) << 3)
  const sampler = load<u32>(startTables + ((agent as usize) << 2)) as usize
  const word = nextWord<u32>(stream, stream + 4)
  const shift = load<u32>(sampler)
  const column = sampler + 8 + (((word >>> shift) as usize) << 4)
  const own = ((word << (32 - shift)) >>> 1) < load<u32>(column)
  return own ? load<u32>(column, 4) : load<u32>(column, 8)
}

/** Address of the action column that `word` picks in the row of state `from`. */
// @ts-ignore: decorator
@inline
function actionColumnOf<W, L>(from: W, word: W, base: W, bits: u32): W {
  const slot = plus<W>(left<W>(from, bits), right<W>(word, 32 - bits))
  return plus<W>(base, left<W>(slot, sizeof<L>() == 4 ? 3 : 2))
}

/** The action that the column at `address` and the rest of the word give; `head` is what stands there first. */
// @ts-ignore: decorator
@inline
function actionOf<W, L>(word: W, address: W, head: W, bits: u32): W {
  const column = right<W>(word, 32 - bits)
  const remainder = right<W>(left<W>(word, bits), 8)
  if (sizeof<L>() == 4) return select<W>(below<W>(remainder, head), column, fetch<W>(address, 4))
  return select<W>(below<W>(remainder, right<W>(head, 8)), column, and<W>(head, all<W>(255)))
}

/** Address of the outcome column that `word` picks in the row of a pair. */
// @ts-ignore: decorator
@inline
function outcomeColumnOf<W, L>(pair: W, word: W, base: W, bits: u32): W {
  if (sizeof<L>() < 4) {
    const slot = plus<W>(left<W>(pair, bits), right<W>(word, 32 - bits))
    return plus<W>(base, left<W>(slot, sizeof<L>() == 1 ? 2 : 3))
  }
  const row = plus<W>(all<W>(outcomeRows as u32), left<W>(pair, 3))
  return plus<W>(base, left<W>(plus<W>(fetch<W>(row), high<W>(word, fetch<W>(row, 4))), 4))
}

/** Whether the column stands for its own outcome, all ones, or for that of its alias: the bits of the word below those of the column decide. */
// @ts-ignore: decorator
@inline
function ownOf<W, L>(pair: W, word: W, head: W, bits: u32): W {
  if (sizeof<L>() == 1) return below<W>(right<W>(left<W>(word, bits), bits), right<W>(head, bits))
  if (sizeof<L>() == 2) return below<W>(right<W>(left<W>(word, bits), 1), head)
  const columns = fetch<W>(plus<W>(all<W>(outcomeRows as u32), left<W>(pair, 3)), 4)
  return below<W>(right<W>(times<W>(word, columns), 1), head)
}

/** The state that this outcome leads to. */
// @ts-ignore: decorator
@inline
function nextOf<W, L>(word: W, address: W, head: W, own: W, bits: u32): W {
  if (sizeof<L>() == 1) return select<W>(own, right<W>(word, 32 - bits), and<W>(head, all<W>((1 << bits) - 1)))
  const next = fetch<W>(address, 4)
  if (sizeof<L>() == 2) return select<W>(own, and<W>(next, all<W>(0xffff)), right<W>(next, 16))
  return select<W>(own, next, fetch<W>(address, 8))
}

/** Address of the reward of this outcome. */
// @ts-ignore: decorator
@inline
function rewardOf<L>(address: u32, own: u32): usize {
  const perByte = sizeof<L>() == 1 ? 2 : sizeof<L>() == 2 ? 1 : 0
  return rewards + (((address as usize) - outcomes) << perByte) + (8 & ~(own as usize))
}

/** Notes the step of an agent, or of four: the pair it took, the row to bootstrap from and the state it is in. */
// @ts-ignore: decorator
@inline
function note<W>(pair: W, next: W, a_: u32, state: usize, step: usize): void {
  const row = times<W>(next, all<W>(a_))
  write<W>(state, next)
  if (isVector<W>()) {
    v128.store(step, i32x4.shuffle(pair, row, 0, 4, 1, 5))
    v128.store(step, i32x4.shuffle(pair, row, 2, 6, 3, 7), 16)
  } else {
    store<u32>(step, pair)
    store<u32>(step, row, 4)
  }
}

/** Notes the reward of an agent's step, and starts the agent anew where it has arrived at an end. */
// @ts-ignore: decorator
@inline
function arrive<L>(address: u32, own: u32, agent: u32, step: usize, reward: usize): void {
  const state = states + ((agent as usize) << 2)
  store<f64>(reward, load<f64>(rewardOf<L>(address, own)))
  if (load<u8>(terminal + (load<u32>(state) as usize))) {
    store<u32>(step, zeroRow, 4)
    store<u32>(state, restart(agent))
  }
}

/** A step of one agent: nothing is put aside, for nothing else fills the time. */
// @ts-ignore: decorator
@inline
function stepOf<L, R>(agent: u32, a_: u32, bitsA: u32, bitsO: u32, step: usize, reward: usize): void {
  const i = (agent as usize) << 2
  const from = load<u32>(states + i)
  const u = nextWord<u32>(streamX + i, streamY + i)
  const w = nextWord<u32>(streamX + i, streamY + i)
  const choice = actionColumnOf<u32, L>(from, u, load<u32>(actionTables + i), bitsA)
  const pair = from * a_ + actionOf<u32, L>(u, choice, fetch<u32>(choice), bitsA)
  const outcome = outcomeColumnOf<u32, L>(pair, w, load<u32>(outcomeTables + i), bitsO)
  const head = fetch<u32>(outcome)
  const own = ownOf<u32, L>(pair, w, head, bitsO)
  note<u32>(pair, nextOf<u32, L>(w, outcome, head, own, bitsO), a_, states + i, step)
  if (isFloat<R>()) arrive<L>(outcome, own, agent, step, reward)
}

/** A step of many agents is taken in five loops; what one leaves for the next stands here, each for at most 64 agents. */
export let workspace: usize = 0
const WORD_U: usize = 0
const WORD_W: usize = 256
const PAIR: usize = 512
const ADDRESS: usize = 768
const HEAD: usize = 1024

/** The words of the step, and the action columns that they pick. */
function draw<L>(first: usize, end: usize, bits: u32): void {
  const x = streamX + first
  const y = streamY + first
  const from = states + first
  const bases = actionTables + first
  const at = workspace
  let i: usize = 0
  for (; i < (end & ~15); i += 16)
    drawAt<v128, L>(x + i, y + i, read<v128>(from + i), read<v128>(bases + i), at + i, bits)
  for (; i < end; i += 4)
    drawAt<u32, L>(x + i, y + i, read<u32>(from + i), read<u32>(bases + i), at + i, bits)
}

// @ts-ignore: decorator
@inline
function drawAt<W, L>(x: usize, y: usize, from: W, base: W, at: usize, bits: u32): void {
  const u = nextWord<W>(x, y)
  write<W>(at, u, WORD_U)
  write<W>(at, nextWord<W>(x, y), WORD_W)
  write<W>(at, actionColumnOf<W, L>(from, u, base, bits), ADDRESS)
}

/** What stands first in the columns that were picked. So little is done here that the processor has many loads under way. */
function look(end: usize): void {
  const at = workspace
  let i: usize = 0
  for (; i < (end & ~15); i += 16) write<v128>(at + i, fetch<v128>(read<v128>(at + i, ADDRESS)), HEAD)
  for (; i < end; i += 4) write<u32>(at + i, fetch<u32>(read<u32>(at + i, ADDRESS)), HEAD)
}

/** The actions, and the outcome columns of their pairs. */
function act<L>(first: usize, end: usize, a_: u32, bitsA: u32, bitsO: u32): void {
  const from = states + first
  const bases = outcomeTables + first
  const at = workspace
  let i: usize = 0
  for (; i < (end & ~15); i += 16)
    actAt<v128, L>(read<v128>(from + i), read<v128>(bases + i), at + i, a_, bitsA, bitsO)
  for (; i < end; i += 4)
    actAt<u32, L>(read<u32>(from + i), read<u32>(bases + i), at + i, a_, bitsA, bitsO)
}

// @ts-ignore: decorator
@inline
function actAt<W, L>(from: W, base: W, at: usize, a_: u32, bitsA: u32, bitsO: u32): void {
  const action = actionOf<W, L>(read<W>(at, WORD_U), read<W>(at, ADDRESS), read<W>(at, HEAD), bitsA)
  const pair = plus<W>(times<W>(from, all<W>(a_)), action)
  write<W>(at, pair, PAIR)
  write<W>(at, outcomeColumnOf<W, L>(pair, read<W>(at, WORD_W), base, bitsO), ADDRESS)
}

/** Where they lead. */
function move<L, R>(first: usize, end: usize, a_: u32, bits: u32, step: usize, reward: usize): void {
  const to = states + first
  const at = workspace
  let i: usize = 0
  for (; i < (end & ~15); i += 16) {
    const own = moveAt<v128, L>(to + i, at + i, a_, bits, step + (i << 1))
    if (isFloat<R>()) write<v128>(at + i, own, HEAD)
  }
  for (; i < end; i += 4) {
    const own = moveAt<u32, L>(to + i, at + i, a_, bits, step + (i << 1))
    if (isFloat<R>()) write<u32>(at + i, own, HEAD)
  }
  if (!isFloat<R>()) return
  for (i = 0; i < end; i += 4) {
    const agent = ((first + i) >> 2) as u32
    arrive<L>(read<u32>(at + i, ADDRESS), read<u32>(at + i, HEAD), agent, step + (i << 1), reward + (i << 1))
  }
}

// @ts-ignore: decorator
@inline
function moveAt<W, L>(to: usize, at: usize, a_: u32, bits: u32, step: usize): W {
  const pair = read<W>(at, PAIR)
  const word = read<W>(at, WORD_W)
  const head = read<W>(at, HEAD)
  const own = ownOf<W, L>(pair, word, head, bits)
  note<W>(pair, nextOf<W, L>(word, read<W>(at, ADDRESS), head, own, bits), a_, to, step)
  return own
}

/** Agents from which on the loops are worth while. */
const MANY: u32 = 4

/** `steps` steps of agents first .. first + n - 1. Loads of different agents do not wait for one another. */
function walk<L, R>(first: u32, n: u32, steps: u32): void {
  const a_ = actions
  const bitsA = actionBits
  const bitsO = outcomeBits
  const from = (first as usize) << 2
  const end = (n as usize) << 2
  let step = trajectory
  let reward = rewardOfStep
  for (let t: u32 = 0; t < steps; t++) {
    if (n < MANY) {
      for (let i: u32 = 0; i < n; i++) {
        const offset = (i as usize) << 3
        stepOf<L, R>(first + i, a_, bitsA, bitsO, step + offset, reward + offset)
      }
    } else {
      draw<L>(from, end, bitsA)
      look(end)
      act<L>(from, end, a_, bitsA, bitsO)
      look(end)
      move<L, R>(from, end, a_, bitsO, step, reward)
    }
    step += end << 1
    reward += end << 1
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
  const base = load<u32>(outcomeTables + ((agent as usize) << 2))
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
        const outcome = outcomeColumnOf<u32, L>(pair, word, base, bits)
        const head = fetch<u32>(outcome)
        const own = ownOf<u32, L>(pair, word, head, bits)
        const next = nextOf<u32, L>(word, outcome, head, own, bits)
        const reward = isFloat<R>()
          ? load<f64>(rewardOf<L>(outcome, own))
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

/** The larger of `largest` and |Q - Q*| at 16 bytes; pmax keeps its first operand where the second is NaN. */
// @ts-ignore: decorator
@inline
function further(largest: v128, q: usize, to: usize): v128 {
  return f64x2.pmax(largest, f64x2.abs(f64x2.sub(v128.load(q), v128.load(to))))
}

// @ts-ignore: decorator
@inline
function distanceOf<T>(q: usize, to: usize, entries: u32): void {
  const end = q + (entries as usize) * sizeof<T>()
  let a = f64x2.splat(0)
  let b = a
  let c = a
  let d = a
  // Four maxima side by side, for each waits for its last; in one lane, entries two by two.
  for (; q + 64 <= end; q += 64) {
    a = further(a, q, to)
    b = further(b, q + 16, to + 16)
    c = further(c, q + 32, to + 32)
    d = further(d, q + 48, to + 48)
    to += 64
  }
  for (; q < end; q += sizeof<T>()) {
    if (isVector<T>()) a = further(a, q, to)
    else a = f64x2.pmax(a, f64x2.abs(f64x2.sub(v128.load64_zero(q), v128.load64_zero(to))))
    to += sizeof<T>()
  }
  a = f64x2.pmax(f64x2.pmax(a, b), f64x2.pmax(c, d))
  v128.store(distances, isVector<T>() ? a : f64x2.pmax(a, i64x2.shuffle(a, a, 1, 0)))
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

/** Which code fits: 1 or 2 lanes; narrow counts or wide; 4, 8 or 16 bytes an outcome column: dense, narrow, wide; rewards that travel with the steps or stand in the records. */
export let lanes: u32 = 1
export let narrowCounts: bool = false
export let columnBytes: u32 = 8
export let rewardsByStep: bool = false

// @ts-ignore: decorator
@inline
function roundsOf<T, N>(times: u32, steps: u32): void {
  if (columnBytes == 4) {
    if (rewardsByStep) rounds<T, N, u8, f64>(times, steps)
    else rounds<T, N, u8, u8>(times, steps)
  } else if (columnBytes == 8) {
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
  if (columnBytes == 4) {
    if (rewardsByStep) walk<u8, f64>(first, n, steps)
    else walk<u8, u8>(first, n, steps)
  } else if (columnBytes == 8) {
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
  if (columnBytes == 4) {
    if (rewardsByStep) sweep<T, N, u8, f64>(q, recs, agent, steps)
    else sweep<T, N, u8, u8>(q, recs, agent, steps)
  } else if (columnBytes == 8) {
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
