import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cos, sin } from './trigonometric.ts'

// The slow twin: fixed-point numbers of 1400 fractional bits in BigInt, pi by Euler's formula, series summed to the last bit.
const BITS = 1400n
const ONE = 1n << BITS
const mul = (a: bigint, b: bigint): bigint => (a * b) >> BITS

/** atan(p/q) by Euler's series, the sum of 2^(2n) (n!)^2 / (2n + 1)! (p/q)^(2n + 1) / (1 + (p/q)^2)^(n + 1) */
function arc(p: bigint, q: bigint): bigint {
  const square = p * p + q * q
  let sum = 0n
  let term = (ONE * p * q) / square
  for (let n = 1n; term !== 0n; n++) {
    sum += term
    term = (term * 2n * n * p * p) / ((2n * n + 1n) * square)
  }
  return sum
}
const PI = 20n * arc(1n, 7n) + 8n * arc(3n, 79n)

const view = new DataView(new ArrayBuffer(8))
/** x = mantissa * 2^exponent, exactly. */
function parts(x: number): { mantissa: bigint; exponent: number } {
  view.setFloat64(0, x)
  const bits = view.getBigUint64(0)
  const biased = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & 0xfffffffffffffn
  const size = biased === 0 ? fraction : fraction | 0x10000000000000n
  return { mantissa: x < 0 ? -size : size, exponent: Math.max(biased, 1) - 1075 }
}
const shift = (a: bigint, by: number): bigint => (by >= 0 ? a << BigInt(by) : a >> BigInt(-by))
const fixed = (x: number): bigint => shift(parts(x).mantissa, parts(x).exponent + Number(BITS))

/** sin x by its Taylor series at x modulo 2 pi */
function twinSin(x: bigint): bigint {
  const r = x % (2n * PI)
  let sum = 0n
  for (let n = 1n, term = r; term !== 0n && term !== -1n; n += 2n) {
    sum += term
    term = -mul(mul(term, r), r) / ((n + 1n) * (n + 2n))
  }
  return sum
}
const twinCos = (x: bigint): bigint => twinSin(x + PI / 2n)

/** |got - exact| in units of the last place of got. */
function ulps(got: number, exact: bigint): number {
  const { mantissa, exponent } = parts(got)
  const difference = shift(mantissa, exponent + Number(BITS)) - exact
  const size = difference < 0n ? -difference : difference
  return Number(shift(size, 20 - exponent - Number(BITS))) / 1048576
}

const runs = { numRuns: 500, seed: 7 }
const signed = (low: number, high: number) =>
  fc
    .tuple(
      fc.double({ min: 1, max: 1.9999999999999998, noNaN: true }),
      fc.integer({ min: low, max: high }),
      fc.boolean(),
    )
    .map(([m, k, minus]) => (minus ? -m : m) * 2 ** k)
/** the numbers next to a multiple of pi/2, where nearly all of the argument cancels */
const nearMultiples = (most: number) =>
  fc.tuple(fc.integer({ min: -most, max: most }), fc.integer({ min: -3, max: 3 })).map(([n, off]) => {
    const x = (n * Math.PI) / 2
    return x + off * Math.max(Math.abs(x), 1) * 2.220446049250313e-16
  })

describe('sin and cos against exact arithmetic', () => {
  it.each([
    ['below pi/4', fc.double({ min: -0.7854, max: 0.7854, noNaN: true }).filter((x) => Math.abs(x) > 1e-100)],
    ['up to 1e5', fc.double({ min: -1e5, max: 1e5, noNaN: true }).filter((x) => Math.abs(x) > 1e-100)],
    ['of every magnitude up to 2^20', signed(-60, 19)],
    ['of every magnitude above', signed(19, 1023)],
    ['next to multiples of pi/2', nearMultiples(524_000).filter((x) => Math.abs(x) > 1e-100)],
    ['next to large multiples of pi/2', nearMultiples(2_000_000_000).filter((x) => Math.abs(x) > 1e-100)],
  ])('%s', (_, numbers) => {
    fc.assert(
      fc.property(numbers, (x) => {
        expect(ulps(sin(x), twinSin(fixed(x)))).toBeLessThan(0.9)
        expect(ulps(cos(x), twinCos(fixed(x)))).toBeLessThan(0.9)
      }),
      runs,
    )
  })
})

describe('sin and cos', () => {
  it('agree with the engine within two units in the last place', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e5, max: 1e5, noNaN: true }), (x) => {
        for (const [own, engine] of [
          [sin(x), Math.sin(x)],
          [cos(x), Math.cos(x)],
        ] as const)
          expect(Math.abs(own - engine)).toBeLessThanOrEqual(2 * 2.220446049250313e-16 * Math.abs(engine))
      }),
      { ...runs, numRuns: 20_000 },
    )
  })
  it('are odd and even', () => {
    fc.assert(
      fc.property(signed(-300, 1023), (x) => {
        expect(sin(-x)).toBe(-sin(x))
        expect(cos(-x)).toBe(cos(x))
      }),
      runs,
    )
  })
  it('at special values', () => {
    expect([sin(0), sin(-0), cos(0), cos(-0)]).toEqual([0, -0, 1, 1])
    for (const x of [NaN, Infinity, -Infinity]) expect([sin(x), cos(x)]).toEqual([NaN, NaN])
    expect([sin(5e-324), sin(1e-310), cos(1e-310)]).toEqual([5e-324, 1e-310, 1])
    // sin(fl(pi)) = pi - fl(pi), cos(fl(pi/2)) = pi/2 - fl(pi/2): the digits of pi that a double leaves out
    expect([sin(Math.PI), cos(Math.PI / 2)]).toEqual([1.2246467991473532e-16, 6.123233995736766e-17])
    expect([sin(Math.PI / 2), cos(Math.PI)]).toEqual([1, -1])
    // the double that comes closest to a multiple of pi/2 (Kahan 1983)
    const closest = 6381956970095103 * 2 ** 797
    expect(cos(closest)).toBe(-4.687165924254628e-19)
    expect(ulps(cos(closest), twinCos(fixed(closest)))).toBeLessThan(0.9)
  })
  it('give these very bits', () => {
    // Recorded once from this implementation: a change here changes published results.
    expect([sin(1), cos(1), sin(-100.25), cos(12345.678), sin(1e22)]).toEqual(GOLDEN)
  })
})

const GOLDEN = [
  0.8414709848078965, 0.5403023058681398, 0.2772828564548513, 0.7101193587160628, -0.8522008497671888,
]
