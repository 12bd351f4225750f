/** The conversation of the agents of one process over one connection, from their Hellos to its end. */
import { encodeMessage, reasonOf } from '../../protocol/session-codec.ts'
import type {
  Ack,
  Challenge,
  Control,
  Failure,
  FailureCode,
  SessionMessage,
  TaskMessage,
  Welcome,
} from '../../protocol/session-messages.ts'
import { ConnectionClosed, type Connection } from '../../transport.ts'
import type { AgentJournal } from '../agent-journal.ts'
import type { AgentRun } from '../agent-run.ts'
import { pause } from '../clock.ts'
import { offerAt } from '../kept.ts'
import type { RunKey } from '../served-run.ts'
import { answerTo, type Answer } from './answer.ts'
import { Behind } from './behind.ts'
import { COMES_BACK, helloOf, proofOf, serverName } from './greeting.ts'
import { Inbox } from './inbox.ts'
import { Later } from './later.ts'
import { Offers, TOGETHER_MS } from './offers.ts'
import type { SessionEnd, SessionOptions } from './options.ts'
import type { Seat } from './seat.ts'
import { Unfit } from './unfit.ts'

/** The conversation over one connection. */
export class Session {
  readonly #connection: Connection
  readonly #inbox: Inbox
  readonly #journalOf: (run: string) => Promise<AgentJournal>
  readonly #options: SessionOptions
  /** the agents that have not been sent away for good */
  readonly #names: Set<string>
  readonly #seats = new Map<number, Seat>()
  /** those that had a seat: what was on its way to them is no fault of the server's */
  readonly #former = new Set<number>()
  readonly #behind = new Behind()
  /** the agents that have not been asked for their key */
  readonly #unasked: Set<string>
  readonly #later: Later
  /** as it came with the first Welcome: one is enough for all agents */
  #experiment: Uint8Array | null = null
  /** what the server says it is called */
  #called: string | null = null
  #journal: AgentJournal | null = null
  #offers: Offers | null = null
  /** whether the last Task took long */
  #wasLong = false
  #end: SessionEnd | null = null

  /**
   * @param journalOf the journal for the experiment with this identity
   * @param names of the agents that take part; who is sent away for good, while others stay, is taken out
   */
  constructor(
    connection: Connection,
    journalOf: (run: string) => Promise<AgentJournal>,
    names: Set<string>,
    options: SessionOptions,
  ) {
    this.#connection = connection
    this.#inbox = new Inbox(connection.frames)
    this.#journalOf = journalOf
    this.#names = names
    this.#unasked = new Set(names)
    this.#options = options
    this.#later = new Later(options.clock, (name) => void this.#send(helloOf(name, options)))
  }

  /** Whether an agent has been welcomed. */
  get isWelcome(): boolean {
    return this.#seats.size > 0
  }

  /** Talks until the session ends. @throws what opening a run, working, signing and the journal throw */
  async talk(): Promise<SessionEnd> {
    try {
      for (const name of this.#names) await this.#send(helloOf(name, this.#options))
      for await (const message of this.#inbox) {
        this.#end = message.ok
          ? await this.#hear(message.value)
          : await this.#refuse('malformed', reasonOf(message.issues))
        if (this.#end !== null) return this.#end
      }
      const { reason } = await this.#connection.closed
      return { type: 'away', reason }
    } catch (error) {
      if (!(error instanceof Unfit)) throw error
      await this.#refuse('mismatch', error.told)
      throw error.fault
    } finally {
      this.#offers?.close()
      this.#later.close()
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
      case 'challenge':
        return this.#prove(message)
      case 'welcome':
        return this.#welcome(message)
      case 'task':
        return this.#work(message)
      case 'ack':
        return this.#learn(message)
      case 'control':
        return this.#obey(message)
      case 'failure':
        return this.#fail(message)
      case 'hello':
      case 'proof':
      case 'update':
        return this.#refuse('unexpected', `a ${message.kind} is not a server's to send`)
    }
  }

  async #refuse(code: FailureCode, reason: string, name = ''): Promise<SessionEnd> {
    // it may hold what a server sent
    const told = reasonOf([{ path: [], message: reason }])
    await this.#send({ kind: 'failure', code, reason: told, name })
    return { type: 'refused', code, reason: told }
  }

  /** An agent cannot take part; the others, where there are any, go on. */
  async #giveUp(name: string, code: FailureCode, reason: string): Promise<SessionEnd | null> {
    await this.#refuse(code, reason, name)
    return this.#part(name, code, reason)
  }

