/**
 * tanh with the same bits in every JavaScript engine, which `Math.tanh` has not, and without a call to exp: it runs for every unit of a
 * perceptron at every step. Only + - * / and a table are used; the table is made with integers, which are exact everywhere.
 */

/** Where tanh is told from 1 no more: tanh(19.0625) rounds to 1. */
const MOST = 19.0625
/** Points of the table to a unit of x. */
const POINTS = 32
/** The table reaches from -LAST / POINTS to LAST / POINTS. */
const LAST = MOST * POINTS

/** Bits behind the point of the integers that the table is made with. */
const BITS = 128
const ONE = 1n << BigInt(BITS)

/** An integer as the number that it stands for, rounded once. */
const toNumber = (fixed: bigint): number => Number(fixed) / Number(ONE)

/** tanh(1 / POINTS) = sinh / cosh, from their power series. */
function firstPoint(): bigint {
  const x = ONE / BigInt(POINTS)
  const parts: [sinh: bigint, cosh: bigint] = [0n, 0n]
  let term = ONE
  for (let n = 1; term > 0n; n++) {
    parts[n % 2 === 1 ? 1 : 0] += term
    term = (term * x) / ONE / BigInt(n)
  }
  return (parts[0] * ONE) / parts[1]
}

/** tanh at the points k / POINTS, at index LAST + k, rounded; what rounding took from it; and 1 - tanh^2. */
const TANH = new Float64Array(2 * LAST + 1)
const REST = new Float64Array(2 * LAST + 1)
const SLOPE = new Float64Array(2 * LAST + 1)

/** Fills the table by tanh(a + b) = (tanh a + tanh b) / (1 + tanh a tanh b), b = 1 / POINTS. */
function fillTable(): void {
  const first = firstPoint()
  let point = 0n
  for (let k = 0; k <= LAST; k++) {
    const value = toNumber(point)
    const rest = toNumber(point - BigInt(value * Number(ONE)))
    for (const sign of [-1, 1]) {
      TANH[LAST + sign * k] = sign * value
      REST[LAST + sign * k] = sign * rest
      SLOPE[LAST + sign * k] = toNumber(ONE - (point * point) / ONE)
    }
    point = ((point + first) * ONE) / (ONE + (point * first) / ONE)
  }
}

fillTable()

/** Adding and subtracting it rounds a small number to an integer, ties to even, so that tanh(-x) = -tanh(x) to the last bit. */
const ROUNDER = 6755399441055744

/**
 * tanh x, within 1.5 units in the last place; NaN for NaN, -0 for -0. With a the nearest point of a table, b = x - a and t = tanh b,
 * |b| <= 1/64, from its power series: tanh x = tanh a + t (1 - tanh^2 a) / (1 + t tanh a).
 */
export function tanh(x: number): number {
  if (x === 0) return x
  if (x >= MOST) return 1
  if (x <= -MOST) return -1
  const k = x * POINTS + ROUNDER - ROUNDER
  const b = x - k / POINTS
  const z = b * b
  const t = b - b * z * (1 / 3 - z * (2 / 15 - z * (17 / 315 - z * (62 / 2835))))
  const i = LAST + k
  const a = TANH[i] as number
  return a + ((REST[i] as number) + (t * (SLOPE[i] as number)) / (1 + t * a))
}
