/** What agents of one process bring along, and what they tell. */
import type { RunKey } from '../served-run.ts'
import type { AgentRun } from '../agent-run.ts'
import type { Clock } from '../clock.ts'

/** A run that an agent is to take part in. */
export interface Invitation extends RunKey {
  readonly name: string
  /** its index */
  readonly agent: number
  /** K */
  readonly agents: number
  /** the experiment as the server sent it, UTF-8; null where it was not asked for */
  readonly experiment: Uint8Array | null
}

/** What one session of the agents needs. */
export interface SessionOptions {
  /** of the agents, each of which joins with it; letters, digits, - and _, 1 to 64 of them */
  readonly names: readonly string[]
  /** what program this is, for the server */
  readonly client: string
  /** whether the server is to send the experiment */
  readonly wantsExperiment: boolean
  /** @throws InputError or RangeError where the agent does not fit the run: then it does not take part */
  open(invitation: Invitation): Promise<AgentRun>
  readonly clock: Clock
  readonly onNotice?: (notice: AgentNotice) => void
}

/** What agents tell of. */
export type AgentNotice =
  | { readonly type: 'joined'; readonly name: string; readonly agent: number }
  /** the server refused an Update */
  | { readonly type: 'refused'; readonly agent: number; readonly reason: string }
  /** the connection is gone, or none came about; another attempt follows */
  | { readonly type: 'away'; readonly reason: string }
