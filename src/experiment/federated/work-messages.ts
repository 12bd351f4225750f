/** What the thread of the agents and the one of their long work say to each other. */
import type { Invitation } from '../../federation/agent.ts'
import type { Worked } from '../../federation/agent-run.ts'
import type { Failure } from '../executor/messages.ts'
import type { OwnExperience } from './join.ts'

/** To the worker, at its start. */
export interface WorkerStart {
  readonly own: OwnExperience
}

/** To the worker: work on a Task of this run, from this state. */
export interface WorkRequest {
  readonly id: number
  readonly invitation: Invitation
  readonly state: unknown
  readonly frame: Uint8Array
}

/** From the worker. */
export type WorkReply = { readonly id: number } & (
  | { readonly done: Worked; readonly ms: number }
  /** `told` as in `Unfit`; null where it is none */
  | { readonly failure: Failure; readonly told: string | null }
)
