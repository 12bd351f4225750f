/** How well clusters that agents joined agree with clusters that were planted. */

/**
 * The largest share of agents in the right cluster, over all ways to name the found clusters after the planted ones, one to one.
 * @param found [N] cluster of each agent, in 0 .. k - 1
 * @param planted [N] likewise
 * @param k 1 .. 16
 * @throws RangeError when the lengths differ or a cluster is out of range
 */
export function assignmentRate(found: ArrayLike<number>, planted: ArrayLike<number>, k: number): number {
  const agents = planted.length
  if (found.length !== agents || agents === 0)
    throw new RangeError(`assignmentRate: expected ${agents} > 0 clusters found, got ${found.length}`)
  const together = new Float64Array(k * k)
  for (let agent = 0; agent < agents; agent++) {
    const [a, b] = [found[agent] as number, planted[agent] as number]
    if (!(a >= 0 && a < k && b >= 0 && b < k))
      throw new RangeError(
        `assignmentRate: expected clusters below ${k}, got ${a} and ${b} for agent ${agent}`,
      )
    together[a * k + b] = (together[a * k + b] as number) + 1
  }
  return bestMatching(together, k) / agents
}

/** The largest sum of one entry from each row, no two from one column: by dynamic programming over sets of columns. */
function bestMatching(weight: Float64Array, k: number): number {
  let best = new Map<number, number>([[0, 0]])
  for (let row = 0; row < k; row++) {
    const next = new Map<number, number>()
    for (const [used, sum] of best) {
      for (let column = 0; column < k; column++) {
        const bit = 1 << column
        if ((used & bit) !== 0) continue
        const value = sum + (weight[row * k + column] as number)
        if (value > (next.get(used | bit) ?? -1)) next.set(used | bit, value)
      }
    }
    best = next
  }
  return best.get((1 << k) - 1) ?? 0
}
