/** `fedrl join`: one agent, or several, in a federation. */
import { join as joinPath } from 'node:path'
import { InputError, RunError } from '../experiment/errors.ts'
import { openAgentState } from '../experiment/federated/agent-state.ts'
import type { OwnExperience } from '../experiment/federated/join.ts'
import { threadedInvitee } from '../experiment/federated/threaded-join.ts'
import { version } from '../experiment/version.ts'
import { Refused, takePart, Unreachable, type AgentNotice } from '../federation/agent.ts'
import { connectorOf, type ConnectFlags } from './endpoint.ts'
import { signersOf, type SignerFlags } from './signers.ts'
import type { Io } from './io.ts'
import { clock, parseNames } from './live.ts'

/** The flags of `fedrl join`, as typed. */
export interface JoinFlags extends ConnectFlags, SignerFlags {
  readonly agent?: string
  readonly logs?: string
  readonly module?: string
  readonly file?: string
  readonly state?: string
  readonly wait?: string
}

const USUAL_WAIT = '10'

/** Carries the command out. */
export async function join(url: string, flags: JoinFlags, io: Io): Promise<void> {
  const names = namesOf(flags)
  const [first = ''] = names
  const { connect, server } = await connectorOf(url, flags, first)
  const signers = await signersOf(names, flags, (line) => io.note(line))
  const sentAway: string[] = []
  const state = await openAgentState(flags.state ?? joinPath('.fedrl', first))
  try {
    const outcome = await takePart({
      names,
      client: `fedrl ${version}`,
      wantsExperiment: true,
      open: threadedInvitee(ownExperience(flags), io.signal),
      connect,
      server,
      signerOf: (name) => signers.get(name) ?? null,
      journal: (run) => state.journal(run),
      clock,
      patienceMs: 1000 * parseWait(flags.wait ?? USUAL_WAIT),
      signal: io.signal,
      onNotice(notice) {
        if (notice.type === 'turned-away') sentAway.push(refusalOf(notice))
        io.note(noticeText(notice))
      },
    })
    if (sentAway.length > 0) throw new RunError(`${url} refused ${sentAway.join('; ')}`)
    io.result(
      { url, agents: names, outcome },
      () => `${names.join(', ')}: ${outcome === 'finished' ? 'all runs are over' : 'left'}`,
    )
  } catch (error) {
    throw explained(error, url, names)
  } finally {
    await state.release()
  }
}

/** The names of the agents. @throws InputError where there is none, or what they bring does not go together */
function namesOf({ agent, logs, module }: JoinFlags): readonly string[] {
  const names = parseNames('--agent', agent)
  if (names.length === 0) throw new InputError('--agent', 'expected the name of the agent, got none')
  if (logs !== undefined && names.length > 1)
    throw new InputError('--logs', `expected one agent, who learns from this log, got ${names.length}`)
  if (logs !== undefined && module !== undefined)
    throw new InputError('--module', 'does not belong beside --logs: an agent learns from one of them')
  return names
}

/** Why the agents do not take part, or not to the end, for a person. */
function explained(error: unknown, url: string, names: readonly string[]): unknown {
  if (error instanceof Refused)
    return new RunError(`${url} refused ${names.join(', ')} (${error.code}): ${error.message}`)
  return error instanceof Unreachable ? new RunError(error.message) : error
}

const ownExperience = ({ logs, module, file }: JoinFlags): OwnExperience => ({
  ...(logs !== undefined && { log: logs }),
  ...(module !== undefined && { module }),
  ...(file !== undefined && { file }),
})

function parseWait(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
  if (Number.isFinite(seconds)) return seconds
  throw new InputError('--wait', `expected a number of seconds, got ${text}`)
}

function noticeText(notice: AgentNotice): string {
  switch (notice.type) {
    case 'joined':
      return `${notice.name} joined as agent ${notice.agent}`
    case 'refused':
      return `the server refused an update of agent ${notice.agent}: ${notice.reason}`
    case 'turned-away':
      return `the server refused ${refusalOf(notice)}`
    case 'put-off':
      return `the server does not take ${refusalOf(notice)}; trying again`
    case 'away':
      return `not connected: ${notice.reason}; trying again`
  }
}

const refusalOf = ({
  name,
  code,
  reason,
}: Extract<AgentNotice, { type: 'turned-away' | 'put-off' }>): string => `${name} (${code}): ${reason}`
