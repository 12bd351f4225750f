/** Agents whose machine went down before their last states were on its disk: each asks once for the Tasks that led there. */

/** Who has asked, and who is about to. */
export class Behind {
  /** ordinal of the Task that an agent could not work on, by agent */
  readonly #lacked = new Map<number, number>()
  #asking: number[] = []

  /**
   * The agent lacks the state that it is to work from. Until the Tasks that lead there come, later ones are of no use to it: the server may send
   * the same one again before it has heard of this.
   * @returns whether there is hope
   */
  falls(agent: number, ordinal: number): boolean {
    const lacked = this.#lacked.get(agent)
    if (lacked !== undefined) return ordinal >= lacked
    this.#lacked.set(agent, ordinal)
    this.#asking.push(agent)
    return true
  }

  /** Those that are about to ask, ascending, each once; null where nobody is. */
  take(): Uint32Array | null {
    if (this.#asking.length === 0) return null
    const agents = Uint32Array.from(this.#asking).sort()
    this.#asking = []
    return agents
  }

  /** The agent has a new session, in which it may ask again. */
  forget(agent: number): void {
    this.#lacked.delete(agent)
  }
}
