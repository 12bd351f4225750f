/** What every listener keeps: who is connected, how many may be, and the end of all of them. */
import type { Closing, Guest, Limits } from '../transport.ts'
import type { Endpoint } from './endpoint.ts'
import { Queue } from './queue.ts'

/** Why a listener takes nobody in. */
export const refusal = (most: number): Closing => ({
  code: 'limit',
  reason: `the server has its most connections, ${most}`,
})

/** The connections of one listener. */
export class Guests {
  readonly connections = new Queue<Guest>()
  readonly #limits: Limits
  readonly #held = new Set<Endpoint>()
  #closed = false

  constructor(limits: Limits) {
    this.#limits = limits
  }

  /** why another one cannot be taken, or null */
  get refusal(): Closing | null {
    if (this.#closed) return { code: 'done', reason: 'the server is closing' }
    return this.#held.size >= this.#limits.connections ? refusal(this.#limits.connections) : null
  }

  /** Takes one in as a stranger, and holds it until it is over. @param known told when it is a stranger no more */
  add(endpoint: Endpoint, known?: () => void): void {
    this.#held.add(endpoint)
    void endpoint.closed.then(() => this.#held.delete(endpoint))
    this.connections.put(endpoint.suspect(known))
  }

  /** Takes no more, closes all, and resolves when they are gone. */
  async close(reason = 'the server closes'): Promise<void> {
    this.#closed = true
    this.connections.end(true)
    const held = [...this.#held]
    for (const endpoint of held) endpoint.close(reason)
    await Promise.all(held.map(({ closed }) => closed))
  }
}
