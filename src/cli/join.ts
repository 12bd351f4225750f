/** `fedrl join`: one agent, or several, in a federation. */
import { join as joinPath } from 'node:path'
import { InputError, RunError } from '../experiment/errors.ts'
import { makeFolder } from '../experiment/disk.ts'
import { invitee } from '../experiment/federated/join.ts'
import { lock } from '../experiment/lock.ts'
import { version } from '../experiment/version.ts'
import { Refused, takePart, Unreachable, type AgentNotice } from '../federation/agent.ts'
import { journalFile } from '../federation/journal-file.ts'
import { connectWebSocket } from '../transport/websocket.ts'
import type { Io } from './io.ts'
import { clock, expectLoopback, parseNames } from './live.ts'

/** The flags of `fedrl join`, as typed. */
export interface JoinFlags {
  readonly agent?: string
  readonly logs?: string
  readonly state?: string
  readonly wait?: string
}

const USUAL_WAIT = '10'

/** Carries the command out. */
export async function join(url: string, flags: JoinFlags, io: Io): Promise<void> {
  checkUrl(url)
  const names = parseNames('--agent', flags.agent)
  const [first] = names
  if (first === undefined) throw new InputError('--agent', 'expected the name of the agent, got none')
  if (flags.logs !== undefined && names.length > 1)
    throw new InputError('--logs', `expected one agent, who learns from this log, got ${names.length}`)
  const state = flags.state ?? joinPath('.fedrl', first)
  await makeFolder(state)
  const release = await lock(state)
  try {
    const outcome = await takePart({
      names,
      client: `fedrl ${version}`,
      wantsExperiment: true,
      open: invitee(flags.logs === undefined ? {} : { log: flags.logs }),
      connect: () => connectWebSocket(url),
      journal: (run) => journalFile(joinPath(state, `${run.slice(0, 16)}.journal`)),
      clock,
      patienceMs: 1000 * parseWait(flags.wait ?? USUAL_WAIT),
      signal: io.signal,
      onNotice: (notice) => io.note(noticeText(notice)),
    })
    io.result(
      { url, agents: names, outcome },
      () => `${names.join(', ')}: ${outcome === 'finished' ? 'all runs are over' : 'left'}`,
    )
  } catch (error) {
    if (error instanceof Refused)
      throw new RunError(`${url} refused ${names.join(', ')} (${error.code}): ${error.message}`)
    if (error instanceof Unreachable) throw new RunError(error.message)
    throw error
  } finally {
    await release()
  }
}

function checkUrl(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'ws:' && url.protocol !== 'wss:'))
    throw new InputError('URL', `expected the address of a server, as in ws://127.0.0.1:7070, got ${text}`)
  expectLoopback('URL', url.hostname)
}

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
    case 'away':
      return `not connected: ${notice.reason}; trying again`
  }
}
