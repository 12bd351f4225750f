/** Task and Update of federated Q-learning: all that passes between the server and an agent. */

/** What the server asks of every agent: so many local steps from this table. */
export interface QTask {
  /** averagings done before */
  readonly round: number
  /** steps per agent done before: the step size of the round follows from it */
  readonly step: number
  /** local steps to take, >= 1 */
  readonly steps: number
  /** [S * A] the common table */
  readonly table: Float64Array
}

/**
 * What an agent answers: aggregates of the whole round, and nothing else. No state, action, reward or order of visits is in it
 * but what the set of changed entries gives away.
 */
export interface QUpdate {
  readonly agent: number
  readonly round: number
  /** the entries reported, ascending, or null for all S * A entries in order */
  readonly entries: Uint32Array | null
  /** Q_local - Q_task of each reported entry */
  readonly changes: Float64Array
  /** visits of each reported entry in the round, for importance averaging only, else null */
  readonly visits: Uint32Array | null
}
