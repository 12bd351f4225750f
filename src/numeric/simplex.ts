/** The nearest policy to a table. */

/**
 * Every row of a table put where it is nearest on the probability simplex, in the Euclidean norm: x_a = max(0, y_a - t) with
 * sum x = 1. t comes from the largest entries y_(1) >= y_(2) >= ...: the last k with y_(k) > t_k = (y_(1) + ... + y_(k) - 1) / k.
 * Source: Held, Wolfe, Crowder, "Validation of subgradient optimization", Math. Programming 6, 1974.
 * @param table rows of `width` finite numbers, one after the other
 */
export function projectRows(table: Float64Array, width: number): Float64Array {
  const projected = new Float64Array(table.length)
  for (let from = 0; from < table.length; from += width) {
    const row = table.subarray(from, from + width)
    // the projection is that of the row less any constant; less the largest entry, it is exact for large entries too
    const largest = row.reduce((most, value) => Math.max(most, value), -Infinity)
    const shifted = row.map((value) => value - largest)
    const excess = excessOf(shifted)
    for (let a = 0; a < width; a++) projected[from + a] = Math.max(0, (shifted[a] as number) - excess)
  }
  return projected
}

/** t of {@link projectRows}, for a row whose largest entry is 0. */
function excessOf(row: Float64Array): number {
  let sum = 0
  let excess = 0
  for (const [i, value] of row.toSorted().toReversed().entries()) {
    sum += value
    const next = (sum - 1) / (i + 1)
    if (value <= next) break
    excess = next
  }
  return excess
}
