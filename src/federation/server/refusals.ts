/** Updates that were refused, by agent. */
import type { AckStatus } from '../../protocol/session-messages.ts'

/** An agent of whom so many Updates were refused, one after the other, is sent away: no honest one is refused at all. */
export const MOST_REFUSED = 16

/** The counts. */
export class Refusals {
  readonly #counts = new Map<number, number>()
  /** of them those since the last Update that was received */
  readonly #inRow = new Map<number, number>()

  /** Updates refused so far, by agent; those of whom none was are missing */
  get counts(): ReadonlyMap<number, number> {
    return this.#counts
  }

  /** The agent was told what became of an Update. */
  answered(agent: number, status: AckStatus): void {
    if (status === 'received') this.#inRow.delete(agent)
    if (status !== 'refused') return
    this.#inRow.set(agent, (this.#inRow.get(agent) ?? 0) + 1)
    this.#counts.set(agent, (this.#counts.get(agent) ?? 0) + 1)
  }

  /** Whether the agent is to be sent away, once: then it begins anew. */
  hasTooMany(agent: number): boolean {
    return (this.#inRow.get(agent) ?? 0) >= MOST_REFUSED && this.#inRow.delete(agent)
  }
}
