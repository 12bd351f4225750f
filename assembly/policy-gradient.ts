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
/** [A + 4] f64, workspace */
export let sums: usize = 0
/** [S][A, rounded up to a multiple of 4] i32: of the cumulative weights; from entry A - 1 on the largest i32, which is never exceeded */
export let levels: usize = 0
/** [S] u8: 1 for states visited in this batch */
export let seen: usize = 0
/** [S] u32 */
export let visited: usize = 0
/** [S] u8 */
export let terminal: usize = 0
/** [S * A] {first column u32, shift u32} */
export let rows: usize = 0
/** the shift of all rows, which then lie one after the other, or 0 where rows differ */
export let commonShift: u32 = 0
/** columns {threshold u32, next u16, next of the alias u16} */
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
/** {x u32, y u32} of the stream, then u32 how many states were visited */
export let stream: usize = 0

const MULTIPLIER: i32 = 0x9e3779bb
const TWO_54: f64 = 18014398509481984.0

/** Constants of exp and of `evaluate`, eight bytes each: read from memory, which is cheaper than to build vectors of them. */
const CONSTANTS = memory.data<f64>([
  // 0 to 13: 1/15!, 1/14!, ... 1/2!
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
  // 14: log2 e; 15 and 16: ln 2 in two parts
  1.4426950408889634,
  0.6931471803691238,
  1.9082149292705877e-10,
  // 17: 2^52 + 1023, which added to an integer k leaves k + 1023 in the low bits
  4503599627371519.0,
  // 18: below, 2^k may be subnormal; 19: below, exp is 0
  -708.0,
  -745.1332191019412,
  // 20
  1.0,
  // 21: 1.5 * 2^52, which added to an integer of 32 bits leaves it in the low bits
  6755399441055744.0,
  // 22: the largest i32
  2147483647.0,
])

// @ts-ignore: decorator
@inline
function both(i: usize): v128 {
  return v128.load64_splat(CONSTANTS + (i << 3))
}

/** 2^k for integers k in [-1022, 1023]. */
// @ts-ignore: decorator
@inline
function power(k: v128): v128 {
  return i64x2.shl(f64x2.add(k, both(17)), 52)
}

// exp of two numbers x <= 0, by the operations of src/numeric/elementary.ts: x = k ln 2 + r + c, and sum is the series of (exp(r) - 1 - r) / r^2

// @ts-ignore: decorator
@inline
function exponent(x: v128): v128 {
  return f64x2.floor(f64x2.add(f64x2.mul(x, both(14)), both(13)))
}

// @ts-ignore: decorator
@inline
function reduced(x: v128, k: v128): v128 {
  return f64x2.sub(f64x2.sub(x, f64x2.mul(k, both(15))), f64x2.mul(k, both(16)))
}

// @ts-ignore: decorator
@inline
function exponential(x: v128, k: v128, r: v128, sum: v128): v128 {
  const c = f64x2.sub(f64x2.sub(f64x2.sub(x, f64x2.mul(k, both(15))), r), f64x2.mul(k, both(16)))
  const tail = f64x2.mul(f64x2.mul(r, r), sum)
  const whole = f64x2.add(both(20), r)
  const rest = f64x2.sub(r, f64x2.sub(whole, both(20)))
  const m = f64x2.add(whole, f64x2.add(rest, f64x2.add(tail, f64x2.mul(c, whole))))
  if (v128.any_true(f64x2.lt(x, both(18)))) return tiny(x, m, k)
  return f64x2.mul(m, power(k))
}

// @ts-ignore: decorator
@inline
function term(sum: v128, r: v128, coefficient: v128): v128 {
  return f64x2.add(f64x2.mul(sum, r), coefficient)
}

// @ts-ignore: decorator
@inline
function expPair(x: v128): v128 {
  const k = exponent(x)
  const r = reduced(x, k)
  let sum = both(0)
  for (let i: usize = 1; i <= 13; i++) sum = term(sum, r, both(i))
  return exponential(x, k, r, sum)
}

/** Writes exp(theta - most) of eight entries: four series side by side, for each alone waits for its own last term. */
function expEight(from: usize, to: usize, most: v128): void {
  const x0 = f64x2.sub(v128.load(from), most)
  const x1 = f64x2.sub(v128.load(from, 16), most)
  const x2 = f64x2.sub(v128.load(from, 32), most)
  const x3 = f64x2.sub(v128.load(from, 48), most)
  const k0 = exponent(x0)
  const k1 = exponent(x1)
  const k2 = exponent(x2)
  const k3 = exponent(x3)
  const r0 = reduced(x0, k0)
  const r1 = reduced(x1, k1)
  const r2 = reduced(x2, k2)
  const r3 = reduced(x3, k3)
  let s0 = both(0)
  let s1 = s0
  let s2 = s0
  let s3 = s0
  for (let i: usize = 1; i <= 13; i++) {
    const coefficient = both(i)
    s0 = term(s0, r0, coefficient)
    s1 = term(s1, r1, coefficient)
    s2 = term(s2, r2, coefficient)
    s3 = term(s3, r3, coefficient)
  }
  v128.store(to, exponential(x0, k0, r0, s0))
  v128.store(to, exponential(x1, k1, r1, s1), 16)
  v128.store(to, exponential(x2, k2, r2, s2), 32)
  v128.store(to, exponential(x3, k3, r3, s3), 48)
}

