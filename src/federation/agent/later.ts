/** Agents that the server cannot take in now: each asks again by itself, after a pause, while the others of its connection go on. */
import type { Clock } from '../clock.ts'
import { FIRST_PAUSE, longer } from './pauses.ts'

/** Who asks again. */
export class Later {
  readonly #clock: Pick<Clock, 'after'>
  readonly #ask: (name: string) => void
  /** the next pause of each agent that was put off and has not been taken in since, ms */
  readonly #pauses = new Map<string, number>()
  /** take back the alarms of those that wait */
  readonly #alarms = new Map<string, () => void>()

  /** @param ask asks for the agent of this name */
  constructor(clock: Pick<Clock, 'after'>, ask: (name: string) => void) {
    this.#clock = clock
    this.#ask = ask
  }

  /** agents that were put off and have not been taken in since */
  get size(): number {
    return this.#pauses.size
  }

  /** The agent was put off. */
  putOff(name: string): void {
    const ms = this.#pauses.get(name) ?? FIRST_PAUSE
    this.#pauses.set(name, longer(ms))
    this.#alarms.get(name)?.()
    this.#alarms.set(
      name,
      this.#clock.after(ms, () => {
        this.#alarms.delete(name)
        this.#ask(name)
      }),
    )
  }

  /** The agent was taken in, or sent away for good. */
  forget(name: string): void {
    this.#alarms.get(name)?.()
    this.#alarms.delete(name)
    this.#pauses.delete(name)
  }

  /** Nobody asks again. */
  close(): void {
    for (const cancel of this.#alarms.values()) cancel()
    this.#alarms.clear()
  }
}
