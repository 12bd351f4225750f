/**
 * exp, log, log1p, expm1 and pow that give the same bits in every JavaScript engine, which those of `Math` do not. Only + - * /,
 * rounding to integers and access to the bits of a number are used, all of which are exact everywhere.
 *
 * Method: that of fdlibm (Ng, Sun Microsystems 1993): split off a multiple k of ln 2 or a power 2^k, carry the rounding error of the
 * reduced argument along, and end in a short series. The series are plain Taylor ones, one to four terms longer than minimax
 * polynomials would be; `pow` carries its logarithm as the sum of two numbers (Dekker 1971).
 */

/** ln 2 as the sum of a number of 33 bits, whose product with an integer below 2^20 is exact, and the rest. */
const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10
const TWO_54 = 18014398509481984

/** Beyond these exp is Infinity or 0. */
const EXP_MOST = 709.782712893384
const EXP_LEAST = -745.1332191019412

const word = new DataView(new ArrayBuffer(8))

/** 2^k for an integer k in [-1022, 1023]. */
function powerOfTwo(k: number): number {
  word.setUint32(0, (k + 1023) << 20)
  word.setUint32(4, 0)
  return word.getFloat64(0)
}

/** x * 2^k, rounded once, for x in [0.5, 4) and k in [-1077, 1024]. */
function scale(x: number, k: number): number {
  if (k > 1023) return x * 2 * powerOfTwo(k - 1)
  return k < -1021 ? (x * powerOfTwo(k + 54)) / TWO_54 : x * powerOfTwo(k)
}

/** The exponent k and the significand m in [1, 2) of a normal x > 0: x = m * 2^k. */
function split(x: number): { k: number; m: number } {
  word.setFloat64(0, x)
  const high = word.getUint32(0)
  word.setUint32(0, (high & 0x000fffff) | 0x3ff00000)
  return { k: (high >>> 20) - 1023, m: word.getFloat64(0) }
}

/** As {@link split}, for any finite x > 0 and with m in [sqrt(1/2), sqrt(2)). */
function splitNearOne(x: number): { k: number; m: number } {
  const tiny = x < 2.2250738585072014e-308
  const { k, m } = split(tiny ? x * TWO_54 : x)
  const own = tiny ? k - 54 : k
  return m >= Math.SQRT2 ? { k: own + 1, m: m / 2 } : { k: own, m }
}

/** 1/2!, 1/3!, ... 1/15!, rounded. */
const EXP_SERIES = Float64Array.from({ length: 14 }, (_, i) => {
  let factorial = 1
  for (let n = 2; n <= i + 2; n++) factorial *= n
  return 1 / factorial
})

/** exp(r) - 1 - r for |r| <= 0.35. */
function expTail(r: number): number {
  let sum = 0
  for (let i = EXP_SERIES.length - 1; i >= 0; i--) sum = sum * r + (EXP_SERIES[i] as number)
  return r * r * sum
}

/** high + low = k ln 2 + r + c, with |r| <= 0.35 and c far below the last bit of r. */
function reduce(high: number, low: number): { k: number; r: number; c: number } {
  const k = Math.floor(high * Math.LOG2E + 0.5)
  const a = high - k * LN2_HIGH
  const b = k * LN2_LOW - low
  const r = a - b
  return { k, r, c: a - r - b }
}

/** exp(high + low), both finite, low far below the last bit of high. */
function expOfSum(high: number, low: number): number {
  if (high > EXP_MOST) return Infinity
  if (high < EXP_LEAST) return 0
  const { k, r, c } = reduce(high, low)
  const sum = 1 + r
  const rest = r - (sum - 1)
  return scale(sum + (rest + (expTail(r) + c * sum)), k)
}

/** e^x, within 1 unit in the last place; NaN for NaN. */
export function exp(x: number): number {
  return Number.isNaN(x) ? x : expOfSum(x, 0)
}

/** e^x - 1, within 1 unit in the last place also for small x; NaN for NaN, -0 for -0. */
export function expm1(x: number): number {
  if (Number.isNaN(x) || x === 0) return x
  if (x > 40) return exp(x) - 1
  if (x < -40) return -1
  if (Math.abs(x) <= 0.34) return x + expTail(x)
  const { k, r, c } = reduce(x, 0)
  const sum = 1 + r
  const rest = r - (sum - 1)
  const factor = powerOfTwo(k)
  const big = sum * factor
  const less = big - 1
  const lost = big >= 1 ? big - (less + 1) : big - less - 1
  return less + (lost + factor * (rest + (expTail(r) + c * sum)))
}

/** 2/3, 2/5, 2/7, ... 2/27, rounded. */
const LOG_SERIES = Float64Array.from({ length: 13 }, (_, i) => 2 / (2 * i + 3))

/** sum of 2/(2i+3) z^(i-from) over i >= from, for 0 <= z < 0.03. */
function logSeries(z: number, from: number): number {
  let sum = 0
  for (let i = LOG_SERIES.length - 1; i >= from; i--) sum = sum * z + (LOG_SERIES[i] as number)
  return sum
}

