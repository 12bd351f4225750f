import { expect, it } from 'vitest'
import type { Invitation } from '../../federation/agent.ts'
import { invitationReader, invitationSender } from './work-messages.ts'

const invitationOf = (agent: number, experiment: Uint8Array | null): Invitation => ({
  variant: 0,
  seed: 1,
  name: `agent-${agent}`,
  agent,
  agents: 3,
  experiment,
})

it('the experiment goes to the worker once, and all invitations arrive whole', () => {
  const [experiment, another] = [new Uint8Array([1, 2, 3]), new Uint8Array([4])]
  const invitations = [
    invitationOf(0, experiment),
    invitationOf(1, experiment),
    invitationOf(0, experiment),
    invitationOf(0, another),
    invitationOf(2, null),
  ]
  const send = invitationSender()
  const sent = invitations.map((invitation) => structuredClone(send(invitation)))
  expect(sent.map((one) => 'experiment' in one)).toEqual([true, false, false, true, true])
  const read = invitationReader()
  expect(sent.map((one) => read(one))).toEqual(invitations)
})
