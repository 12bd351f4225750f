/** How many messages a connection may send: as many as what it is asked for needs, and some more. */
import type { Clock } from '../clock.ts'

/** A connection has so many messages at its beginning, and so many more for each of the K agents that it may carry. */
const MESSAGES = 1024
const MESSAGES_AN_AGENT = 20

/** What was used up is there again after so long, ms. */
const REFILL_MS = 10_000

/**
 * The messages that a connection may send. Each costs one; a Task to n agents gives n back, so that whoever answers what it is asked never
 * runs out, however fast rounds are: Hello, Proof, at most nine offers, a `behind`, five answers to what it is told again, and a leave are all that an agent says unasked.
 */
export class Allowance {
  readonly #clock: Clock
  readonly #most: number
  #left: number
  #at: number

  /** @param agents K */
  constructor(agents: number, clock: Clock) {
    this.#clock = clock
    this.#most = MESSAGES + MESSAGES_AN_AGENT * agents
    this.#left = this.#most
    this.#at = clock.now()
  }

  /** So many answers were asked for. */
  grant(answers: number): void {
    this.#left = Math.min(this.#most, this.#left + answers)
  }

  /** A message came: whether it may. */
  take(): boolean {
    if (this.#left < 1) this.#refill()
    if (this.#left < 1) return false
    this.#left--
    return true
  }

  /** Looks at the clock only where it matters. */
  #refill(): void {
    const now = this.#clock.now()
    this.#left = Math.min(this.#most, this.#left + (this.#most * (now - this.#at)) / REFILL_MS)
    this.#at = now
  }
}
