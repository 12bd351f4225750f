/** The run that a server carries out: what happens goes into its round machine, and what that wants goes to the agents, the disk and the clock. */
import type { ControlAction } from '../../protocol/session-messages.ts'
import { saverOf, type Saver } from '../saver.ts'
import type { HostedRun, RecordLine, RunEffect, RunEvent } from '../served-run.ts'
import { broadcast, sendAck, sendTask } from './dispatch.ts'
import type { ServerNotice, ServerOptions } from './options.ts'
import type { Presence } from './presence.ts'

/** A run that is over and on disk. */
export interface CarriedOut<State> {
  /** the last of the server rule */
  readonly state: State
  /** lines of the record with something measured, oldest first */
  readonly measured: readonly RecordLine[]
}

/** What a run needs of its server. */
export interface RunHousehold {
  readonly options: Pick<ServerOptions, 'clock' | 'store'>
  readonly presence: Presence
  /** agents were told what became of their Updates */
  answered(effect: Extract<RunEffect, { type: 'ack' }>): void
  tell(notice: ServerNotice): void
}

/** An event whose time is that of its arrival. */
type Happening<Event> = Event extends unknown ? Omit<Event, 'now'> : never

/** A run under way. */
export class CurrentRun {
  readonly host: HostedRun
  /** lines of the record with something measured, oldest first */
  readonly measured: RecordLine[]
  /** resolves when the last phase is on disk; rejects with what the store or the round machine throws */
  readonly over: Promise<void>
  readonly #house: RunHousehold
  readonly #saver: Saver
  #finished: () => void = () => {}
  #failed: (error: unknown) => void = () => {}
  #stopped: (() => void) | null = null
  /** when the first Task of the open phase went out, ms */
  #openedAt: number | null = null
  #isDropped = false
  #cancelTick: () => void = () => {}

  /** @param lines of the record so far */
  constructor(host: HostedRun, lines: readonly RecordLine[], house: RunHousehold) {
    this.host = host
    this.measured = lines.filter((line) => line.measured.length > 0)
    this.#house = house
    this.over = new Promise((resolve, reject) => {
      this.#finished = resolve
      this.#failed = reject
    })
    this.#saver = saverOf(house.options.store, host, house.options.clock, {
      durable: (closed) => this.apply({ type: 'durable', closed }),
      failed: (error) => this.fail(error),
    })
  }

  /** Lets the round machine have an event, and carries out what it wants. */
  apply(event: Happening<RunEvent>): void {
    if (this.#isDropped) return
    try {
      for (const effect of this.host.apply({ ...event, now: this.#now() }))
        this.#carryOut(effect, event.type !== 'behind')
    } catch (error) {
      this.fail(error)
    }
  }

  /** Tells every agent that is here. */
  broadcast(action: ControlAction): void {
    broadcast(this.#house.presence, this.host, action)
  }

  /** Gives back what is open, and resolves when all that has closed is on disk. */
  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#stopped = resolve
      this.apply({ type: 'stop' })
    })
  }

  fail(error: unknown): void {
    this.#failed(error)
  }

  /** From now on nothing that happens is of this run. */
  drop(): void {
    this.#isDropped = true
    this.#saver.drop()
    this.#cancelTick()
  }

  #now(): number {
    return this.#house.options.clock.now()
  }

  /** @param isAsked whether Tasks go out because they are due, and not because an agent wants them again */
  #carryOut(effect: RunEffect, isAsked: boolean): void {
    switch (effect.type) {
      case 'task':
        this.#openedAt ??= this.#now()
        return sendTask(this.#house.presence, this.host, effect, isAsked)
      case 'ack':
        sendAck(this.#house.presence, effect)
        return this.#house.answered(effect)
      case 'save': {
        if (effect.line.measured.length > 0) this.measured.push(effect.line)
        this.#saver.save(effect)
        return this.#closed(effect.line)
      }
      case 'timer':
        return this.#tickAt(effect.at)
      case 'announce':
        if (effect.what === 'finished') this.#finished()
        else if (effect.what === 'stopped') this.#stopped?.()
        else {
          this.broadcast(effect.what === 'paused' ? 'pause' : 'resume')
          this.#house.tell({ type: effect.what })
        }
    }
  }

  #closed({ round, phase, agents, late }: RecordLine): void {
    const { variant, seed, phases } = this.host
    const seconds = this.#openedAt === null ? null : (this.#now() - this.#openedAt) / 1000
    this.#openedAt = null
    const position = { variant, seed, round, phase }
    this.#house.tell({ type: 'closed', position, phases, agents, late, seconds })
  }

  /**
   * A `tick` at this time or soon after, and not before, as alarms may ring: nobody would look at the deadline again. There is one deadline
   * at a time: the alarm of the one before is taken back.
   */
  #tickAt(at: number): void {
    this.#cancelTick()
    this.#cancelTick = this.#house.options.clock.after(Math.max(0, at - this.#now()), () => {
      if (this.#now() < at) this.#tickAt(at)
      else this.apply({ type: 'tick' })
    })
  }
}
