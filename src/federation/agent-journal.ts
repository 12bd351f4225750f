/**
 * The journal of the agents of one process: what each keeps, as records that are appended together. One that is read again gives what was
 * kept when its last whole record was written.
 */
import type { Clock } from './clock.ts'
import { changed, sameRun, type Kept, type KeptChange, type OfferChange } from './kept.ts'
import { decodePlain, encodePlain } from './plain-data.ts'
import type { RunKey } from './served-run.ts'

/** Where the records of a journal lie. */
export interface JournalStore {
  /** every record that is whole, oldest first */
  read(): Promise<readonly Uint8Array[]>
  /** kept when it resolves, should the process be killed. One call at a time */
  append(records: readonly Uint8Array[]): Promise<void>
  /** when it resolves, all that was appended before is on disk, should the machine go down. Others may append meanwhile */
  sync(): Promise<void>
  /** puts these records in place of all others, in one step, on disk when it resolves */
  replace(records: readonly Uint8Array[]): Promise<void>
  close(): Promise<void>
}

/** A change to what some agents keep; what one kept as a whole stands at the beginning of a journal that has been made shorter. */
type JournalRecord =
  | ({ readonly names: readonly string[] } & KeptChange)
  | OffersRecord
  | { readonly type: 'kept'; readonly name: string; readonly kept: Kept }

/** Offers of several agents for one Task: names, states and frames by agent. */
interface OffersRecord extends RunKey {
  readonly type: 'offers'
  readonly names: readonly string[]
  readonly ordinal: number
  readonly states: readonly unknown[]
  readonly frames: readonly Uint8Array[]
}

/** An agent's offer. */
interface NamedOffer {
  readonly name: string
  readonly change: OfferChange
}

/** Bytes that a journal may have beyond those of its last shortening, times {@link WASTE}, before it is made shorter. */
const LEAST = 8 << 20
const WASTE = 4

/** What the agents of a process keep, by name. */
export class AgentJournal {
  readonly #store: JournalStore
  readonly #kept = new Map<string, Kept>()
  /** changes that need not be on disk yet, with those whom each is about */
  #pending: { readonly names: string[]; readonly change: KeptChange }[] = []
  #bytes = 0
  #shortest = 0
  readonly #disk: Disk

  private constructor(store: JournalStore, clock: Pick<Clock, 'after'>) {
    this.#store = store
    this.#disk = new Disk(store, clock)
  }

  /** Reads a journal. @throws Error where it holds something else */
  static async open(store: JournalStore, clock: Pick<Clock, 'after'>): Promise<AgentJournal> {
    const journal = new AgentJournal(store, clock)
    for (const bytes of await store.read()) {
      journal.#bytes += bytes.length
      const record = decodePlain(bytes) as JournalRecord
      if (record.type === 'kept') journal.#kept.set(record.name, record.kept)
      else if (record.type === 'offers')
        for (const { name, change } of offersIn(record)) journal.#apply(name, change)
      else for (const name of record.names) journal.#apply(name, record)
    }
    return journal
  }

  /** what the agent keeps, null where it has begun no run */
  kept(name: string): Kept | null {
    return this.#kept.get(name) ?? null
  }

  /** Begins a run: nothing of the one before is kept. */
  begin(name: string, kept: Kept): void {
    this.#kept.set(name, kept)
  }

  /** Notes that an Update is durable, or dropped. To know it late does no harm, so it goes to disk with the next offers. */
  note(name: string, change: KeptChange): void {
    this.#apply(name, change)
    const last = this.#pending.at(-1)
    if (last !== undefined && sameChange(last.change, change)) last.names.push(name)
    else this.#pending.push({ names: [name], change })
  }

  /** Keeps offers: should the process be killed when it resolves, they are there. */
  async keep(offers: readonly NamedOffer[]): Promise<void> {
    const records = [
      ...this.#pending.map(({ names, change }) => encodePlain({ names, ...change })),
      ...byTask(offers).map((group) => encodePlain(recordOf(group))),
    ]
    this.#pending = []
    await this.#store.append(records)
    for (const { name, change } of offers) this.#apply(name, change)
    this.#disk.appended()
    this.#bytes += records.reduce((sum, { length }) => sum + length, 0)
    if (this.#bytes > LEAST + WASTE * this.#shortest) await this.#shorten()
  }

  /** Resolves when all that was kept is on disk but for the last `ahead` calls. @throws what the store throws */
  settle(ahead: number): Promise<void> {
    return this.#disk.settle(ahead)
  }

  /** Forgets everything: all runs are over. */
  async clear(): Promise<void> {
    this.#kept.clear()
    this.#pending = []
    await this.#disk.forget()
    await this.#store.replace([])
  }

  /** @throws what the store throws, also where that came up after the last call */
  async close(): Promise<void> {
    try {
      await this.#disk.settle(0)
    } finally {
      await this.#store.close()
    }
  }

  #apply(name: string, change: KeptChange): void {
    const kept = changed(this.kept(name), change)
    if (kept !== null) this.#kept.set(name, kept)
  }

