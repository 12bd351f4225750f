/**
 * Draws from finite distributions that change all the time, such as those of a policy that learns: one random word against cumulative
 * weights. This file defines, for compiled code, its twin and every policy alike, how a word becomes an outcome: with E_i = w_0 + ... + w_i,
 * sums taken from left to right, and levels
 *
 *   level_i = floor(E_i (2^31 / E_(n-1)) - 1/2),  so that level_i + 1 is the nearest integer to 2^31 (p_0 + ... + p_i),
 *   outcome = the number of i < n - 1 with floor(word / 2) > level_i.
 *
 * A probability is met to within 2^-31 (4.7e-10), and an outcome of weight 0 is never drawn. Distributions that stay have alias tables
 * (alias.ts).
 */

const SCALE = 2147483648

/**
 * The outcome that `word` picks: an index in [0, n).
 * @param weight the outcomes' weights, >= 0 and not all 0, stand from index `from` on; they need not sum to 1
 * @param word 32 random bits
 */
export function choose(weight: Float64Array, word: number, from = 0, n = weight.length - from): number {
  let total = 0
  for (let i = from; i < from + n; i++) total += weight[i] as number
  const scale = SCALE / total
  const draw = word >>> 1
  let sum = 0
  let outcome = 0
  for (let i = from; i < from + n - 1; i++) {
    sum += weight[i] as number
    outcome += Number(draw > Math.floor(sum * scale - 0.5))
  }
  return outcome
}
