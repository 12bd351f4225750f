/** What the server and every agent of a federated Q-learning run agree on before the first Task. */
import type { InitialSettings } from '../numeric/initial-table.ts'
import type { StepSize } from '../numeric/step-size.ts'

/** How changes are weighted: equally, or by visit counts; Woo, Joshi, Chi 2025, eq. (25) and (27). */
export type Averaging = 'equal' | 'importance'

/** The common settings of a run. */
export interface QContract extends InitialSettings {
  /** K */
  readonly agents: number
  readonly discount: number
  readonly stepSize: StepSize
  readonly averaging: Averaging
  /** tau, local steps between two averagings */
  readonly syncPeriod: number
  /** T, steps per agent; the last round is shorter where tau does not divide it */
  readonly steps: number
}
