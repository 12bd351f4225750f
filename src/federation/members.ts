/** The members of a federation: which name has which index. An index that was given away is on disk before anybody hears of it. */
import type { ServerStore } from './server-store.ts'

/** Names and their indices. */
export class Members {
  readonly #names: string[]
  readonly #indices: Map<string, number>
  readonly #most: number
  readonly #store: ServerStore
  #kept: Promise<void> = Promise.resolve()
  #due: Promise<void> | null = null

  /**
   * @param names by index
   * @param most K
   */
  constructor(names: readonly string[], most: number, store: ServerStore) {
    this.#names = [...names]
    this.#indices = new Map(names.map((name, index) => [name, index]))
    this.#most = most
    this.#store = store
  }

  nameOf(agent: number): string {
    return this.#names[agent] ?? `agent ${agent}`
  }

  /** The index of a name, the next free one for a new name; null where there is none left. Resolves when it is on disk. */
  async indexOf(name: string): Promise<number | null> {
    const known = this.#indices.get(name)
    if (known === undefined) {
      if (this.#names.length === this.#most) return null
      this.#indices.set(name, this.#names.length)
      this.#names.push(name)
      this.#due ??= this.#keep()
    }
    await (this.#due ?? this.#kept)
    return this.#indices.get(name) as number
  }

  /** Names that come while a list is being written go into the next one together. */
  #keep(): Promise<void> {
    const next = this.#kept.then(() => {
      this.#due = null
      return this.#store.keepMembers(this.#names)
    })
    this.#kept = next
    return next
  }
}
