/** One connection as the server sees it: which agents joined over it, and what is on its way to them. */
import type { NestedFrame } from '../protocol/frame.ts'
import { encodeMessage } from '../protocol/session-codec.ts'
import type { AckStatus, FailureCode, Position, SessionMessage } from '../protocol/session-messages.ts'
import type { Connection } from '../transport.ts'
import type { Clock } from './clock.ts'

/** What became of the Updates of some agents. */
interface PendingAck {
  readonly position: Position
  readonly status: AckStatus
  readonly reason: string
  readonly agents: Set<number>
}

/** A connection to agents. Acks of one kind that come close together go out as one, before any other message. */
export class Line {
  /** the agents that joined over this connection */
  readonly agents = new Set<number>()
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #acks = new Map<string, PendingAck>()
  #alarm: (() => void) | null = null

  constructor(connection: Connection, clock: Clock) {
    this.#connection = connection
    this.#clock = clock
  }

  get peer(): string {
    return this.#connection.peer
  }

  /** Sends a message. One that reads too slowly is cut by its queue limit; one that is gone is heard of elsewhere. */
  send(message: SessionMessage<Uint8Array | NestedFrame>): void {
    this.#flush()
    this.#write(message)
  }

  /** Tells what became of the Updates of agents of this line. */
  ack(position: Position, status: AckStatus, reason: string, agents: readonly number[]): void {
    const { variant, seed, round, phase } = position
    const key = `${status} ${variant} ${seed} ${round} ${phase} ${reason}`
    const pending = this.#acks.get(key) ?? { position, status, reason, agents: new Set() }
    this.#acks.set(key, pending)
    for (const agent of agents) pending.agents.add(agent)
    this.#alarm ??= this.#clock.after(0, () => this.#flush())
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

  #flush(): void {
    this.#alarm?.()
    this.#alarm = null
    const acks = [...this.#acks.values()]
    this.#acks.clear()
    for (const { position, status, reason, agents } of acks) {
      const { variant, seed, round, phase } = position
      const ascending = Uint32Array.from(agents).sort()
      this.#write({ kind: 'ack', variant, seed, round, phase, status, reason, agents: ascending })
    }
  }

  #write(message: SessionMessage<Uint8Array | NestedFrame>): void {
    void this.#connection.send(encodeMessage(message)).catch(() => undefined)
  }
}
