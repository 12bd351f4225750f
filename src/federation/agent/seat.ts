/** An agent of a session that has been welcomed. */
import type { AgentRun } from '../agent-run.ts'

/** Its place in the federation, and the run that it takes part in. */
export interface Seat {
  readonly name: string
  readonly agent: number
  /** K */
  readonly agents: number
  readonly experiment: Uint8Array | null
  run: AgentRun
}
