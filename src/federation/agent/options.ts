/** What agents of one process bring along, what they tell, and how their session ends. */
import type { FailureCode } from '../../protocol/session-messages.ts'
import type { AgentRun } from '../agent-run.ts'
import type { Clock } from '../clock.ts'
import type { RunKey } from '../served-run.ts'
import type { Signer } from './signer.ts'

/** A run that an agent is to take part in. */
export interface Invitation extends RunKey {
  readonly name: string
  /** its index */
  readonly agent: number
  /** K */
  readonly agents: number
  /** the experiment as the server sent it, UTF-8, the same object for all agents of a connection; null where it was not asked for */
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
  /** the key of an agent, where it has one: without it only servers that ask for none take it in */
  readonly signerOf?: (name: string) => Signer | null
  /** what the server is expected to be called; null: by scheme, host and port of the address of the connection */
  readonly server?: string | null
  readonly clock: Clock
  readonly onNotice?: (notice: AgentNotice) => void
}

/** What agents tell of. */
export type AgentNotice =
  | { readonly type: 'joined'; readonly name: string; readonly agent: number }
  /** the server refused an Update */
  | { readonly type: 'refused'; readonly agent: number; readonly reason: string }
  /** the server does not take this agent, or no longer; the others of the session go on */
  | {
      readonly type: 'turned-away'
      readonly name: string
      readonly code: FailureCode
      readonly reason: string
    }
  /** the server does not take this agent now; it asks again, and the others of the session go on */
  | { readonly type: 'put-off'; readonly name: string; readonly code: FailureCode; readonly reason: string }
  /** the connection is gone, or none came about; another attempt follows */
  | { readonly type: 'away'; readonly reason: string }

/** Why a session ended: all runs are over; the line is gone, or the server asks to come back; or it makes no sense to come back. */
export type SessionEnd =
  | { readonly type: 'finished' }
  | { readonly type: 'away'; readonly reason: string }
  | { readonly type: 'refused'; readonly code: FailureCode; readonly reason: string }
