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
  const meanOf = new Map<AgentCoverage, Float64Array>()
  for (let row = 0; row < rows; row++) {
    const block = agents.slice(agentFrom[row], agentFrom[row + 1])
    for (const agent of block) {
      const means = meanOf.get(agent) ?? blockMeans(agent.mu, pairFrom)
      meanOf.set(agent, means)
      means.forEach((mean, column) => {
        values[row * columns + column] = (values[row * columns + column] as number) + mean / block.length
      })
    }
  }
  return { rows, columns, values, agentFrom, pairFrom }
}

function blockMeans(mu: Float64Array, from: Uint32Array): Float64Array {
  return Float64Array.from({ length: from.length - 1 }, (_, i) => {
    const block = mu.subarray(from[i], from[i + 1])
    return block.reduce((sum, mass) => sum + mass, 0) / block.length
  })
}