  /** what the server is to be called */
  get #expected(): string {
    return this.#options.server ?? serverName(this.#connection.peer)
  }

  async #prove(challenge: Challenge): Promise<SessionEnd | null> {
    const { name, server } = challenge
    if (!this.#unasked.delete(name))
      return this.#refuse('unexpected', `a challenge for ${name}, who did not ask for it`)
    this.#called = server
    const proof = await proofOf(challenge, this.#expected, this.#options.signerOf)
    if (proof === null)
      return this.#giveUp(name, 'unauthorized', `the server asks for the key of ${name}, who has none`)
    await this.#send(proof)
    return null
  }

  async #welcome(welcome: Welcome): Promise<SessionEnd | null> {
    const { name, agent, agents, experiment, run, idleSeconds, ...due } = welcome
    if (!this.#names.has(name) || this.#seats.has(agent))
      return this.#refuse('unexpected', `a welcome for ${name}, who did not ask for it`)
    this.#journal ??= await this.#journalOf(run)
    const offers = (this.#offers ??= this.#offersIn(this.#journal, 1000 * idleSeconds))
    const { variant, seed } = due
    this.#experiment ??= experiment
    const invited = { name, agent, agents, experiment: this.#experiment }
    const seat: Seat = { ...invited, run: await this.#open({ variant, seed }, invited) }
    this.#seats.set(agent, seat)
    this.#former.delete(agent)
    this.#later.forget(name)
    this.#options.onNotice?.({ type: 'joined', name, agent })
    const kept = offers.keptOf(seat, due)
    const ordinal = due.round * seat.run.phases + due.phase
    if (kept.base > ordinal)
      return this.#giveUp(name, 'mismatch', `the server is at phase ${ordinal} of a run in which ${name} was promised phase ${kept.base - 1}: it was set back to an older checkpoint, where ${name} cannot follow, or begins the same experiment again: to take part in that, remove what ${name} kept`) // prettier-ignore
    for (const offer of kept.offers)
      if (offer.ordinal <= ordinal) await offers.offerAgain(seat, kept, offer.ordinal, offer.frame)
    return null
  }

  #offersIn(journal: AgentJournal, idleMs: number): Offers {
    return new Offers({
      journal,
      clock: this.#options.clock,
      idleMs,
      send: (message) => this.#send(message),
      unanswered: () => this.#connection.close('an update was not answered'),
    })
  }

  #open(run: RunKey, { name, agent, agents, experiment }: Omit<Seat, 'run'>): Promise<AgentRun> {
    return this.#options.open({ ...run, name, agent, agents, experiment })
  }

  async #work(task: TaskMessage): Promise<SessionEnd | null> {
    const { clock } = this.#options
    // what came during long work is seen first
    if (this.#wasLong) await pause(clock, 0)
    const begun = clock.now()
    this.#offers?.start(task)
    const asked = task.agents ?? Uint32Array.from(this.#seats.keys()).sort()
    for (const [i, agent] of asked.entries()) {
      const end = this.#workFor(agent, task, task.after?.[i] ?? null)
      const ended = end instanceof Promise ? await end : end
      if (ended !== null) return ended
    }
    await this.#offers?.hand()
    await this.#fallBehind(task)
    this.#wasLong = clock.now() - begun > TOGETHER_MS
    return null
  }

  /** @param from the state to work from, null: the one after the phase before */
  #workFor(agent: number, task: TaskMessage, from: number | null): null | Promise<SessionEnd | null> {
    const [seat, offers] = [this.#seats.get(agent), this.#offers]
    if (seat === undefined || offers === null)
      return this.#former.has(agent) ? null : this.#refuse('unexpected', `a task for agent ${agent}, who is not here`) // prettier-ignore
    const { phases } = seat.run
    const ordinal = task.round * phases + task.phase
    const kept = offers.keptOf(seat, task)
    if (offerAt(kept, ordinal) === undefined && this.#inbox.hasOvertaken(task, ordinal, phases, agent)) return null // prettier-ignore
    const next = (answer: Answer): null | Promise<SessionEnd | null> => {
      if ('refused' in answer)
        return answer.isBehind && task.ahead > 0 && this.#behind.falls(agent, ordinal) ? null : this.#giveUp(seat.name, 'mismatch', answer.refused) // prettier-ignore
      if (answer.frame !== null) return offers.offerAgain(seat, task, ordinal, answer.frame).then(() => null)
      return answer.change !== null && offers.take({ seat, change: answer.change }) ? offers.hand().then(() => null) : null // prettier-ignore
    }
    const answered = answerTo(seat, kept, task, ordinal, from ?? ordinal)
    return answered instanceof Promise ? answered.then(next) : next(answered)
  }

  /** Asks for the Tasks that led to states which were lost. */
  async #fallBehind({ variant, seed }: TaskMessage): Promise<void> {
    const agents = this.#behind.take()
    if (agents !== null) await this.#send({ kind: 'control', action: 'behind', variant, seed, agents })
  }

  #learn(ack: Ack): null {
    for (const agent of ack.agents) {
      const seat = this.#seats.get(agent)
      if (seat === undefined) continue
      if (ack.status === 'refused') this.#options.onNotice?.({ type: 'refused', agent, reason: ack.reason })
      this.#offers?.learn(seat, ack)
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
      this.#offers?.begin(seat.name, { variant, seed })
    }
    return null
  }

  #fail({ code, reason, name }: Failure): SessionEnd | null {
    if (COMES_BACK[code]) return this.#putOff(name, code, reason)
    const other = code === 'unauthorized' && this.#called !== null && this.#called !== this.#expected
    const told = other ? `${reason}, or it is not called ${this.#expected}, as the agent expects, but ${this.#called}` : reason // prettier-ignore
    return name === '' ? { type: 'refused', code, reason: told } : this.#part(name, code, told)
  }

  /** An agent comes back later; without a name, or where nobody is left, all of them over another connection. */
  #putOff(name: string, code: FailureCode, reason: string): SessionEnd | null {
    const away: SessionEnd = { type: 'away', reason: `${code}: ${reason}` }
    if (!this.#names.has(name)) return name === '' ? away : null
    this.#unseat(name)
    this.#unasked.add(name)
    this.#later.putOff(name)
    if (this.#later.size === this.#names.size) return away
    this.#options.onNotice?.({ type: 'put-off', name, code, reason })
    return null
  }

  /** An agent is sent away for good; the others, where there are any, go on. */
  #part(name: string, code: FailureCode, reason: string): SessionEnd | null {
    this.#names.delete(name)
    if (this.#names.size === 0) return { type: 'refused', code, reason }
    this.#unseat(name)
    this.#later.forget(name)
    this.#options.onNotice?.({ type: 'turned-away', name, code, reason })
    return null
  }

  #unseat(name: string): void {
    for (const [agent, seat] of this.#seats) {
      if (seat.name !== name) continue
      this.#seats.delete(agent)
      this.#behind.forget(agent)
      this.#former.add(agent)
      this.#offers?.forget(agent)
    }
  }
}
