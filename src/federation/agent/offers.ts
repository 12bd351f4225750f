/** The Updates of a session: kept before they are sent, sent again until they are answered, dropped when the server has them on its disk. */
import type { Ack, SessionMessage, TaskMessage } from '../../protocol/session-messages.ts'
import type { AgentJournal } from '../agent-journal.ts'
import type { Clock } from '../clock.ts'
import { nothingKept, sameRun, type Kept, type OfferChange } from '../kept.ts'
import type { RunKey } from '../served-run.ts'
import type { Seat } from './seat.ts'

/** An Update that is to be kept and sent. */
export interface Outgoing {
  readonly seat: Seat
  readonly change: OfferChange
}

/** What offers need of their session. */
export interface OffersOptions {
  readonly journal: AgentJournal
  readonly clock: Clock
  /** so long the server may leave an Update unanswered, ms */
  readonly idleMs: number
  readonly send: (message: SessionMessage) => Promise<void>
  /** the server left an Update unanswered for too long */
  readonly unanswered: () => void
}

/** Updates are kept and sent together until so much time or so many bytes have gone into them. */
export const TOGETHER_MS = 50
const TOGETHER_BYTES = 4 << 20

/** What the agents of a session keep and offer. */
export class Offers {
  readonly #options: OffersOptions
  /** when the Update was sent that an agent has heard nothing of, ms, by agent */
  readonly #since = new Map<number, number>()
  #alarm: (() => void) | null = null
  /** new Updates that are not kept yet */
  #taken: Outgoing[] = []
  #bytes = 0
  /** when work on them began, ms */
  #startedAt = 0
  /** so many of them may be sent before they are on disk */
  #ahead = 0

  constructor(options: OffersOptions) {
    this.#options = options
  }

  /** What the agent keeps of this run; the run begins where that is none. */
  keptOf({ name }: Seat, run: RunKey): Kept {
    const kept = this.#options.journal.kept(name)
    if (kept !== null && sameRun(kept, run)) return kept
    return this.begin(name, run)
  }

  /** Begins a run: nothing of the one before is kept. */
  begin(name: string, run: RunKey): Kept {
    const fresh = nothingKept(run)
    this.#options.journal.begin(name, fresh)
    return fresh
  }

  /** Sends an Update that was kept before: what led to it may have been kept by a session that is over. */
  async offerAgain(seat: Seat, run: RunKey, ordinal: number, frame: Uint8Array): Promise<void> {
    await this.#options.journal.settle(0)
    await this.#offer(seat, run, ordinal, frame)
  }

  async #offer(seat: Seat, { variant, seed }: RunKey, ordinal: number, frame: Uint8Array): Promise<void> {
    const { phases } = seat.run
    const { clock, idleMs, send } = this.#options
    const position = { variant, seed, round: Math.floor(ordinal / phases), phase: ordinal % phases }
    await send({ kind: 'update', ...position, agent: seat.agent, frame })
    if (!this.#since.has(seat.agent)) this.#since.set(seat.agent, clock.now())
    this.#alarm ??= clock.after(idleMs, () => this.#look())
  }

  /** Work on a Task begins: new Updates come, of which so many may be sent before they are on disk. */
  start({ ahead }: Pick<TaskMessage, 'ahead'>): void {
    this.#ahead = ahead
    this.#startedAt = this.#options.clock.now()
  }

  /** Takes a new Update. @returns whether it is time to hand over what was taken */
  take(one: Outgoing): boolean {
    this.#taken.push(one)
    this.#bytes += one.change.frame.length
    return this.#bytes >= TOGETHER_BYTES || this.#options.clock.now() - this.#startedAt >= TOGETHER_MS
  }

  /** Keeps what was taken, then sends it. */
  async hand(): Promise<void> {
    const taken = this.#taken
    if (taken.length === 0) return
    this.#taken = []
    this.#bytes = 0
    const offers = taken.map(({ seat, change }) => ({ name: seat.name, change }))
    await this.#options.journal.keep(offers)
    await this.#options.journal.settle(taken.every(({ seat }) => seat.run.isRepeatable) ? this.#ahead : 0)
    for (const { seat, change } of taken) await this.#offer(seat, change, change.ordinal, change.frame)
    this.#startedAt = this.#options.clock.now()
  }

  /** Learns what became of an Update. */
  learn({ name, agent, run }: Seat, { variant, seed, round, phase, status }: Ack): void {
    this.#since.delete(agent)
    if (status === 'received' || status === 'duplicate') return
    const type = status === 'durable' ? 'durable' : 'dropped'
    this.#options.journal.note(name, { type, variant, seed, ordinal: round * run.phases + phase })
  }

  /** Waits for no more answers of an agent. */
  forget(agent: number): void {
    this.#since.delete(agent)
  }

  /** Waits for no more answers. */
  close(): void {
    this.#alarm?.()
  }

  /** A server that says nothing of an Update for so long is as good as gone. */
  #look(): void {
    const { clock, idleMs, unanswered } = this.#options
    this.#alarm = null
    if (this.#since.size === 0) return
    const oldest = Math.min(...this.#since.values())
    if (clock.now() - oldest >= idleMs) unanswered()
    else this.#alarm = clock.after(idleMs, () => this.#look())
  }
}
