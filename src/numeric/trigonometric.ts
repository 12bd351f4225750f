/**
 * sin and cos that give the same bits in every JavaScript engine, which those of `Math` do not. Only + - * /, rounding to integers and
 * whole-number arithmetic are used, all of which are exact everywhere.
 *
 * Method: that of fdlibm (Ng, Sun Microsystems 1993): take off the nearest multiple of pi/2, keep what is left as the sum of two
 * numbers (Cody and Waite 1980), and end in a short series, here the plain Taylor one.
 */

/** pi/2 as the sum of three numbers of 33 bits, whose products with an integer below 2^20 are exact, and the rest. */
const HALF_PI_1 = 1.5707963267341256
const HALF_PI_2 = 6.077100506303966e-11
const HALF_PI_3 = 2.0222662487111665e-21
const HALF_PI_4 = 8.4784276603689e-32

const HALF_PI = Math.PI / 2
const QUARTER_PI = Math.PI / 4

/** Up to here fewer than 2^19 multiples of pi/2 are taken off. */
const MOST_BY_PARTS = 823_000

/** What is left of the last reduced number: a sum of two, |rest[0]| <= pi/4 and rest[1] below its last bit. */
const rest = new Float64Array(2)

/** Takes `low`, |low| below the last bits of `rest`, off the rest; both sums are kept whole (Knuth's two-sum). */
function takeOff(low: number): void {
  const high = rest[0] as number
  const sum = high - low
  const part = sum - high
  rest[0] = sum
  rest[1] = (rest[1] as number) + (high - (sum - part) - (low + part))
}

/** Reduces |x| <= {@link MOST_BY_PARTS}; returns n modulo 4, where x = n pi/2 + rest. */
function reduceByParts(x: number): number {
  const n = Math.floor(x / HALF_PI + 0.5)
  rest[0] = x - n * HALF_PI_1
  rest[1] = 0
  takeOff(n * HALF_PI_2)
  takeOff(n * HALF_PI_3)
  const high = rest[0]
  const low = rest[1] - n * HALF_PI_4
  const sum = high + low
  rest[0] = sum
  rest[1] = low - (sum - high)
  return n & 3
}

/** Fractional bits of the whole numbers below: the largest double has 1024 bits before the point, its rest needs some 120 after it. */
const BITS = 1200n
/** Bits of them that a rest is read from. */
const READ = 200n
const TWO_READ = 1.6069380442589903e60

/** 2^BITS atan(1/m) */
function inverseTangent(m: bigint): bigint {
  let sum = 0n
  for (let term = (1n << BITS) / m, n = 1n; term !== 0n; term = -term / (m * m), n += 2n) sum += term / n
  return sum
}

/** 2^BITS pi/2 (Machin 1706), once it is asked for */
let halfPi = 0n

/** As {@link reduceByParts} for any finite x, in whole numbers. */
function reduceWhole(x: number): number {
  if (halfPi === 0n) halfPi = 8n * inverseTangent(5n) - 2n * inverseTangent(239n)
  // A number beyond 2^20 has at most 32 bits after the point, one above MOST_BY_PARTS at most 33.
  const whole = BigInt(Math.floor(x))
  const value = (whole << BITS) + (BigInt((x - Math.floor(x)) * 8589934592) << (BITS - 33n))
  const n = (2n * value + halfPi) / (2n * halfPi)
  const left = (value - n * halfPi) >> (BITS - READ)
  rest[0] = Number(left) / TWO_READ
  rest[1] = Number(left - BigInt(rest[0] * TWO_READ)) / TWO_READ
  return Number(n & 3n)
}

/** n modulo 4, where x = n pi/2 + rest; x is finite and |x| > pi/4. */
function reduce(x: number): number {
  if (Math.abs(x) <= MOST_BY_PARTS) return reduceByParts(x)
  const n = reduceWhole(Math.abs(x))
  if (x > 0) return n
  rest[0] = -(rest[0] as number)
  rest[1] = -(rest[1] as number)
  return -n & 3
}

const S3 = -1 / 6
const S5 = 1 / 120
const S7 = -1 / 5040
const S9 = 1 / 362880
const S11 = -1 / 39916800
const S13 = 1 / 6227020800
const S15 = -1 / 1307674368000
const S17 = 1 / 355687428096000

/** sin(x + low) for |x| <= pi/4 and low below the last bit of x. */
function sinNearZero(x: number, low: number): number {
  const z = x * x
  const series = S5 + z * (S7 + z * (S9 + z * (S11 + z * (S13 + z * (S15 + z * S17)))))
  const cube = z * x
  return x - (z * (0.5 * low - cube * series) - low - cube * S3)
}

const C4 = 1 / 24
const C6 = -1 / 720
const C8 = 1 / 40320
const C10 = -1 / 3628800
const C12 = 1 / 479001600
const C14 = -1 / 87178291200
const C16 = 1 / 20922789888000

/** cos(x + low) for |x| <= pi/4 and low below the last bit of x. */
function cosNearZero(x: number, low: number): number {
  const z = x * x
  const series = z * (C4 + z * (C6 + z * (C8 + z * (C10 + z * (C12 + z * (C14 + z * C16))))))
  const half = 0.5 * z
  const head = 1 - half
  return head + (1 - head - half + (z * series - x * low))
}

/** sin(n pi/2 + rest) for n modulo 4 */
function sinOfRest(n: number): number {
  const x = rest[0] as number
  const low = rest[1] as number
  const size = (n & 1) === 0 ? sinNearZero(x, low) : cosNearZero(x, low)
  return n < 2 ? size : -size
}

/** The sine of x radians, within 1 unit in the last place; NaN where x is not finite, -0 for -0. */
export function sin(x: number): number {
  if (Math.abs(x) <= QUARTER_PI) return x === 0 ? x : sinNearZero(x, 0)
  return Number.isFinite(x) ? sinOfRest(reduce(x)) : NaN
}

/** The cosine of x radians, within 1 unit in the last place; NaN where x is not finite. */
export function cos(x: number): number {
  if (Math.abs(x) <= QUARTER_PI) return cosNearZero(x, 0)
  return Number.isFinite(x) ? sinOfRest((reduce(x) + 1) & 3) : NaN
}
