/** Policies of finite problems, as tables. */

/** pi, [S * A]: row s holds the probabilities of the actions in state s and sums to 1. */
export type Policy = Float64Array

/** The behaviour policies of K agents, each distinct one stored once: agent k follows tables[of[k]]. */
export interface PolicySet {
  readonly tables: readonly Policy[]
  /** [K] */
  readonly of: Uint32Array
  /** [tables] law of the state, [S], in which agents of this policy start, also after a terminated step; null or absent: the Mdp's `initial` */
  readonly starts?: readonly (Float64Array | null)[]
}

/**
 * The start law, [S], of the agents that follow `tables[table]`.
 * @param initial the Mdp's own start law
 */
export function startLaw(policies: PolicySet, table: number, initial: Float64Array): Float64Array {
  return policies.starts?.[table] ?? initial
}
