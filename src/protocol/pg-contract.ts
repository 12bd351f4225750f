/** What the server and every agent of a federated policy-gradient run agree on before the first Task, and which vectors pass between them. */
import type { PgTask } from './pg-messages.ts'

/** A vector that a Task may carry. */
export type PgTaskVector = Exclude<keyof PgTask, 'round' | 'phase'>

/** One Task out and one Update back. */
export interface PgPhase {
  /** what the Task carries */
  readonly task: readonly PgTaskVector[]
  /** what the vector of the Update is: a gradient, or the change of the parameters over the local steps */
  readonly update: 'gradient' | 'change'
  /** what the Update carries beside it: the change of the agent's control variate, the cluster it joined, or nothing */
  readonly beside: 'control' | 'cluster' | null
}

const average: readonly PgPhase[] = [{ task: ['theta'], update: 'change', beside: null }]

/** The phases of a round of every algorithm, in order. */
export const PG_PHASES = {
  local: average,
  central: average,
  fedpg: average,
  'fast-fedpg': [
    { task: ['theta'], update: 'gradient', beside: null },
    { task: ['direction'], update: 'change', beside: null },
  ],
  scaffold: [{ task: ['theta', 'direction'], update: 'change', beside: 'control' }],
  'fedsvrpg-m': [{ task: ['theta', 'direction', 'previous'], update: 'change', beside: null }],
  softpavg: average,
  projpavg: average,
  qavg: average,
  ifca: [{ task: ['theta'], update: 'change', beside: 'cluster' }],
} as const satisfies Readonly<Record<string, readonly PgPhase[]>>

/** The name of an algorithm. */
export type PgAlgorithmName = keyof typeof PG_PHASES

/** The common settings of a run. */
export interface PgContract {
  readonly algorithm: PgAlgorithmName
  /** N */
  readonly agents: number
  /** d, numbers in theta */
  readonly size: number
  /** theta[0 .. shared) is common and travels, theta[shared .. size) is the agent's own head: `size` where all is common, 0 where nothing is */
  readonly shared: number
  /** H */
  readonly localSteps: number
  /** eta */
  readonly stepSize: number
  /** alpha_g */
  readonly serverStepSize: number
  /** T, averagings */
  readonly rounds: number
  /** theta to begin with, heads included, [d]; one for each cluster of `ifca`, one after the other, [k * d]: heads begin as the first one's */
  readonly initial: Float64Array
  /** k of `ifca`, else 1 */
  readonly clusters: number
  /** beta of `fedsvrpg-m`, in (0, 1], else 1 */
  readonly momentum: number
  /** of `fast-fedpg`: the first local step uses the gradient that the memory is made of, instead of a fresh one at the same parameters */
  readonly reuseMemorySampleAtStep0: boolean
}
