/** What went between a server and each of its agents: bytes, sessions, and what became of Updates. Counted, and never read by a run. */
import type { AckStatus } from '../../protocol/session-messages.ts'

/** Every {@link AckStatus}, in the order in which they are told. */
export const ACK_STATUSES = ['received', 'durable', 'duplicate', 'late', 'refused'] as const

/** What went between the server and one agent, restarts of the server included. */
export interface AgentTraffic {
  /** times that it was welcomed */
  readonly sessions: number
  /** bytes of frames that came from it; of a frame of several agents, its share */
  readonly receivedBytes: number
  /** bytes of frames that went to it; of a frame to several agents, its share */
  readonly sentBytes: number
  /** Updates by what it was told of them; one that is folded is told of twice, `received` and `durable` */
  readonly updates: Readonly<Record<AckStatus, number>>
}

/** Somebody who was sent away. */
export interface TurnedAway {
  readonly peer: string
  readonly reason: string
  /** ms, on the clock of the server */
  readonly at: number
}

/** So many of those who were turned away are remembered. */
const REMEMBERED = 20

/** The counts of all agents. */
export class Traffic {
  readonly #sessions: Float64Array
  readonly #receivedBytes: Float64Array
  readonly #sentBytes: Float64Array
  readonly #updates: Readonly<Record<AckStatus, Float64Array>>
  readonly #heard: Float64Array
  readonly #moved: Float64Array
  readonly #reasons = new Map<number, string>()
  #turnedAway = 0
  #recent: readonly TurnedAway[] = []

  /**
   * @param agents K
   * @param earlier what was counted before the server was started again, by agent
   */
  constructor(agents: number, earlier: readonly AgentTraffic[] = []) {
    const counts = (of: (one: AgentTraffic) => number): Float64Array => {
      const values = new Float64Array(agents)
      for (const [agent, one] of earlier.slice(0, agents).entries()) values[agent] = of(one)
      return values
    }
    this.#sessions = counts(({ sessions }) => sessions)
    this.#receivedBytes = counts(({ receivedBytes }) => receivedBytes)
    this.#sentBytes = counts(({ sentBytes }) => sentBytes)
    this.#updates = {
      received: counts(({ updates }) => updates.received),
      durable: counts(({ updates }) => updates.durable),
      duplicate: counts(({ updates }) => updates.duplicate),
      late: counts(({ updates }) => updates.late),
      refused: counts(({ updates }) => updates.refused),
    }
    this.#heard = new Float64Array(agents).fill(NaN)
    this.#moved = new Float64Array(agents).fill(NaN)
  }

  /** A frame of so many bytes came from these agents. @param now ms */
  received(agents: readonly number[], bytes: number, now: number): void {
    share(this.#receivedBytes, agents, bytes)
    for (const agent of agents) this.#heard[agent] = now
  }

  /** A frame of so many bytes went to these agents. */
  sent(agents: ArrayLike<number>, bytes: number): void {
    share(this.#sentBytes, agents, bytes)
  }

  /** The agent was told what became of an Update. */
  acked(agent: number, status: AckStatus, reason: string): void {
    add(this.#updates[status], agent, 1)
    if (status === 'refused') this.#reasons.set(agent, reason)
  }

  /** The agent was welcomed. @param now ms */
  joined(agent: number, now: number): void {
    add(this.#sessions, agent, 1)
    this.#moved[agent] = now
    this.#heard[agent] = now
  }

  /** The agent went away. @param now ms */
  left(agent: number, now: number): void {
    this.#moved[agent] = now
  }

  /** Nothing that was counted is of this agent any more: another one has its index. */
  forget(agent: number): void {
    for (const counts of [
      this.#sessions,
      this.#receivedBytes,
      this.#sentBytes,
      ...Object.values(this.#updates),
    ])
      counts[agent] = 0
    for (const times of [this.#heard, this.#moved]) times[agent] = NaN
    this.#reasons.delete(agent)
  }

  turnedAway(one: TurnedAway): void {
    this.#turnedAway++
    this.#recent = [...this.#recent, one].slice(-REMEMBERED)
  }

  /** How many were turned away, and the latest of them, oldest first. */
  get strangers(): { readonly count: number; readonly recent: readonly TurnedAway[] } {
    return { count: this.#turnedAway, recent: this.#recent }
  }

  /** The counts of an agent. */
  of(agent: number): AgentTraffic {
    const count = (values: Float64Array): number => values[agent] as number
    const { received, durable, duplicate, late, refused } = this.#updates
    return {
      sessions: count(this.#sessions),
      receivedBytes: count(this.#receivedBytes),
      sentBytes: count(this.#sentBytes),
      updates: {
        received: count(received),
        durable: count(durable),
        duplicate: count(duplicate),
        late: count(late),
        refused: count(refused),
      },
    }
  }

  /** Why an Update of the agent was refused last; null where none was since the server started. */
  reasonOf(agent: number): string | null {
    return this.#reasons.get(agent) ?? null
  }

  /** When the agent was heard of last, ms; NaN where it never was since the server started. */
  heardAt(agent: number): number {
    return this.#heard[agent] as number
  }

  /** When the agent came or went last, ms; NaN where it never did since the server started. */
  movedAt(agent: number): number {
    return this.#moved[agent] as number
  }

  /** The counts of all agents together. */
  total(): AgentTraffic {
    const sum = (values: Float64Array): number => values.reduce((all, one) => all + one, 0)
    const { received, durable, duplicate, late, refused } = this.#updates
    return {
      sessions: sum(this.#sessions),
      receivedBytes: sum(this.#receivedBytes),
      sentBytes: sum(this.#sentBytes),
      updates: {
        received: sum(received),
        durable: sum(durable),
        duplicate: sum(duplicate),
        late: sum(late),
        refused: sum(refused),
      },
    }
  }
}

const add = (counts: Float64Array, agent: number, more: number): void => {
  counts[agent] = (counts[agent] as number) + more
}

/** Adds the bytes in whole shares whose sum is `bytes`; the first agents have the rest. */
function share(counts: Float64Array, agents: ArrayLike<number>, bytes: number): void {
  const each = Math.floor(bytes / agents.length)
  const rest = bytes - each * agents.length
  for (let i = 0; i < agents.length; i++) add(counts, agents[i] as number, i < rest ? each + 1 : each)
}
