/** The one arithmetic of a Q-learning step, shared by every agent and kernel twin: its order of operations is part of every result. */

/** max over the `actions` entries of `table` from `row` on. */
export function rowMax(table: Float64Array, row: number, actions: number): number {
  let best = table[row] as number
  for (let i = row + 1; i < row + actions; i++) {
    const value = table[i] as number
    best = value > best ? value : best
  }
  return best
}

/**
 * Q(s,a) <- (Q(s,a) (1 - eta) + eta r) + (eta gamma) max_a' Q(s',a'), left to right.
 * Source: Woo, Joshi, Chi 2025, eq. (12) and (23).
 * @param next the bootstrap: max of the next row, 0 after a terminated step
 */
export function qStep(q: number, reward: number, next: number, stepSize: number, discount: number): number {
  return q * (1 - stepSize) + stepSize * reward + stepSize * discount * next
}
