/** What the thread of the agents and the one of their long work say to each other. */
import type { Invitation } from '../../federation/agent.ts'
import type { Worked } from '../../federation/agent-run.ts'
import type { Failure } from '../executor/messages.ts'
import type { OwnExperience } from './join.ts'

/** To the worker, at its start. */
export interface WorkerStart {
  readonly own: OwnExperience
}

/** An invitation on its way to the worker; without `experiment` where that is the one of the invitation before. */
export type SentInvitation = Omit<Invitation, 'experiment'> & Partial<Pick<Invitation, 'experiment'>>

/** To the worker: work on a Task of this run, from this state. */
export interface WorkRequest {
  readonly id: number
  readonly invitation: SentInvitation
  readonly state: unknown
  readonly frame: Uint8Array
}

/** From the worker. */
export type WorkReply = { readonly id: number } & (
  | { readonly done: Worked; readonly ms: number }
  /** `told` as in `Unfit`; null where it is none */
  | { readonly failure: Failure; readonly told: string | null }
)

/** Makes what goes to one worker of the invitations that agents have: an experiment, the same object for all of them, goes once. */
export function invitationSender(): (invitation: Invitation) => SentInvitation {
  let sent: Invitation['experiment'] | undefined
  return ({ experiment, ...rest }) => {
    if (experiment === sent) return rest
    sent = experiment
    return { ...rest, experiment }
  }
}

/** Makes of what came, in the order in which it was sent, the invitations again. */
export function invitationReader(): (sent: SentInvitation) => Invitation {
  let last: Invitation['experiment'] = null
  return (sent) => {
    if (sent.experiment !== undefined) last = sent.experiment
    return { ...sent, experiment: last }
  }
}
