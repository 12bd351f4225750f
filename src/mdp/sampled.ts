/**
 * What sampling does to an Mdp: alias thresholds are quantised, so agents walk in a neighbour of the Mdp that was asked for. Here is that
 * neighbour, and how far its optimum lies from the one asked for.
 */
import { sampledProbabilities } from '../numeric/alias.ts'
import { maxAbs } from './bellman.ts'
import type { Mdp } from './mdp.ts'
import { outcomeSampler, startSampler } from './sampler.ts'
import { optimalTable } from './solve.ts'

/** S * A up to which both optima are solved for; beyond, their distance is bounded. */
const MOST_SOLVED = 200_000

/**
 * The Mdp that is really sampled: outcome probabilities and start law are those that the alias tables draw, counted over all 2^32 words.
 * They are multiples of 2^-32, and each row sums to 1 exactly. Outcomes of terminal states, which are never drawn, stay as they are.
 */
export function sampledMdp(mdp: Mdp): Mdp {
  const tables = outcomeSampler(mdp)
  const probability = mdp.probability.slice()
  for (let pair = 0; pair < mdp.states * mdp.actions; pair++) {
    if (mdp.terminal[Math.floor(pair / mdp.actions)] === 1) continue
    const from = mdp.start[pair] as number
    probability.set(sampledProbabilities(tables, pair, (mdp.start[pair + 1] as number) - from), from)
  }
  return { ...mdp, probability, initial: sampledLaw(mdp.initial) }
}

/** A law [S] of start states as it is drawn. */
function sampledLaw(law: Float64Array): Float64Array {
  const { states, tables } = startSampler(law)
  const drawn = sampledProbabilities(tables, 0, states.length)
  const result = new Float64Array(law.length)
  states.forEach((state, i) => (result[state] = drawn[i] as number))
  return result
}

/**
 * max |Q*_sampled - Q*| / max |Q*|, 0 where Q* is 0. Above 200,000 pairs an upper bound: with d the largest change that the sampled
 * probabilities make to r + gamma P V*, |Q*_sampled - Q*| <= d / (1 - gamma) (Banach).
 * @param q [S * A] Q* of `mdp`; solved for where it is not at hand
 */
export function samplingDifference(mdp: Mdp, q: Float64Array = optimalTable(mdp).q): number {
  const sampled = sampledMdp(mdp)
  const difference =
    q.length > MOST_SOLVED ? largestDistance(mdp, sampled, q) : maxAbs(minus(optimalTable(sampled).q, q))
  return difference === 0 ? 0 : difference / maxAbs(q)
}

const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((x, i) => x - (b[i] as number))

/** What |Q*_sampled - Q*| is at most. Products of small differences: in plain doubles they lose nothing that matters. */
function largestDistance(mdp: Mdp, sampled: Mdp, q: Float64Array): number {
  const v = Float64Array.from({ length: mdp.states }, (_, state) =>
    q.subarray(state * mdp.actions, (state + 1) * mdp.actions).reduce((a, b) => Math.max(a, b)),
  )
  const change = new Float64Array(q.length)
  for (let pair = 0; pair < q.length; pair++) {
    let sum = 0
    for (let i = mdp.start[pair] as number; i < (mdp.start[pair + 1] as number); i++)
      sum +=
        ((sampled.probability[i] as number) - (mdp.probability[i] as number)) *
        ((mdp.reward[i] as number) + mdp.discount * (v[mdp.next[i] as number] as number))
    change[pair] = sum
  }
  return maxAbs(change) / (1 - mdp.discount)
}
