/** Runs of agents whose long work is done in a thread of its own: the connection stays alive meanwhile. Node only. */
import type { Invitation } from '../../federation/agent.ts'
import type { AgentRun } from '../../federation/agent-run.ts'
import { opener, type OwnExperience } from './join.ts'
import { mayBeLong, withThread, workThread } from './long-work.ts'

/** As `invitee`, with a thread for long work. @param signal gives the work up */
export function threadedInvitee(
  own: OwnExperience,
  signal: AbortSignal,
): (invitation: Invitation) => Promise<AgentRun> {
  const open = opener(own)
  const thread = workThread(own, signal)
  return async (invitation) => {
    const { run, settings } = await open(invitation)
    return withThread(run, thread, invitation, mayBeLong(settings, own))
  }
}
