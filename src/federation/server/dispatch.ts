/** Messages of a server to many agents, each connection told once. */
import { encodeMessage } from '../../protocol/session-codec.ts'
import type { ControlAction, SessionMessage } from '../../protocol/session-messages.ts'
import type { Line } from '../line.ts'
import type { HostedRun, RunEffect, RunKey } from '../served-run.ts'
import type { Presence } from './presence.ts'

/**
 * Sends a Task to those of the agents that are here; where it is for all of a connection, the same bytes serve every such connection.
 * @param isAsked whether the server asks of its own accord: then they may send the answer beyond what they may send unasked
 */
export function sendTask(
  presence: Presence,
  { phases, ahead }: Pick<HostedRun, 'phases' | 'ahead'>,
  { position, frame, agents, after }: Extract<RunEffect, { type: 'task' }>,
  isAsked: boolean,
): void {
  const { variant, seed, round, phase } = position
  const ordinal = round * phases + phase
  const task = { kind: 'task', variant, seed, round, phase, ahead, frame } as const
  let forAll: Uint8Array | null = null
  for (const [line, share] of sharesOf(presence, agents)) {
    const whom = Uint32Array.from(share, (i) => agents[i] as number)
    const isForAll = share.length === line.agents.size && share.every((i) => after[i] === ordinal)
    if (isForAll)
      line.sendTask((forAll ??= encodeMessage({ ...task, agents: null, after: null })), whom, isAsked)
    else {
      const from = Uint32Array.from(share, (i) => after[i] as number)
      line.sendTask(encodeMessage({ ...task, agents: whom, after: from }), whom, isAsked)
    }
  }
}

/** The places in `agents` of those that are here, by their connections. */
function sharesOf(presence: Presence, agents: readonly number[]): Map<Line, number[]> {
  const shares = new Map<Line, number[]>()
  for (const [i, agent] of agents.entries()) {
    const line = presence.of(agent)?.line
    if (line === undefined) continue
    const share = shares.get(line) ?? []
    shares.set(line, share)
    share.push(i)
  }
  return shares
}

/** Tells agents that are here what became of their Updates. */
export function sendAck(
  presence: Presence,
  { position, status, reason, agents }: Extract<RunEffect, { type: 'ack' }>,
): void {
  const [one] = agents
  // mostly it is one that has just sent an Update
  if (one !== undefined && agents.length === 1) presence.of(one)?.line.ack(position, status, reason, agents)
  else
    for (const [line, share] of sharesOf(presence, agents))
      line.ack(
        position,
        status,
        reason,
        share.map((i) => agents[i] as number),
      )
}

/** Tells every agent that is here. */
export function broadcast(presence: Presence, { variant, seed }: RunKey, action: ControlAction): void {
  for (const line of presence.lines)
    if (line.agents.size > 0) line.send({ kind: 'control', action, variant, seed, agents: null })
}

/** Whose a message is: the agent that it names, where it joined over this line; nobody's before a Welcome; else all of the line. */
export function sendersOf(message: SessionMessage, { agents }: Line): readonly number[] {
  if (message.kind === 'hello' || message.kind === 'proof') return []
  return message.kind === 'update' && agents.has(message.agent) ? [message.agent] : [...agents]
}
