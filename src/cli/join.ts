/** `fedrl join`: one agent, or several, in a federation. */
import { join as joinPath } from 'node:path'
import { text } from 'node:stream/consumers'
import { InputError, RunError } from '../experiment/errors.ts'
import { openAgentState } from '../experiment/federated/agent-state.ts'
import { clock } from '../experiment/federated/clock.ts'
import { expectReadable } from '../experiment/files.ts'
import type { OwnExperience } from '../experiment/federated/join.ts'
import { threadedInvitee } from '../experiment/federated/threaded-join.ts'
import { version } from '../experiment/version.ts'
import { Refused, takePart, Unreachable } from '../federation/agent.ts'
import { noticeLines, refusalOf } from './agent-notices.ts'
import { connectorOf, type ConnectFlags } from './endpoint.ts'
import { signersOf, type SignerFlags } from './signers.ts'
import type { FailureCode } from '../protocol/session-messages.ts'
import { listed } from '../experiment/report/words.ts'
import type { Io } from './io.ts'
import { parseNames } from './live.ts'

/** The flags of `fedrl join`, as typed. */
export interface JoinFlags extends ConnectFlags, SignerFlags {
  readonly agent?: string
  readonly logs?: string
  readonly module?: string
  readonly file?: string
  readonly state?: string
  readonly wait?: string
  readonly giveUp?: string
}

const USUAL_WAIT = '10'

/** Carries the command out. */
export async function join(url: string, flags: JoinFlags, io: Io): Promise<void> {
  const names = await namesOf(flags)
  const [first = ''] = names
  await expectFiles(flags)
  const { connect, server } = await connectorOf(url, flags, first)
  const signers = await signersOf(names, flags, (line) => io.note(line))
  const patience = patienceOf(flags)
  const sentAway: string[] = []
  const folder = flags.state ?? joinPath('.fedrl', first)
  const lineOf = noticeLines(() => clock.now(), folder)
  const state = await openAgentState(folder)
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
      ...patience,
      signal: io.signal,
      onNotice(notice) {
        if (notice.type === 'turned-away')
          sentAway.push(`${refusalOf(notice)}${keyHint(notice.code, signers.size > 0)}`)
        const line = lineOf(notice)
        if (line !== null) io.note(line)
      },
    })
    if (sentAway.length > 0) throw new RunError(`${url} refused ${sentAway.join('; ')}`)
    io.result(
      { url, agents: names, outcome },
      () => `${listed(names)}: ${outcome === 'finished' ? 'all runs are over' : 'left'}`,
    )
  } catch (error) {
    throw explained(error, url, names, folder, (code) => keyHint(code, signers.size > 0))
  } finally {
    await state.release()
  }
}

/** In place of names: they are on the standard input, where there are more than a command line takes. */
export const FROM_STDIN = '-'

/** The names of the agents. @throws InputError where there is none, or what they bring does not go together */
async function namesOf({ agent, logs, module }: JoinFlags): Promise<readonly string[]> {
  const names = parseNames('--agent', agent === FROM_STDIN ? await text(process.stdin) : agent)
  if (names.length === 0) throw new InputError('--agent', 'expected the name of the agent, got none')
  if (logs !== undefined && names.length > 1)
    throw new InputError('--logs', `expected one agent, who learns from this log, got ${names.length}`)
  if (logs !== undefined && module !== undefined)
    throw new InputError('--module', 'does not belong beside --logs: an agent learns from one of them')
  return names
}

/** What agents bring is looked for before a server gives them an index. @throws InputError naming what cannot be read */
async function expectFiles({ logs, module, file }: JoinFlags): Promise<void> {
  for (const path of [logs, module, file]) if (path !== undefined) await expectReadable(path)
}

/** Why the agents do not take part, or not to the end, for a person. @param folder with what they keep @param hint what helps against a refusal */
function explained(
  error: unknown,
  url: string,
  names: readonly string[],
  folder: string,
  hint: (code: FailureCode) => string,
): unknown {
  if (error instanceof Refused)
    return new RunError(
      `${url} refused ${listed(names)} (${error.code}): ${error.message}${hint(error.code)}`,
    )
  if (!(error instanceof Unreachable)) return error
  return new RunError(
    error.wasWelcome
      ? `the server is gone: ${error.message}; it was stopped, or all runs are over; ${folder} keeps what a server may ask for, and the same command goes on`
      : error.message,
  )
}

/** What helps agents that were asked for a key, and have none. */
const keyHint = (code: FailureCode, hasKeys: boolean): string =>
  code === 'unauthorized' && !hasKeys ? '; give it with --key (or --keys, of several agents)' : ''

const ownExperience = ({ logs, module, file }: JoinFlags): OwnExperience => ({
  ...(logs !== undefined && { log: logs }),
  ...(module !== undefined && { module }),
  ...(file !== undefined && { file }),
})

/** How long a server is looked for. @throws InputError where that is no time */
const patienceOf = ({ wait = USUAL_WAIT, giveUp }: JoinFlags) => ({
  patienceMs: 1000 * secondsIn('--wait', wait),
  ...(giveUp !== undefined && { returnMs: 1000 * secondsIn('--give-up', giveUp) }),
})

function secondsIn(flag: string, text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN
  if (Number.isFinite(seconds)) return seconds
  throw new InputError(flag, `expected a number of seconds, got ${text}`)
}
