/** Coverage as a picture: the agents' state-action laws as one matrix, averaged down to a size that can be drawn. */
import type { AgentCoverage, Coverage } from './coverage.ts'

/** Masses by agent and pair, drawn as a heat map: cell (row, column) is values[row * columns + column]. */
export interface CoverageMatrix {
  readonly rows: number
  readonly columns: number
  /** mean of mu^k(s, a) over the agents and pairs of the cell's block */
  readonly values: Float64Array
  /** [rows + 1] first agent of each row */
  readonly agentFrom: Uint32Array
  /** [columns + 1] first pair, s * A + a, of each column */
  readonly pairFrom: Uint32Array
}

const blocks = (size: number, most: number): Uint32Array => {
  const count = Math.min(size, most)
  return Uint32Array.from({ length: count + 1 }, (_, i) => Math.floor((i * size) / count))
}

/** mu^k(s, a) as a matrix agents x pairs of at most `maxAgents` rows and `maxPairs` columns: larger ones are averaged by blocks of neighbours. */
export function coverageMatrix(
  { agents, average }: Coverage,
  maxAgents: number,
  maxPairs: number,
): CoverageMatrix {
  const agentFrom = blocks(agents.length, maxAgents)
  const pairFrom = blocks(average.length, maxPairs)
  const rows = agentFrom.length - 1
  const columns = pairFrom.length - 1
  const values = new Float64Array(rows * columns)
  for (let row = 0; row < rows; row++) {
    const block = agents.slice(agentFrom[row], agentFrom[row + 1])
    const means = values.subarray(row * columns, (row + 1) * columns)
    for (const [{ mu }, count] of counted(block)) addMeans(means, mu, pairFrom, count / block.length)
  }
  return { rows, columns, values, agentFrom, pairFrom }
}

/** Agents of one policy are one object: each is worked out once a block, with how often it stands there. */
function counted(block: readonly AgentCoverage[]): ReadonlyMap<AgentCoverage, number> {
  const counts = new Map<AgentCoverage, number>()
  for (const agent of block) counts.set(agent, (counts.get(agent) ?? 0) + 1)
  return counts
}

/** Adds `share` times the mean of mu over every column's pairs. */
function addMeans(means: Float64Array, mu: Float64Array, from: Uint32Array, share: number): void {
  for (let column = 0; column < means.length; column++) {
    const [first, end] = [from[column] as number, from[column + 1] as number]
    let sum = 0
    for (let pair = first; pair < end; pair++) sum += mu[pair] as number
    means[column] = (means[column] as number) + (share * sum) / (end - first)
  }
}
