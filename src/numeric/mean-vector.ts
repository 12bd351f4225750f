/** The mean of equally long vectors, bracketed so that the mean of equal vectors is that vector to the last bit (0 for -0). */

/**
 * mean = x_0 + (1/N) sum_i (x_i - x_0), summed in the order of the list. A plain sum divided by N does not give x back for every N.
 * @param vectors N >= 1 vectors of equal length
 * @throws RangeError when there is none, or their lengths differ
 */
export function meanVector(vectors: readonly Float64Array[]): Float64Array {
  const [first] = vectors
  if (first === undefined) throw new RangeError('meanVector: expected at least one vector, got none')
  const sum = new Float64Array(first.length)
  for (const [i, vector] of vectors.entries()) {
    if (vector.length !== first.length)
      throw new RangeError(
        `meanVector: vector ${i} must have ${first.length} numbers as the first has, got ${vector.length}`,
      )
    for (let j = 0; j < sum.length; j++)
      sum[j] = (sum[j] as number) + ((vector[j] as number) - (first[j] as number))
  }
  return first.map((value, j) => value + (sum[j] as number) / vectors.length)
}
