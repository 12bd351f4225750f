/**
 * Rewards of each agent, drawn. Agent i draws from the stream (seed, i, model); what agents have in common is drawn from
 * (seed, NOBODY - 1, model), since families of problems use (seed, NOBODY, model). So agent i's rewards depend neither on the number
 * of agents nor on how problems are drawn.
 */
import { dirichlet } from '../numeric/draw.ts'
import { NOBODY, nextWord, Purpose, streamOf, type Stream } from '../numeric/stream.ts'

/**
 * How rewards of agents are drawn:
 * - heterogeneity h in [0, 1]: R_i = (1 - h) R + h R_i', R and R_i' with entries uniform in [0, 1); with `pairs`, agents 2j and 2j + 1
 *   have R + h D_j and R - h D_j, D_j uniform in [-1/2, 1/2) and drawn from the stream of agent 2j: any even number of agents has R as
 *   its average, to the last bit;
 * - dirichlet: S * A times a point of the symmetric Dirichlet distribution of that concentration;
 * - clusters: R_i = (1 - spread) C_(i mod clusters) + spread R_i', C and R_i' with entries uniform in [0, 1).
 */
export type DrawnRewards =
  | { readonly heterogeneity: number; readonly pairs: boolean }
  | { readonly dirichlet: number }
  | { readonly clusters: number; readonly spread: number }

/** The `agent` of the stream that common rewards are drawn from. */
const COMMON = NOBODY - 1

/** Entries of uniform tables are multiples of 2^-32: sums of many of them are exact. */
const GRID = 4294967296

/** [pairs] uniform in [0, 1), one word each. */
const uniformTable = (stream: Stream, pairs: number): Float64Array =>
  Float64Array.from({ length: pairs }, () => nextWord(stream) / GRID)

const ownStream = (seed: number, agent: number): Stream => streamOf(seed, agent, Purpose.model)

/** (1 - weight) a + weight b, exactly a at 0 and exactly b at 1. */
const mixed = (a: Float64Array, b: Float64Array, weight: number): Float64Array =>
  a.map((x, i) => (1 - weight) * x + weight * (b[i] as number))

function assertPart(name: string, part: number): void {
  if (!(part >= 0 && part <= 1)) throw new RangeError(`drawRewards: ${name} must be in [0, 1], got ${part}`)
}

/**
 * The reward tables of agents, [S * A] each, as a function of the agent. Tables in common take pairs words of the common stream each, R
 * or C_0, C_1, ... in that order; an agent's own table takes `pairs` words of its stream, a Dirichlet one a number that varies.
 * @param pairs S * A
 * @param seed integer in [0, 2^53)
 * @throws RangeError when a part is outside [0, 1], `clusters` is no integer >= 1, or the concentration is not above 0
 */
export function drawRewards(how: DrawnRewards, pairs: number, seed: number): (agent: number) => Float64Array {
  const common = streamOf(seed, COMMON, Purpose.model)
  const own = (agent: number): Float64Array => uniformTable(ownStream(seed, agent), pairs)
  if ('dirichlet' in how) {
    return (agent) => dirichlet(ownStream(seed, agent), how.dirichlet, pairs).map((part) => pairs * part)
  }
  if ('clusters' in how) {
    const { clusters, spread } = how
    assertPart('spread', spread)
    if (!Number.isInteger(clusters) || clusters < 1)
      throw new RangeError(`drawRewards: clusters must be an integer >= 1, got ${clusters}`)
    const centres = Array.from({ length: clusters }, () => uniformTable(common, pairs))
    return (agent) => mixed(centres[agent % clusters] as Float64Array, own(agent), spread)
  }
  assertPart('heterogeneity', how.heterogeneity)
  const mean = uniformTable(common, pairs)
  if (!how.pairs) return (agent) => mixed(mean, own(agent), how.heterogeneity)
  return (agent) => paired(mean, own(agent - (agent % 2)), how.heterogeneity, agent % 2 === 0 ? 1 : -1)
}

/** R + sign h D, with h D rounded to the grid of R, so that the two of a pair have R as their mean exactly. */
const paired = (mean: Float64Array, own: Float64Array, h: number, sign: 1 | -1): Float64Array =>
  mean.map((x, i) => x + (sign * Math.floor(h * ((own[i] as number) - 0.5) * GRID + 0.5)) / GRID)
