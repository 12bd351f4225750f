/** One connection as the server sees it: which agents joined over it, and what is on its way to them. */
import type { NestedFrame } from '../protocol/frame.ts'
import { encodeMessage } from '../protocol/session-codec.ts'
import type { AckStatus, FailureCode, Position, SessionMessage } from '../protocol/session-messages.ts'
import type { Guest } from '../transport.ts'
import type { Clock } from './clock.ts'
import { Allowance } from './server/allowance.ts'
import type { Traffic } from './server/traffic.ts'

/** What became of the Updates of some agents. */
interface PendingAck {
  readonly position: Position
  readonly status: AckStatus
  readonly reason: string
  readonly agents: Set<number>
}

/** So long an Ack waits for a message that it can go out with, ms. */
const ACK_MS = 100

/** Acks of no more kinds wait: they are looked through for each that is to go with one of them. */
const MOST_ACKS = 16

/** A connection to agents. Acks of one kind that come close together go out as one, before any other message. */
export class Line {
  /** the agents that joined over this connection */
  readonly agents = new Set<number>()
  /** those whose session over this connection has ended: what they sent before they knew of it is no fault */
  readonly former = new Set<number>()
  /** those that have asked once for the Tasks that led to states they lost */
  readonly behind = new Set<number>()
  /** the experiment has gone over this connection: once is enough for all of its agents */
  hasExperiment = false
  #emptied: number | null = null
  /** the messages that may come */
  readonly allowance: Allowance
  readonly #connection: Guest
  readonly #clock: Clock
  readonly #traffic: Traffic
  /** of different kinds */
  #acks: PendingAck[] = []
  #alarm: (() => void) | null = null

  /** @param agents K */
  constructor(connection: Guest, clock: Clock, traffic: Traffic, agents: number) {
    this.allowance = new Allowance(agents, clock)
    this.#connection = connection
    this.#clock = clock
    this.#traffic = traffic
  }

  get peer(): string {
    return this.#connection.peer
  }

  /** From now on the limits of a known peer hold. */
  admit(): void {
    this.#connection.admit()
  }

  /** Sends a message. One that reads too slowly is cut by its queue limit; one that is gone is heard of elsewhere. */
  send(message: SessionMessage<Uint8Array | NestedFrame>): void {
    this.#flush()
    this.#write(message)
  }

  /** Sends a Task for these agents, as bytes, which other lines may be given too. @param isAsked whether they may answer more for it */
  sendTask(frame: Uint8Array, agents: ArrayLike<number>, isAsked: boolean): void {
    this.#flush()
    if (isAsked) this.allowance.grant(agents.length)
    this.#put(frame, agents)
  }

  /** Tells what became of the Updates of agents of this line. */
  ack(position: Position, status: AckStatus, reason: string, agents: readonly number[]): void {
    const pending =
      this.#acks.find((ack) => isAlike(ack, position, status, reason)) ?? this.#add(position, status, reason)
    for (const agent of agents) pending.agents.add(agent)
    this.#alarm ??= this.#clock.after(ACK_MS, () => this.#flush())
  }

  /** Ends the session of an agent, or, where the name is empty, all of them and the connection. */
  fail(code: FailureCode, reason: string, name = ''): void {
    this.send({ kind: 'failure', code, reason, name })
    if (name === '') this.close(reason)
  }

  close(reason: string): void {
    this.#flush()
    this.#connection.close(reason)
  }

  /** Nobody is left who joined over this connection: it is closed when that is so for a while, ms. */
  closeWhenEmpty(ms: number): void {
    const isWatched = this.#emptied !== null
    this.#emptied = this.#clock.now()
    if (isWatched) return
    const look = (): void => {
      const since = this.#clock.now() - (this.#emptied ?? 0)
      if (since < ms) return void this.#clock.after(ms - since, look)
      this.#emptied = null
      if (this.agents.size === 0) this.close('nobody has joined over this connection for too long')
    }
    this.#clock.after(ms, look)
  }

  #add(position: Position, status: AckStatus, reason: string): PendingAck {
    if (this.#acks.length === MOST_ACKS) this.#flush()
    const pending = { position, status, reason, agents: new Set<number>() }
    this.#acks.push(pending)
    return pending
  }

  #flush(): void {
    this.#alarm?.()
    this.#alarm = null
    const acks = this.#acks
    this.#acks = []
    for (const { position, status, reason, agents } of acks) {
      const { variant, seed, round, phase } = position
      const ascending = Uint32Array.from(agents).sort()
      this.#write({ kind: 'ack', variant, seed, round, phase, status, reason, agents: ascending })
    }
  }

  #write(message: SessionMessage<Uint8Array | NestedFrame>): void {
    this.#put(encodeMessage(message), addressees(message, this.agents))
  }

  #put(frame: Uint8Array, agents: ArrayLike<number>): void {
    this.#traffic.sent(agents, frame.length)
    void this.#connection.send(frame).catch(() => undefined)
  }
}

/** Whether an Ack of this kind may go out with others. */
const isAlike = (
  { position: { variant, seed, round, phase }, ...ack }: PendingAck,
  position: Position,
  status: AckStatus,
  reason: string,
): boolean =>
  ack.status === status &&
  round === position.round &&
  phase === position.phase &&
  seed === position.seed &&
  variant === position.variant &&
  ack.reason === reason

/** Whom a message is for: those that it names, else every agent of the line. */
function addressees(
  message: SessionMessage<Uint8Array | NestedFrame>,
  all: ReadonlySet<number>,
): ArrayLike<number> {
  if (message.kind === 'welcome') return [message.agent]
  if (message.kind === 'challenge') return []
  return ('agents' in message ? message.agents : null) ?? [...all]
}
