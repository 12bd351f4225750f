/** The conversation of the agents of one process over one connection, from their Hellos to its end. */
import { decodeMessage, encodeMessage, reasonOf } from '../../protocol/session-codec.ts'
import type {
  Ack,
  Control,
  Failure,
  FailureCode,
  SessionMessage,
  TaskMessage,
  Welcome,
} from '../../protocol/session-messages.ts'
import { PROTOCOL_VERSIONS } from '../../protocol/session-rules.ts'
import { ConnectionClosed, type Connection } from '../../transport.ts'
import type { AgentJournal } from '../agent-journal.ts'
import type { AgentRun } from '../agent-run.ts'
import { nothingKept, offerAt, sameRun, stateAfter, type Kept, type KeptChange } from '../kept.ts'
import type { RunKey } from '../served-run.ts'
import type { SessionOptions } from './options.ts'

/** Why a session ended: all runs are over; the line is gone, or the server asks to come back; or it makes no sense to come back. */
export type SessionEnd =
  | { readonly type: 'finished' }
  | { readonly type: 'away'; readonly reason: string }
  | { readonly type: 'refused'; readonly code: FailureCode; readonly reason: string }

/** Whether one connects again after a Failure with this code. */
const COMES_BACK: Readonly<Record<FailureCode, boolean>> = {
  version: false,
  malformed: false,
  'too-large': false,
  unexpected: false,
  timeout: true,
  unauthorized: false,
  revoked: false,
  'name-taken': true,
  full: true,
  mismatch: false,
  rate: true,
  stopping: true,
  internal: true,
}

/** Updates are kept and sent together until so much time or so many bytes have gone into them. */
const TOGETHER_MS = 50
const TOGETHER_BYTES = 4 << 20

/** An agent that has been welcomed. */
interface Seat {
  readonly name: string
  readonly agent: number
  readonly agents: number
  readonly experiment: Uint8Array | null
  run: AgentRun
}

/** An Update that is on its way to the disk and then to the server. */
interface Outgoing {
  readonly seat: Seat
  readonly change: Extract<KeptChange, { type: 'offer' }>
}

/** The conversation over one connection. */
export class Session {
  readonly #connection: Connection
  readonly #journalOf: (run: string) => Promise<AgentJournal>
  readonly #options: SessionOptions
  readonly #seats = new Map<number, Seat>()
  /** when the Update was sent that an agent has heard nothing of, ms, by agent */
  readonly #unanswered = new Map<number, number>()
  #journal: AgentJournal | null = null
  #idleMs = Infinity
  #alarm: (() => void) | null = null
  #end: SessionEnd | null = null

  /** @param journalOf the journal for the experiment with this identity */
  constructor(
    connection: Connection,
    journalOf: (run: string) => Promise<AgentJournal>,
    options: SessionOptions,
  ) {
    this.#connection = connection
    this.#journalOf = journalOf
    this.#options = options
  }

  /** Whether an agent has been welcomed. */
  get isWelcome(): boolean {
    return this.#seats.size > 0
  }

