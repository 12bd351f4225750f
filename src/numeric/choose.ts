/**
 * Draws from finite distributions that change all the time, such as those of a policy that learns: one random word against cumulative
 * sums. This file defines, for compiled code, its twin and every policy alike, how a word becomes an outcome:
 *
 *   outcome = the number of i < n - 1 for which not floor(word / 2) < threshold(p_0 + ... + p_i), sums taken from left to right.
 *
 * A probability is met to within 2^-31 (4.7e-10); one that adds nothing to the sum, such as 0, is never drawn.
 * Distributions that stay have alias tables (alias.ts).
 */

const SCALE = 2147483648

/** A cumulative sum in [0, 1] as an integer in [0, 2^31], rounded to the nearest; a sum that rounding put above 1 counts as 1. */
export const threshold = (sum: number): number => Math.min(SCALE, Math.floor(sum * SCALE + 0.5))

/**
 * The outcome that `word` picks: an index in [0, n).
 * @param probability the outcomes' probabilities are those from index `from` on, n of them, summing to 1 (to rounding)
 * @param word 32 random bits
 */
export function choose(
  probability: Float64Array,
  word: number,
  from = 0,
  n = probability.length - from,
): number {
  const level = word >>> 1
  let sum = 0
  let outcome = 0
  for (let i = 0; i < n - 1; i++) {
    sum += probability[from + i] as number
    outcome += Number(!(level < threshold(sum)))
  }
  return outcome
}
