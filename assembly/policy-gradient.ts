/**
 * The compiled walker: batches of rollouts of a tabular softmax policy. AssemblyScript; every address is a byte offset into linear memory,
 * which src/agent/gradient-oracle/sampled/compiled.ts lays out. It computes what plain.ts beside that file computes, operation by operation,
 * so rollouts and policies are equal to the last bit.
 */

export let actions: u32 = 0
/** bytes of a row of `levels`: 4 A, rounded up to a multiple of 16 */
export let levelBytes: usize = 0
/** [S * A] f64 */
export let theta: usize = 0
/** [S * A] f64, and 8 bytes beyond */
export let policy: usize = 0
/** [S][A, rounded up to a multiple of 4] i32: threshold - 1 of the cumulative sums; from entry A - 1 on the largest i32, which is never exceeded */
export let levels: usize = 0
/** [S] u8: 1 for states visited in this batch */
export let seen: usize = 0
/** [S] u32 */
export let visited: usize = 0
export let visits: u32 = 0
/** [S] u8 */
export let terminal: usize = 0
/** [S * A] {address of the first column u32, shift u32} */
export let rows: usize = 0
/** columns {threshold u32, next u32, next of the alias u32, 0} from here on */
export let columns: usize = 0
/** [columns] {reward f64, reward of the alias f64}, or where `rewardsByPair` [S * A] f64 */
export let rewards: usize = 0
export let rewardsByPair: bool = false
/** [M] u32 start states */
export let starts: usize = 0
/** [M + 1] u32 first step of each rollout */
export let offsets: usize = 0
/** [M * K] u32 */
export let pairs: usize = 0
/** [M * K] f64 */
export let stepRewards: usize = 0
/** the stream */
export let streamX: u32 = 0
export let streamY: u32 = 0

const LN2_HIGH: f64 = 0.6931471803691238
const LN2_LOW: f64 = 1.9082149292705877e-10
const LOG2E: f64 = 1.4426950408889634
/** 2^52 + 1023: added to an integer k it leaves k + 1023 in the low bits */
const EXPONENT: f64 = 4503599627371519.0
/** below, 2^k would be subnormal */
const LEAST_NORMAL: f64 = -708.0
const TWO_54: f64 = 18014398509481984.0
const EXP_LEAST: f64 = -745.1332191019412

/** 1/15!, 1/14!, ... 1/2!: read from memory, which is cheaper than to build vectors of them. */
const SERIES = memory.data<f64>([
  1.0 / 1307674368000.0,
  1.0 / 87178291200.0,
  1.0 / 6227020800.0,
  1.0 / 479001600.0,
  1.0 / 39916800.0,
  1.0 / 3628800.0,
  1.0 / 362880.0,
  1.0 / 40320.0,
  1.0 / 5040.0,
  1.0 / 720.0,
  1.0 / 120.0,
  1.0 / 24.0,
  1.0 / 6.0,
  0.5,
])

// @ts-ignore: decorator
@inline
function term(sum: v128, r: v128, i: usize): v128 {
  return f64x2.add(f64x2.mul(sum, r), v128.load64_splat(SERIES + (i << 3)))
}

/** exp(x) 2^-k of two numbers x in [-745.2, 0], k = round(x / ln 2). The operations of numeric/elementary.ts. */
// @ts-ignore: decorator
@inline
function significand(x: v128, k: v128): v128 {
  const a = f64x2.sub(x, f64x2.mul(k, f64x2.splat(LN2_HIGH)))
  const b = f64x2.mul(k, f64x2.splat(LN2_LOW))
  const r = f64x2.sub(a, b)
  const c = f64x2.sub(f64x2.sub(a, r), b)
  let sum = v128.load64_splat(SERIES)
  sum = term(sum, r, 1)
  sum = term(sum, r, 2)
  sum = term(sum, r, 3)
  sum = term(sum, r, 4)
  sum = term(sum, r, 5)
  sum = term(sum, r, 6)
  sum = term(sum, r, 7)
  sum = term(sum, r, 8)
  sum = term(sum, r, 9)
  sum = term(sum, r, 10)
  sum = term(sum, r, 11)
  sum = term(sum, r, 12)
  sum = term(sum, r, 13)
  const tail = f64x2.mul(f64x2.mul(r, r), sum)
  const one = f64x2.splat(1)
  const whole = f64x2.add(one, r)
  const rest = f64x2.sub(r, f64x2.sub(whole, one))
  return f64x2.add(whole, f64x2.add(rest, f64x2.add(tail, f64x2.mul(c, whole))))
}

/** exp of two numbers <= 0. */
// @ts-ignore: decorator
@inline
function exp2(x: v128): v128 {
  const k = f64x2.floor(f64x2.add(f64x2.mul(x, f64x2.splat(LOG2E)), f64x2.splat(0.5)))
  const m = significand(x, k)
  if (v128.any_true(f64x2.lt(x, f64x2.splat(LEAST_NORMAL)))) return tiny(x, m, k)
  return f64x2.mul(m, i64x2.shl(f64x2.add(k, f64x2.splat(EXPONENT)), 52))
}