/**
 * k ln 2 + log(1 + f) + c for 1 + f in [sqrt(1/2), sqrt(2)]: with s = f / (2 + f),
 * log(1 + f) = 2 s + 2/3 s^3 + 2/5 s^5 + ... = f - (f^2/2 - s (f^2/2 + 2/3 s^2 + 2/5 s^4 + ...)).
 */
function logNearOne(f: number, k: number, c: number): number {
  const s = f / (2 + f)
  const z = s * s
  const half = 0.5 * f * f
  return k * LN2_HIGH - (half - (s * (half + z * logSeries(z, 0)) + (k * LN2_LOW + c)) - f)
}

/** The natural logarithm, within 1 unit in the last place; -Infinity at 0, NaN below it and for NaN. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN
  if (x === Infinity || x === 1) return x === 1 ? 0 : x
  const { k, m } = splitNearOne(x)
  return logNearOne(m - 1, k, 0)
}

/** log(1 + x), within 1 unit in the last place also for small x; -Infinity at -1, NaN below it and for NaN, -0 for -0. */
export function log1p(x: number): number {
  if (!(x > -1)) return x === -1 ? -Infinity : NaN
  if (x === Infinity || Math.abs(x) < 1e-20) return x
  if (x > -0.29 && x < 0.41) return logNearOne(x, 0, 0)
  const u = 1 + x
  const c = x < 1 ? x - (u - 1) : 1 - (u - x)
  const { k, m } = splitNearOne(u)
  return logNearOne(m - 1, k, c / u)
}

/** A number as the unevaluated sum of two, the second far below the last bit of the first: about 106 bits. */
interface Double2 {
  readonly high: number
  readonly low: number
}

/** The exact a + b, where |a| >= |b| or a = 0. */
function quickSum(a: number, b: number): Double2 {
  const high = a + b
  return { high, low: b - (high - a) }
}

/** The exact a * b, where nothing overflows (Dekker 1971, Veltkamp's splitting). */
function product(a: number, b: number): Double2 {
  const ta = a * 134217729
  const tb = b * 134217729
  const ah = ta - (ta - a)
  const bh = tb - (tb - b)
  const high = a * b
  return { high, low: ah * bh - high + ah * (b - bh) + (a - ah) * bh + (a - ah) * (b - bh) }
}

function times(a: Double2, b: Double2): Double2 {
  const p = product(a.high, b.high)
  return quickSum(p.high, p.low + (a.high * b.low + a.low * b.high))
}

/** a + b, where |a| >= |b|. */
function plus(a: Double2, b: Double2): Double2 {
  const s = quickSum(a.high, b.high)
  return quickSum(s.high, s.low + (a.low + b.low))
}

function ratio(a: number, b: Double2): Double2 {
  const high = a / b.high
  const p = product(high, b.high)
  return quickSum(high, (a - p.high - p.low - high * b.low) / b.high)
}

/** How many terms of the series `logOfTwoParts` takes with 106 bits; of the others 53 are enough. */
const LONG_TERMS = 5
const LONG_SERIES = Array.from({ length: LONG_TERMS }, (_, i) => ratio(2, { high: 2 * i + 3, low: 0 }))

/** log(x) to about 2^-70 of itself, for finite x > 0. */
function logOfTwoParts(x: number): Double2 {
  const { k, m } = splitNearOne(x)
  const f = m - 1
  const s = ratio(f, quickSum(2, f))
  const z = times(s, s)
  let sum: Double2 = { high: logSeries(z.high, LONG_TERMS), low: 0 }
  for (let i = LONG_TERMS - 1; i >= 0; i--) sum = plus(LONG_SERIES[i] as Double2, times(z, sum))
  sum = plus({ high: 2, low: 0 }, times(z, sum))
  const fraction = times(s, sum)
  return k === 0 ? fraction : plus(quickSum(k * LN2_HIGH, k * LN2_LOW), fraction)
}

/** x^y for finite x > 0 and finite y. */
function powOfPositive(x: number, y: number): number {
  // Beyond 2^64 the answer is 0, 1 or Infinity already, and products would overflow.
  const bounded = Math.max(-18446744073709552000, Math.min(18446744073709552000, y))
  const l = logOfTwoParts(x)
  const p = product(bounded, l.high)
  const sum = quickSum(p.high, p.low + bounded * l.low)
  return expOfSum(sum.high, sum.low)
}

/** x^y where x or y is not finite, or x = 0; neither is NaN. */
function powAtTheEdge(x: number, y: number, odd: boolean): number {
  const size = Math.abs(x)
  if (!Number.isFinite(y)) {
    if (size === 1) return NaN
    return size > 1 === y > 0 ? Infinity : 0
  }
  const result = (size === 0) === y > 0 ? 0 : Infinity
  return odd && (x < 0 || Object.is(x, -0)) ? -result : result
}

/** x^y, within 2 units in the last place, exact where x, y and x^y are integers that fit; special values as those of `Math.pow`. */
export function pow(x: number, y: number): number {
  if (y === 0) return 1
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN
  const odd = Math.abs(y % 2) === 1
  if (!Number.isFinite(x) || !Number.isFinite(y) || x === 0) return powAtTheEdge(x, y, odd)
  if (x > 0) return powOfPositive(x, y)
  if (!Number.isInteger(y)) return NaN
  const result = powOfPositive(-x, y)
  return odd ? -result : result
}
