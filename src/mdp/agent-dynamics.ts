/**
 * Dynamics of each agent, drawn around common ones. Agent i draws from the stream (seed, NOBODY - 2 - i, model), apart from its rewards.
 */
import { NOBODY, Purpose, streamOf, uniform, type Stream } from '../numeric/stream.ts'
import type { Mdp } from './mdp.ts'

/**
 * P_i = (1 - h) P + h P_i' over the outcomes that P allows: P_i' gives the n outcomes of positive probability of a pair the gaps that n - 1
 * uniform cuts leave in [0, 1], as in Garnet problems. Takes 2 (n - 1) words a pair, in the order of pairs, and none for terminal
 * states. A pair with one outcome keeps it, so that problems without chance have nothing to differ in. With h = 0 it is P exactly.
 * @param heterogeneity h in [0, 1]
 * @param seed integer in [0, 2^53)
 * @throws RangeError when h is outside [0, 1]
 */
export function ownDynamics(mdp: Mdp, heterogeneity: number, agent: number, seed: number): Mdp {
  if (!(heterogeneity >= 0 && heterogeneity <= 1))
    throw new RangeError(`ownDynamics: heterogeneity must be in [0, 1], got ${heterogeneity}`)
  const stream = streamOf(seed, NOBODY - 2 - agent, Purpose.model)
  const probability = mdp.probability.slice()
  for (let z = 0; z < mdp.states * mdp.actions; z++) {
    if (mdp.terminal[Math.floor(z / mdp.actions)] === 1) continue
    mixIn(probability.subarray(mdp.start[z], mdp.start[z + 1]), heterogeneity, stream)
  }
  return { ...mdp, probability }
}

/** Moves a row of probabilities towards gaps between uniform cuts, in place. */
function mixIn(row: Float64Array, weight: number, stream: Stream): void {
  const possible = row.reduce((n, p) => n + (p > 0 ? 1 : 0), 0)
  const cuts = Float64Array.from({ length: possible - 1 }, () => uniform(stream)).sort()
  let [last, used] = [0, 0]
  for (const [i, p] of row.entries()) {
    if (p === 0) continue
    const cut = cuts[used++] ?? 1
    row[i] = (1 - weight) * p + weight * (cut - last)
    last = cut
  }
}
