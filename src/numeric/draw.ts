/** Draws from continuous distributions, the same in every engine. Uniform draws stand in `stream.ts`, finite ones in `alias.ts`. */
import { exp, log } from './elementary.ts'
import type { Stream } from './stream.ts'
import { uniform } from './stream.ts'

/** A uniform number in (0, 1]; takes two words. */
const positive = (stream: Stream): number => 1 - uniform(stream)

/** A standard normal number, by the polar method (Marsaglia and Bray 1964), whose second number is dropped; takes 4 words a try. */
export function normal(stream: Stream): number {
  for (;;) {
    const u = 2 * uniform(stream) - 1
    const v = 2 * uniform(stream) - 1
    const square = u * u + v * v
    if (square > 0 && square < 1) return u * Math.sqrt((-2 * log(square)) / square)
  }
}

/** The logarithm of a Gamma(shape, 1) number, shape >= 1 (Marsaglia and Tsang 2000). */
function logGammaAboveOne(stream: Stream, shape: number): number {
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = normal(stream)
    const root = 1 + c * x
    if (root <= 0) continue
    const v = root * root * root
    if (log(positive(stream)) < 0.5 * x * x + d - d * v + d * log(v)) return log(d) + log(v)
  }
}

/** The logarithm of a Gamma(shape, 1) number: finite also where the number itself would be below the least positive one. */
function logGamma(stream: Stream, shape: number): number {
  if (shape >= 1) return logGammaAboveOne(stream, shape)
  return logGammaAboveOne(stream, shape + 1) + log(positive(stream)) / shape
}

/**
 * A Gamma(shape, 1) number, by Marsaglia and Tsang 2000; for shape < 1 a Gamma(shape + 1) number times U^(1/shape). It can be 0 for
 * small shapes, where the true number is below 5e-324.
 * @param shape finite and > 0
 * @throws RangeError when the shape is not
 */
export function gamma(stream: Stream, shape: number): number {
  if (!(shape > 0) || shape === Infinity)
    throw new RangeError(`gamma: shape must be a finite number > 0, got ${shape}`)
  return exp(logGamma(stream, shape))
}

/**
 * One point of the symmetric Dirichlet distribution: [n] numbers >= 0 that sum to 1, n Gamma(concentration) numbers over their sum.
 * The division is done on logarithms, so a small concentration gives a corner of the simplex, never 0/0.
 * @param concentration finite and > 0; 1 is uniform over the simplex, smaller is closer to its corners
 * @param n number of entries, >= 1
 * @throws RangeError when the concentration or n is out of range
 */
export function dirichlet(stream: Stream, concentration: number, n: number): Float64Array {
  if (!(concentration > 0) || concentration === Infinity)
    throw new RangeError(`dirichlet: concentration must be a finite number > 0, got ${concentration}`)
  if (!Number.isInteger(n) || n < 1) throw new RangeError(`dirichlet: n must be an integer >= 1, got ${n}`)
  const logs = Float64Array.from({ length: n }, () => logGamma(stream, concentration))
  const largest = logs.reduce((a, b) => Math.max(a, b))
  const weights = logs.map((x) => exp(x - largest))
  const sum = weights.reduce((a, b) => a + b)
  return weights.map((x) => x / sum)
}