  /** Talks until the session ends. @throws what opening a run, working and the journal throw */
  async talk(): Promise<SessionEnd> {
    const { names, client, wantsExperiment } = this.#options
    const { lowest, highest } = PROTOCOL_VERSIONS
    try {
      for (const name of names)
        await this.#send({
          kind: 'hello',
          lowest,
          highest,
          name,
          client,
          experiment: Number(wantsExperiment),
        })
      for await (const frame of this.#connection.frames) {
        const message = decodeMessage(frame, { bytes: Infinity, agents: Infinity })
        this.#end = message.ok
          ? await this.#hear(message.value)
          : await this.#refuse('malformed', reasonOf(message.issues))
        if (this.#end !== null) return this.#end
      }
      const { reason } = await this.#connection.closed
      return { type: 'away', reason }
    } finally {
      this.#alarm?.()
      this.#connection.close(this.#end?.type === 'finished' ? 'finished' : 'the agent goes')
    }
  }

  /** Says that the agents leave, for good or until they come again. */
  async leave(): Promise<void> {
    const [seat] = this.#seats.values()
    const kept = seat === undefined ? null : this.#journal?.kept(seat.name)
    const { variant, seed } = kept ?? { variant: 0, seed: 0 }
    if (seat !== undefined)
      await this.#send({ kind: 'control', action: 'leave', variant, seed, agents: null })
    this.#connection.close('the agent leaves')
  }

  /** Sends a message. Where the line is gone, that shows when what arrived before has been read: it may say why. */
  async #send(message: SessionMessage): Promise<void> {
    try {
      await this.#connection.send(encodeMessage(message))
    } catch (error) {
      if (!(error instanceof ConnectionClosed)) throw error
    }
  }

  async #hear(message: SessionMessage): Promise<SessionEnd | null> {
    switch (message.kind) {
      case 'welcome':
        return this.#welcome(message)
      case 'task':
        return this.#work(message)
      case 'ack':
        return this.#learn(message)
      case 'control':
        return this.#obey(message)
      case 'failure':
        return failed(message)
      case 'challenge':
        return {
          type: 'refused',
          code: 'unauthorized',
          reason: 'the server asks for the key of the agent, who has none',
        }
      case 'hello':
      case 'proof':
      case 'update':
        return this.#refuse('unexpected', `a ${message.kind} is not a server's to send`)
    }
  }

  async #refuse(code: FailureCode, reason: string, name = ''): Promise<SessionEnd> {
    await this.#send({ kind: 'failure', code, reason, name })
    return { type: 'refused', code, reason }
  }

  async #welcome({
    name,
    agent,
    agents,
    experiment,
    run,
    idleSeconds,
    ...due
  }: Welcome): Promise<SessionEnd | null> {
    if (!this.#options.names.includes(name) || this.#seats.has(agent))
      return this.#refuse('unexpected', `a welcome for ${name}, who did not ask for it`)
    this.#idleMs = 1000 * idleSeconds
    this.#journal ??= await this.#journalOf(run)
    const { variant, seed } = due
    const seat: Seat = {
      name,
      agent,
      agents,
      experiment,
      run: await this.#open({ variant, seed }, { name, agent, agents, experiment }),
    }
    this.#seats.set(agent, seat)
    this.#options.onNotice?.({ type: 'joined', name, agent })
    const kept = this.#keptOf(seat, due)
    const ordinal = due.round * seat.run.phases + due.phase
    if (kept.base > ordinal)
      return this.#refuse('mismatch', `the server is at phase ${ordinal} of a run in which ${name} was promised phase ${kept.base - 1}: it was set back to an older checkpoint, or begins the same experiment again; to take part in that, remove what ${name} kept`, name) // prettier-ignore
    for (const offer of kept.offers)
      if (offer.ordinal <= ordinal) await this.#offer(seat, kept, offer.ordinal, offer.frame)
    return null
  }

  #open(run: RunKey, { name, agent, agents, experiment }: Omit<Seat, 'run'>): Promise<AgentRun> {
    return this.#options.open({ ...run, name, agent, agents, experiment })
  }

  /** What the agent keeps of this run; the run begins where that is none. */
  #keptOf({ name }: Seat, run: RunKey): Kept {
    const journal = this.#journal as AgentJournal
    const kept = journal.kept(name)
    if (kept !== null && sameRun(kept, run)) return kept
    const fresh = nothingKept(run)
    journal.begin(name, fresh)
    return fresh
  }

  async #offer(seat: Seat, { variant, seed }: RunKey, ordinal: number, frame: Uint8Array): Promise<void> {
    const { phases } = seat.run
    const position = { variant, seed, round: Math.floor(ordinal / phases), phase: ordinal % phases }
    await this.#send({ kind: 'update', ...position, agent: seat.agent, frame })
    if (!this.#unanswered.has(seat.agent)) this.#unanswered.set(seat.agent, this.#options.clock.now())
    this.#alarm ??= this.#options.clock.after(this.#idleMs, () => this.#look())
  }

  /** A server that says nothing of an Update for so long is as good as gone. */
  #look(): void {
    this.#alarm = null
    if (this.#unanswered.size === 0) return
    const oldest = Math.min(...this.#unanswered.values())
    if (this.#options.clock.now() - oldest >= this.#idleMs)
      this.#connection.close('an update was not answered')
    else this.#alarm = this.#options.clock.after(this.#idleMs, () => this.#look())
  }

  async #work(task: TaskMessage): Promise<SessionEnd | null> {
    const asked = task.agents ?? Uint32Array.from(this.#seats.keys()).sort()
    let [outgoing, bytes, since]: [Outgoing[], number, number] = [[], 0, this.#options.clock.now()]
    for (const [i, agent] of asked.entries()) {
      const seat = this.#seats.get(agent)
      if (seat === undefined) return this.#refuse('unexpected', `a task for agent ${agent}, who is not here`)
      const ordinal = task.round * seat.run.phases + task.phase
      const answer = this.#answer(seat, task, ordinal, task.after?.[i] ?? ordinal)
      if ('refused' in answer) return this.#refuse('mismatch', answer.refused, seat.name)
      if (answer.frame !== null) await this.#offer(seat, task, ordinal, answer.frame)
      if (answer.change === null) continue
      outgoing.push({ seat, change: answer.change })
      bytes += answer.change.frame.length
      if (bytes < TOGETHER_BYTES && this.#options.clock.now() - since < TOGETHER_MS) continue
      await this.#hand(outgoing)
      ;[outgoing, bytes, since] = [[], 0, this.#options.clock.now()]
    }
    await this.#hand(outgoing)
    return null
  }

  /** What a Task is answered with: nothing, an Update that was kept, or a new one. */
  #answer(
    seat: Seat,
    task: TaskMessage,
    ordinal: number,
    after: number,
  ):
    | { readonly frame: Uint8Array | null; readonly change: Outgoing['change'] | null }
    | { readonly refused: string } {
    const kept = this.#keptOf(seat, task)
    if (ordinal < kept.base) return { frame: null, change: null }
    const offer = offerAt(kept, ordinal)
    if (offer !== undefined) return { frame: offer.frame, change: null }
    const from = stateAfter(kept, after, () => seat.run.init())
    if (from === null)
      return { refused: `the server asks ${seat.name} to go on from phase ${after - 1} of run ${task.variant}, seed ${task.seed}, but what the agent kept ends with phase ${kept.base - 1}` } // prettier-ignore
    const done = seat.run.work(from.state, task.frame)
    if (!done.ok) return { refused: `the task does not fit the experiment: ${reasonOf(done.issues)}` }
    const { variant, seed } = task
    return { frame: null, change: { type: 'offer', variant, seed, ordinal, ...done.value } }
  }

  /** Puts Updates on disk, then sends them. */
  async #hand(outgoing: readonly Outgoing[]): Promise<void> {
    if (outgoing.length === 0) return
    await (this.#journal as AgentJournal).keep(
      outgoing.map(({ seat, change }) => ({ name: seat.name, change })),
    )
    for (const { seat, change } of outgoing) await this.#offer(seat, change, change.ordinal, change.frame)
  }

  async #learn({ variant, seed, round, phase, status, reason, agents }: Ack): Promise<null> {
    for (const agent of agents) {
      const seat = this.#seats.get(agent)
      if (seat === undefined) continue
      this.#unanswered.delete(agent)
      const ordinal = round * seat.run.phases + phase
      if (status === 'refused') this.#options.onNotice?.({ type: 'refused', agent, reason })
      if (status === 'received' || status === 'duplicate') continue
      const type = status === 'durable' ? 'durable' : 'dropped'
      this.#journal?.note(seat.name, { type, variant, seed, ordinal })
    }
    return null
  }

  async #obey({ action, variant, seed, agents }: Control): Promise<SessionEnd | null> {
    if (action === 'finished') return { type: 'finished' }
    if (action === 'stop') return { type: 'away', reason: 'the server stops' }
    if (action !== 'next-run') return null
    for (const seat of this.#seats.values()) {
      if (agents !== null && !agents.includes(seat.agent)) continue
      seat.run = await this.#open({ variant, seed }, seat)
      this.#journal?.begin(seat.name, nothingKept({ variant, seed }))
    }
    return null
  }
}

const failed = ({ code, reason }: Failure): SessionEnd =>
  COMES_BACK[code] ? { type: 'away', reason: `${code}: ${reason}` } : { type: 'refused', code, reason }
