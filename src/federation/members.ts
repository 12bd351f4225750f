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

/**
 * The members of a store, and those whose names are given beforehand.
 * @param agents K
 * @param given names by index
 * @throws RangeError where they are not those of the store, or too many
 */
export async function openMembers(
  store: ServerStore,
  agents: number,
  given: readonly string[],
): Promise<Members> {
  const known = await store.members()
  const other = given.findIndex((name, index) => index < known.length && known[index] !== name)
  if (other >= 0)
    throw new RangeError(
      `expected ${known[other]} as agent ${other}, as in the run so far, got ${given[other]}`,
    )
  if (given.length > agents) throw new RangeError(`expected at most ${agents} names, got ${given.length}`)
  if (given.length > known.length) await store.keepMembers(given)
  return new Members(given.length > known.length ? given : known, agents, store)
}