/** m 2^k where 2^k may be subnormal: by way of 2^(k + 54), which is not; 0 where exp underflows. */
function tiny(x: v128, m: v128, k: v128): v128 {
  const raised = f64x2.mul(m, power(f64x2.add(k, f64x2.splat(54))))
  const small = f64x2.div(raised, f64x2.splat(TWO_54))
  const usual = f64x2.mul(m, power(k))
  const result = v128.bitselect(small, usual, f64x2.lt(k, f64x2.splat(-1021)))
  return v128.andnot(result, f64x2.lt(x, both(19)))
}

/** floor(E 2^31 / total - 1/2) of two cumulative weights, in the low halves of two lanes; the largest i32 where that is no number. */
// @ts-ignore: decorator
@inline
function levelPair(at: usize, scale: v128): v128 {
  const level = f64x2.floor(f64x2.sub(f64x2.mul(v128.load(at), scale), both(13)))
  return f64x2.add(f64x2.pmin(both(22), level), both(21))
}

/** Writes pi(.|s) and its levels. An odd last entry is worked on in two equal lanes, of which one is written. */
function evaluate(s: u32): void {
  const row = ((s * actions) as usize) << 3
  const last = ((actions - 1) as usize) << 3
  const from = theta + row
  const to = policy + row
  const single = (last & 8) == 0
  let most = v128.load64_splat(from + last)
  for (let a: usize = 0; a < last; a += 16) most = f64x2.pmax(most, v128.load(from + a))
  most = f64x2.pmax(most, i64x2.shuffle(most, most, 1, 0))
  let done: usize = 0
  for (; done + 56 <= last; done += 64) expEight(from + done, to + done, most)
  for (; done < last; done += 16) v128.store(to + done, expPair(f64x2.sub(v128.load(from + done), most)))
  if (single) v128.store64_lane(to + last, expPair(f64x2.sub(v128.load64_splat(from + last), most)), 0)
  let total: f64 = 0
  const cumulative = sums
  // stored two at a time, as they will be read: what two stores wrote, one load would have to wait for
  for (let a: usize = 0; a < last; a += 16) {
    const weights = v128.load(to + a)
    const low = total + f64x2.extract_lane(weights, 0)
    total = low + f64x2.extract_lane(weights, 1)
    v128.store(cumulative + a, f64x2.replace_lane(f64x2.splat(low), 1, total))
  }
  if (single) total += load<f64>(to + last)
  const totals = f64x2.splat(total)
  const end = cumulative + ((last + 8) & ~15)
  v128.store(end, totals)
  v128.store(end, totals, 16)
  const scale = f64x2.splat(2147483648.0 / total)
  const width = levelBytes
  const level = levels + (s as usize) * width
  for (let b: usize = 0; b < width; b += 16) {
    const low = levelPair(cumulative + (b << 1), scale)
    const high = levelPair(cumulative + (b << 1) + 16, scale)
    v128.store(level + b, i32x4.shuffle(low, high, 0, 2, 4, 6))
  }
  for (let a: usize = 0; a < last; a += 16) v128.store(to + a, f64x2.div(v128.load(to + a), totals))
  if (single) store<f64>(to + last, load<f64>(to + last) / total)
}

/** Makes `rollouts` rollouts of at most `horizon` steps. */
export function walk(rollouts: u32, horizon: u32): void {
  const n = actions
  const flags = seen
  const list = visited
  const before = load<u32>(stream, 8)
  for (let v: u32 = 0; v < before; v++) store<u8>(flags + (load<u32>(list + ((v as usize) << 2)) as usize), 0)
  let count: u32 = 0
  let x = load<u32>(stream)
  let y = load<u32>(stream, 4)
  let at: u32 = 0
  const width = levelBytes
  const byPair = rewardsByPair
  for (let m: u32 = 0; m < rollouts; m++) {
    let s = load<u32>(starts + ((m as usize) << 2))
    for (const end = at + horizon; at < end; at++) {
      if (!load<u8>(flags + (s as usize))) {
        store<u8>(flags + (s as usize), 1)
        store<u32>(list + ((count as usize) << 2), s)
        count++
        evaluate(s)
      }
      y ^= x
      const level = i32x4.splat(((rotl<u32>(x * MULTIPLIER, 5) * 5) >>> 1) as i32)
      x = rotl<u32>(x, 26) ^ y ^ (y << 9)
      y = rotl<u32>(y, 13)
      let pair = s * n
      const row = levels + (s as usize) * width
      for (let b: usize = 0; b < width; b += 16) {
        pair += popcnt<u32>(i32x4.bitmask(i32x4.gt_s(level, v128.load(row + b))))
      }
      y ^= x
      const word = rotl<u32>(x * MULTIPLIER, 5) * 5
      x = rotl<u32>(x, 26) ^ y ^ (y << 9)
      y = rotl<u32>(y, 13)
      let shift = commonShift
      let column = pair << (32 - shift)
      if (!shift) {
        const place = rows + ((pair as usize) << 3)
        shift = load<u32>(place, 4)
        column = load<u32>(place)
      }
      column += word >>> shift
      const slot = columns + ((column as usize) << 3)
      const alias = (((word << (32 - shift)) >>> 1) >= load<u32>(slot)) as u32
      store<u32>(pairs + ((at as usize) << 2), pair)
      const reward = byPair
        ? load<f64>(rewards + ((pair as usize) << 3))
        : load<f64>(rewards + ((column as usize) << 4) + ((alias as usize) << 3))
      store<f64>(stepRewards + ((at as usize) << 3), reward)
      s = (load<u32>(slot, 4) >>> (alias << 4)) & 0xffff
      if (load<u8>(terminal + (s as usize))) {
        at++
        break
      }
    }
    store<u32>(offsets + ((m as usize) << 2), at, 4)
  }
  store<u32>(stream, x)
  store<u32>(stream, y, 4)
  store<u32>(stream, count, 8)
}