  async #shorten(): Promise<void> {
    const records = [...this.#kept].map(([name, kept]) => encodePlain({ type: 'kept', name, kept }))
    await this.#disk.settle(0)
    await this.#store.replace(records)
    this.#bytes = records.reduce((sum, { length }) => sum + length, 0)
    this.#shortest = this.#bytes
    this.#pending = []
  }
}

/** So many appends are synced together, where nobody waits for the first of them. */
const TOGETHER = 3

/** So long it waits for the others, ms. */
const TOGETHER_MS = 5

/** What is on its way to the disk: what is appended while a sync goes on waits for the next one. */
class Disk {
  readonly #store: JournalStore
  readonly #clock: Pick<Clock, 'after'>
  /** appends that are not known to be on disk */
  #unsynced = 0
  #isSyncing = false
  #hasFailed = false
  #synced: Promise<void> = Promise.resolve()
  #cancel: (() => void) | null = null

  constructor(store: JournalStore, clock: Pick<Clock, 'after'>) {
    this.#store = store
    this.#clock = clock
  }

  /** Something was appended. */
  appended(): void {
    this.#unsynced++
    this.#next()
  }

  /** Resolves when no more than `most` appends are not on disk. @throws what a sync has thrown, now and ever after */
  async settle(most: number): Promise<void> {
    if (this.#hasFailed) await this.#synced
    while (this.#unsynced > most) {
      if (!this.#isSyncing) this.#sync()
      await this.#synced
    }
  }

  /** What was appended is not wanted any more: waits for a sync that is under way, however it ends. */
  async forget(): Promise<void> {
    this.#cancel?.()
    this.#cancel = null
    // so that no other sync follows
    this.#unsynced = 0
    await this.#synced.catch(() => undefined)
    this.#unsynced = 0
    this.#isSyncing = false
    this.#hasFailed = false
    this.#synced = Promise.resolve()
  }

  #next(): void {
    if (this.#isSyncing || this.#unsynced <= 0) return
    if (this.#unsynced >= TOGETHER) this.#sync()
    else this.#cancel ??= this.#clock.after(TOGETHER_MS, () => this.#sync())
  }

  #sync(): void {
    this.#cancel?.()
    this.#cancel = null
    if (this.#isSyncing) return
    const covered = this.#unsynced
    this.#isSyncing = true
    this.#synced = this.#store.sync().then(() => {
      this.#unsynced -= covered
      this.#isSyncing = false
      this.#next()
    })
    // told to whoever settles
    this.#synced.catch(() => (this.#hasFailed = true))
  }
}

/** The offers in their order, those that follow one another for one Task together. */
function byTask(offers: readonly NamedOffer[]): NamedOffer[][] {
  const groups: NamedOffer[][] = []
  let before: OfferChange | null = null
  for (const offer of offers) {
    const { change } = offer
    if (before?.ordinal === change.ordinal && sameRun(before, change)) groups.at(-1)?.push(offer)
    else groups.push([offer])
    before = change
  }
  return groups
}

/** @param group for one Task, at least one */
function recordOf(group: readonly NamedOffer[]): OffersRecord {
  const { variant, seed, ordinal } = (group[0] as NamedOffer).change
  return {
    type: 'offers',
    variant,
    seed,
    ordinal,
    names: group.map(({ name }) => name),
    states: group.map(({ change }) => change.state),
    frames: group.map(({ change }) => change.frame),
  }
}

const offersIn = ({ names, variant, seed, ordinal, states, frames }: OffersRecord): NamedOffer[] =>
  names.map((name, i) => ({
    name,
    change: { type: 'offer', variant, seed, ordinal, state: states[i], frame: frames[i] as Uint8Array },
  }))

/** Whether two agents are told the same; what one of them offers, no other does. */
const sameChange = (one: KeptChange, other: KeptChange): boolean =>
  one.type !== 'offer' && one.type === other.type && one.ordinal === other.ordinal && sameRun(one, other)
