/**
 * The members of a federation: which name has which index. An index that was given away is on disk before anybody hears of it. A name keeps
 * its index from the first Update on; before that, one that never fits can be let go.
 */
import type { ServerStore } from './server-store.ts'

/** In the place of a name: nobody has this index. */
const NOBODY = ''

/** Names and their indices. */
export class Members {
  readonly #names: string[]
  readonly #indices: Map<string, number>
  readonly #most: number
  readonly #store: ServerStore
  /** indices whose names stay */
  readonly #settled: Set<number>
  #kept: Promise<void> = Promise.resolve()
  #due: Promise<void> | null = null

  /**
   * @param names by index; an empty one is nobody's
   * @param most K
   * @param given so many names stay, from the first on
   */
  constructor(names: readonly string[], most: number, store: ServerStore, given: number) {
    this.#names = [...names]
    this.#indices = new Map([...names.entries()].flatMap(([i, name]) => (name === NOBODY ? [] : [[name, i]])))
    this.#most = most
    this.#store = store
    this.#settled = new Set(names.slice(0, given).keys())
  }

  /** The index of a name, null where it has none. */
  agentOf(name: string): number | null {
    return this.#indices.get(name) ?? null
  }

  nameOf(agent: number): string {
    const name = this.#names[agent] ?? NOBODY
    return name === NOBODY ? `agent ${agent}` : name
  }

  /** Whether the name has this index. */
  has(name: string, agent: number): boolean {
    return this.#indices.get(name) === agent
  }

  /** The index of a name, the first free one for a new name; null where there is none left. Resolves when it is on disk. */
  async indexOf(name: string): Promise<number | null> {
    const index = this.#indices.get(name) ?? this.#place(name)
    if (index !== null) await (this.#due ?? this.#kept)
    return index
  }

  /** From now on the name of this index stays. */
  settle(agent: number): void {
    this.#settled.add(agent)
  }

  /** From now on all names that have an index stay. */
  settleAll(): void {
    for (const agent of this.#indices.values()) this.settle(agent)
  }

  /** Lets a name go: its index is the next new name's. Null where the name stays; else resolves when that is on disk. */
  release(agent: number): Promise<void> | null {
    const name = this.#names[agent] ?? NOBODY
    if (name === NOBODY || this.#settled.has(agent)) return null
    this.#names[agent] = NOBODY
    this.#indices.delete(name)
    return (this.#due ??= this.#keep())
  }

  #place(name: string): number | null {
    const free = this.#names.indexOf(NOBODY)
    const index = free < 0 ? this.#names.length : free
    if (index === this.#most) return null
    this.#indices.set(name, index)
    this.#names[index] = name
    this.#due ??= this.#keep()
    return index
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
 * The members of a store, and those whose names are given beforehand, which stay.
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
  for (const [index, name] of given.entries()) expectAgrees(known, name, index)
  if (given.length > agents) throw new RangeError(`expected at most ${agents} names, got ${given.length}`)
  const names = [...given, ...known.slice(given.length)]
  if (given.some((name, index) => known[index] !== name)) await store.keepMembers(names)
  return new Members(names, agents, store, given.length)
}

/** @throws RangeError where the run so far has another name at this index, or the name at another index */
function expectAgrees(known: readonly string[], name: string, index: number): void {
  const there = known[index] ?? NOBODY
  if (there !== NOBODY && there !== name)
    throw new RangeError(`expected ${there} as agent ${index}, as in the run so far, got ${name}`)
  const other = known.indexOf(name)
  if (other >= 0 && other !== index)
    throw new RangeError(`expected ${name} as agent ${other}, as in the run so far, got it as agent ${index}`)
}
