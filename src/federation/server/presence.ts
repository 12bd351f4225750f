/** Who is here: the connections of a server, and which agent has joined over which. */
import type { Line } from '../line.ts'

/** An agent that has joined. */
export interface Seat {
  readonly agent: number
  readonly name: string
  readonly line: Line
}

/** The connections and the seats of a server. */
export class Presence {
  /** every connection that is open, whether or not an agent has joined over it */
  readonly lines = new Set<Line>()
  readonly #byAgent = new Map<number, Seat>()
  readonly #byName = new Map<string, Seat>()

  /** how many agents are here */
  get size(): number {
    return this.#byAgent.size
  }

  /** the agents that are here, ascending */
  get agents(): number[] {
    return [...this.#byAgent.keys()].toSorted((one, other) => one - other)
  }

  /** the seat of an agent by its index */
  of(agent: number): Seat | undefined {
    return this.#byAgent.get(agent)
  }

  /** the seat of an agent by its name */
  named(name: string): Seat | undefined {
    return this.#byName.get(name)
  }

  take(seat: Seat): void {
    this.#byAgent.set(seat.agent, seat)
    this.#byName.set(seat.name, seat)
    seat.line.agents.add(seat.agent)
    seat.line.former.delete(seat.agent)
  }

  leave({ agent, name, line }: Seat): void {
    this.#byAgent.delete(agent)
    this.#byName.delete(name)
    line.agents.delete(agent)
    line.former.add(agent)
    line.behind.delete(agent)
  }
}
