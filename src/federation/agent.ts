/**
 * The agents of one process in a federation: they join over one connection, answer Tasks, keep what the server may still need, and connect
 * again when the line is lost. Runs in a browser as well as in Node: what it needs of the outside it is given.
 */
import type { FailureCode } from '../protocol/session-messages.ts'
import { TransportError, type Connection } from '../transport.ts'
import type { SessionEnd, SessionOptions } from './agent/options.ts'
import { FIRST_PAUSE, longer } from './agent/pauses.ts'
import { Session } from './agent/session.ts'
import { AgentJournal, type JournalStore } from './agent-journal.ts'
import { pause } from './clock.ts'

export type { AgentNotice, Invitation } from './agent/options.ts'
export type { Signer } from './agent/signer.ts'
export { serverName } from './agent/greeting.ts'

/** How agents take part. */
export interface TakePartOptions extends SessionOptions {
  /** @throws TransportError where no connection comes about */
  connect(): Promise<Connection>
  /** where the journal of these agents lies, for the experiment with this identity (64 hexadecimal digits) */
  journal(run: string): Promise<JournalStore>
  /** so long they try to be welcomed for the first time before they give up; ms */
  readonly patienceMs: number
  /** once welcomed, so long they look for a server that is gone before they give up; default: for ever, for it may be started again; ms */
  readonly returnMs?: number
  /** the agents leave */
  readonly signal?: AbortSignal
}

/** The server does not take the agents, and trying again would change nothing. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: FailureCode
  constructor(code: FailureCode, reason: string) {
    super(reason)
    this.code = code
  }
}

/** No server took the agents in, in all the time they had. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
  /** whether one had taken them in before */
  readonly wasWelcome: boolean
  constructor(reason: string, wasWelcome: boolean) {
    super(reason)
    this.wasWelcome = wasWelcome
  }
}

/**
 * Takes part until all runs are over, or the agents have left.
 * @throws Refused where the server does not want them, Unreachable where none took them in within `patienceMs`, or again within `returnMs`; what `open` and the journal throw
 */
export async function takePart(options: TakePartOptions): Promise<'finished' | 'left'> {
  const journals = new Map<string, Promise<AgentJournal>>()
  const journalOf = (run: string): Promise<AgentJournal> => {
    const journal =
      journals.get(run) ?? options.journal(run).then((store) => AgentJournal.open(store, options.clock))
    journals.set(run, journal)
    return journal
  }
  const close = async (): Promise<void> => {
    const closed = await Promise.allSettled(
      [...journals.values()].map(async (journal) => (await journal).close()),
    )
    for (const one of closed) if (one.status === 'rejected') throw one.reason
  }
  let outcome: 'finished' | 'left'
  try {
    outcome = await untilOver(options, journalOf)
    if (outcome === 'finished') for (const journal of journals.values()) await (await journal).clear()
  } catch (error) {
    // what a journal throws now comes of the same, or tells less
    await close().catch(() => undefined)
    throw error
  }
  await close()
  return outcome
}

/** Connects again and again. */
async function untilOver(
  options: TakePartOptions,
  journalOf: (run: string) => Promise<AgentJournal>,
): Promise<'finished' | 'left'> {
  const { clock, signal, patienceMs, returnMs = Infinity, onNotice } = options
  let giveUpAt = clock.now() + patienceMs
  const names = new Set(options.names)
  const leaves = (): boolean => signal?.aborted === true
  let [wasWelcome, wait] = [false, FIRST_PAUSE]
  while (!leaves()) {
    const { end, isWelcome } = await attempt(options, journalOf, names)
    if (end.type === 'refused') throw new Refused(end.code, end.reason)
    if (end.type === 'finished') return 'finished'
    if (leaves()) break
    wasWelcome ||= isWelcome
    if (isWelcome) giveUpAt = clock.now() + returnMs
    if (clock.now() >= giveUpAt) throw new Unreachable(end.reason, wasWelcome)
    onNotice?.({ type: 'away', reason: end.reason })
    if (isWelcome) wait = FIRST_PAUSE
    await pause(clock, wait, signal)
    wait = longer(wait)
  }
  return 'left'
}

/** Connects, and talks until the session ends. */
async function attempt(
  options: TakePartOptions,
  journalOf: (run: string) => Promise<AgentJournal>,
  names: Set<string>,
): Promise<{ readonly end: SessionEnd; readonly isWelcome: boolean }> {
  let session: Session | null = null
  const leave = (): void => void session?.leave().catch(() => undefined)
  try {
    session = new Session(await options.connect(), journalOf, names, options)
    options.signal?.addEventListener('abort', leave)
    const end = await session.talk()
    return { end, isWelcome: session.isWelcome }
  } catch (error) {
    if (!(error instanceof TransportError)) throw error
    return { end: { type: 'away', reason: error.message }, isWelcome: false }
  } finally {
    options.signal?.removeEventListener('abort', leave)
  }
}