/** m 2^k in two lanes, where 2^k may be subnormal: by way of 2^(k + 54), which is not; 0 where exp underflows. */
function tiny(x: v128, m: v128, k: v128): v128 {
  const raised = f64x2.add(k, f64x2.splat(54))
  const scaled = f64x2.mul(m, i64x2.shl(f64x2.add(raised, f64x2.splat(EXPONENT)), 52))
  const usual = f64x2.mul(m, i64x2.shl(f64x2.add(k, f64x2.splat(EXPONENT)), 52))
  const small = f64x2.div(scaled, f64x2.splat(TWO_54))
  const result = v128.bitselect(small, usual, f64x2.lt(k, f64x2.splat(-1021)))
  return v128.andnot(result, f64x2.lt(x, f64x2.splat(EXP_LEAST)))
}

/** Writes pi(.|s) and its levels. Rows are read and written in pairs of entries; what lies beyond an odd row's end is put right. */
function visit(s: u32): void {
  const n = actions as usize
  const from = theta + (((s * actions) as usize) << 3)
  const to = policy + (((s * actions) as usize) << 3)
  let best = load<f64>(from)
  for (let a: usize = 1; a < n; a++) best = max<f64>(best, load<f64>(from + (a << 3)))
  const most = f64x2.splat(best)
  const even = n & ~1
  let a: usize = 0
  for (; a < even; a += 2) v128.store(to + (a << 3), exp2(f64x2.sub(v128.load(from + (a << 3)), most)))
  if (a < n) v128.store64_lane(to + (a << 3), exp2(f64x2.sub(v128.load64_splat(from + (a << 3)), most)), 0)
  let total: f64 = 0
  for (a = 0; a < n; a++) total += load<f64>(to + (a << 3))
  let sum: f64 = 0
  const row = levels + (s as usize) * levelBytes
  const last = n - 1
  for (a = 0; a < last; a++) {
    const p = load<f64>(to + (a << 3)) / total
    store<f64>(to + (a << 3), p)
    sum += p
    store<i32>(row + (a << 2), ((min<f64>(sum, 1) * 2147483648.0 + 0.5) as u32) - 1)
  }
  store<f64>(to + (a << 3), load<f64>(to + (a << 3)) / total)
}

/** Makes `rollouts` rollouts of at most `horizon` steps. */
export function walk(rollouts: u32, horizon: u32): void {
  const n = actions
  const flags = seen
  const list = visited
  for (let v: u32 = 0; v < visits; v++) store<u8>(flags + (load<u32>(list + ((v as usize) << 2)) as usize), 0)
  let count: u32 = 0
  let x = streamX
  let y = streamY
  let at: u32 = 0
  const width = levelBytes
  const base = columns
  const byPair = rewardsByPair
  for (let m: u32 = 0; m < rollouts; m++) {
    let s = load<u32>(starts + ((m as usize) << 2))
    for (const end = at + horizon; at < end; at++) {
      if (!load<u8>(flags + (s as usize))) {
        store<u8>(flags + (s as usize), 1)
        store<u32>(list + ((count as usize) << 2), s)
        count++
        visit(s)
      }
      y ^= x
      const level = i32x4.splat(((rotl<u32>(x * 0x9e3779bb, 5) * 5) >>> 1) as i32)
      x = rotl<u32>(x, 26) ^ y ^ (y << 9)
      y = rotl<u32>(y, 13)
      let pair = s * n
      const row = levels + (s as usize) * width
      for (let b: usize = 0; b < width; b += 16) {
        pair += popcnt<u32>(i32x4.bitmask(i32x4.gt_s(level, v128.load(row + b))))
      }
      y ^= x
      const word = rotl<u32>(x * 0x9e3779bb, 5) * 5
      x = rotl<u32>(x, 26) ^ y ^ (y << 9)
      y = rotl<u32>(y, 13)
      const place = rows + ((pair as usize) << 3)
      const shift = load<u32>(place, 4)
      const column = (load<u32>(place) as usize) + (((word >>> shift) as usize) << 4)
      const alias = ((((word << (32 - shift)) >>> 1) - load<u32>(column)) as i32) >= 0 ? 1 : 0
      store<u32>(pairs + ((at as usize) << 2), pair)
      const reward = byPair
        ? load<f64>(rewards + ((pair as usize) << 3))
        : load<f64>(rewards + (column - base) + ((alias as usize) << 3))
      store<f64>(stepRewards + ((at as usize) << 3), reward)
      s = load<u32>(column + ((alias as usize) << 2), 4)
      if (load<u8>(terminal + (s as usize))) {
        at++
        break
      }
    }
    store<u32>(offsets + ((m as usize) << 2), at, 4)
  }
  streamX = x
  streamY = y
  visits = count
}
