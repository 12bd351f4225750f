/** Agents whose machine went down before their last states were on its disk: each asks once for the Tasks that led there. */

/** Who has asked, and who is about to. */
export class Behind {
  readonly #asked = new Set<number>()
  #asking: number[] = []

  /** The agent lacks the state that it is to work from. @returns whether the Tasks that led there may help: not where it has asked before */
  falls(agent: number): boolean {
    if (this.#asked.has(agent)) return false
    this.#asked.add(agent)
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
    this.#asked.delete(agent)
  }
}
