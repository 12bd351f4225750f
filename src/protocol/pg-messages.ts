/** Task and Update of federated policy gradients: all that passes between the server and an agent. */

/** What the server asks of every agent in one phase of a round. Vectors have d numbers unless said otherwise; which of them are there is fixed by the algorithm and the phase. */
export interface PgTask {
  /** averagings done before */
  readonly round: number
  /** phase of the round, from 0: the server rule names its phases */
  readonly phase: number
  /** the common parameters; those of every cluster one after the other, [k * d], where there are clusters; null where an earlier phase brought them */
  readonly theta: Float64Array | null
  /** what local steps are corrected by: the memory of the global gradient, the control variate, the momentum */
  readonly direction: Float64Array | null
  /** the common parameters of the round before */
  readonly previous: Float64Array | null
}

/** What an agent answers: vectors of the size of the parameters, and nothing else. */
export interface PgUpdate {
  readonly agent: number
  readonly round: number
  readonly phase: number
  /** [d] a gradient, or the change of the parameters over the local steps: the algorithm and the phase say which */
  readonly vector: Float64Array
  /** [d] change of the agent's control variate, for `scaffold` only, else null */
  readonly control: Float64Array | null
  /** the cluster that the agent joined, where there are clusters, else null */
  readonly cluster: number | null
}
