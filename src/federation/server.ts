/**
 * The server of a federation: takes agents in over any transport, carries out what the round machine of the run wants, and takes the runs
 * one after another over the same sessions. What it needs of the outside (disk, clock, session names) it is given.
 */
import { decodeMessage, reasonOf } from '../protocol/session-codec.ts'
import type {
  ControlAction,
  Hello,
  Position,
  SessionMessage,
  UpdateMessage,
} from '../protocol/session-messages.ts'
import { PROTOCOL_VERSIONS, commonVersion } from '../protocol/session-rules.ts'
import type { Guest, Limits, Listener } from '../transport.ts'
import type { Clock } from './clock.ts'
import { Line } from './line.ts'
import { Members } from './members.ts'
import { saverOf, type Saver } from './saver.ts'
import {
  hostRun,
  type HostedRun,
  type RecordLine,
  type RunEffect,
  type RunEvent,
  type ServedRun,
} from './served-run.ts'
import type { ServerStore } from './server-store.ts'

/** What a server is told at its start. */
export interface ServerOptions {
  /** K */
  readonly agents: number
  /** names of agents by index, where they are known beforehand: they become those of the store */
  readonly names?: readonly string[]
  /** identity of the experiment: its SHA-256, 64 hexadecimal digits */
  readonly run: string
  /** the resolved experiment, UTF-8, for agents that ask for it */
  readonly experiment: Uint8Array
  readonly store: ServerStore
  readonly clock: Clock
  /** 32 hexadecimal digits, new at each call */
  readonly newSession: () => string
  /** those of the listeners */
  readonly limits: Pick<Limits, 'frameBytes' | 'silenceMs'>
  readonly onNotice?: (notice: ServerNotice) => void
}

/** What a server tells of: who comes and goes, what it refuses. */
export type ServerNotice =
  | { readonly type: 'joined' | 'left'; readonly agent: number; readonly name: string }
  /** an Update was refused */
  | { readonly type: 'refused'; readonly agent: number; readonly name: string; readonly reason: string }
  /** a connection, or an agent that wanted to join, was sent away */
  | { readonly type: 'turned-away'; readonly peer: string; readonly reason: string }
  /** a phase closed */
  | { readonly type: 'closed'; readonly position: Position }

/** A run that is over and on disk. */
export interface CarriedOut<State> {
  /** the last of the server rule */
  readonly state: State
  /** lines of the record with something measured, oldest first */
  readonly measured: readonly RecordLine[]
}

/** The run that is being carried out. */
interface Current {
  readonly host: HostedRun
  readonly saver: Saver
  readonly measured: RecordLine[]
  finished(): void
  failed(error: unknown): void
}

/** An Update of a run that is over is worth nothing any more. */
const OVER = 'its run is over'

/**
 * Opens a server whose members are those of the store.
 * @throws RangeError where the names that are given are not those of the store, or too many
 */
export async function openServer(options: ServerOptions): Promise<FederationServer> {
  const { agents, store, names: given = [] } = options
  const known = await store.members()
  const other = given.findIndex((name, index) => index < known.length && known[index] !== name)
  if (other >= 0)
    throw new RangeError(
      `expected ${known[other]} as agent ${other}, as in the run so far, got ${given[other]}`,
    )
  if (given.length > agents) throw new RangeError(`expected at most ${agents} names, got ${given.length}`)
  if (given.length > known.length) await store.keepMembers(given)
  return new FederationServer(
    options,
    new Members(given.length > known.length ? given : known, agents, store),
  )
}

/** The server of a federation; see {@link openServer}. */
export class FederationServer {
  readonly #options: ServerOptions
  readonly #members: Members
  readonly #lines = new Set<Line>()
  /** the line of each agent that is here */
  readonly #lineOf = new Map<number, Line>()
  /** Updates refused, by agent */
  readonly #refused = new Map<number, number>()
  /** agents that have been told that all is over, and went */
  readonly #told = new Set<number>()
  #current: Current | null = null
  #begun: () => void = () => {}
  readonly #first = new Promise<void>((resolve) => (this.#begun = resolve))
  #over = false
  #stopped: (() => void) | null = null
  #gone: () => void = () => {}

  constructor(options: ServerOptions, members: Members) {
    this.#options = options
    this.#members = members
  }

  /** how many agents are here */
  get present(): number {
    return this.#lineOf.size
  }

  /** Updates refused so far, by agent; those of whom none was are missing */
  get refused(): ReadonlyMap<number, number> {
    return this.#refused
  }

  /** Takes agents in as soon as there is a run; resolves when the listener closes. */
  async accept(listener: Pick<Listener, 'connections'>): Promise<void> {
    await this.#first
    for await (const guest of listener.connections) void this.#serve(guest)
  }

  /**
   * Carries out a run, from its checkpoint where there is one, with the agents that are here and those that come.
   * @throws what the store throws; nothing is lost then that was acknowledged
   */
  async carryOut<State, Task, Update extends { readonly agent: number; readonly round: number }>(
    run: ServedRun<State, Task, Update>,
  ): Promise<CarriedOut<State>> {
    const saved = await this.#options.store.load(run)
    const host = hostRun(run, saved)
    const measured = (saved?.lines ?? []).filter((line) => line.measured.length > 0)
    await new Promise<void>((finished, failed) => {
      const saver = saverOf(this.#options.store, run, {
        durable: (closed) => this.#apply(current, { type: 'durable', closed, now: this.#now() }),
        failed,
      })
      const current: Current = { host, saver, measured, finished, failed }
      this.#begin(current)
    })
    return { state: host.state(), measured }
  }

  /**
   * Tells every agent that all runs are over, and waits until they have gone.
   * @param lingerMs so long those are waited for that are away, or do not go
   */
  async finish(lingerMs: number): Promise<void> {
    this.#over = true
    this.#broadcast('finished')
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(lingerMs, resolve)
      this.#gone = () => {
        if (this.#told.size < this.#options.agents || this.#lines.size > 0) return
        cancel()
        resolve()
      }
      this.#gone()
    })
  }

  /** Gives back what is open, and resolves when all that has closed is on disk and the agents know that the server stops. */
  async stop(): Promise<void> {
    const current = this.#current
    if (current !== null)
      await new Promise<void>((resolve) => {
        this.#stopped = resolve
        this.#apply(current, { type: 'stop', now: this.#now() })
      })
    this.#broadcast('stop')
    this.close()
  }

  /** Carries out nothing more, and closes every connection. */
  close(): void {
    this.#current = null
    for (const line of this.#lines) line.close('the server stops')
  }

  #now(): number {
    return this.#options.clock.now()
  }

  #tell(notice: ServerNotice): void {
    this.#options.onNotice?.(notice)
  }

  #begin(current: Current): void {
    this.#current = current
    this.#broadcast('next-run')
    const present = [...this.#lineOf.keys()].toSorted((one, other) => one - other)
    for (const agent of present) this.#apply(current, { type: 'joined', agent, now: this.#now() })
    // a run that was finished when the server went down says so at its first event
    this.#apply(current, { type: 'tick', now: this.#now() })
    this.#begun()
  }

  #broadcast(action: ControlAction): void {
    if (this.#current === null) return
    const { variant, seed } = this.#current.host
    for (const line of this.#lines)
      if (line.agents.size > 0) line.send({ kind: 'control', action, variant, seed, agents: null })
  }

  #apply(current: Current, event: RunEvent): void {
    if (current !== this.#current) return
    try {
      for (const effect of current.host.apply(event)) this.#carryOut(current, effect)
    } catch (error) {
      current.failed(error)
    }
  }

  #carryOut(current: Current, effect: RunEffect): void {
    switch (effect.type) {
      case 'task':
        return this.#sendTask(effect)
      case 'ack':
        return this.#sendAck(effect)
      case 'save': {
        const { variant, seed } = current.host
        const { round, phase } = effect.line
        if (effect.line.measured.length > 0) current.measured.push(effect.line)
        current.saver.save(effect)
        return this.#tell({ type: 'closed', position: { variant, seed, round, phase } })
      }
      case 'timer':
        return this.#tickAt(current, effect.at)
      case 'announce':
        if (effect.what === 'finished') current.finished()
        else if (effect.what === 'stopped') this.#stopped?.()
        else this.#broadcast(effect.what === 'paused' ? 'pause' : 'resume')
    }
  }

  /** A `tick` at this time or soon after, and not before, as alarms may ring: nobody would look at the deadline again. */
  #tickAt(current: Current, at: number): void {
    this.#options.clock.after(Math.max(0, at - this.#now()), () => {
      if (this.#now() < at) this.#tickAt(current, at)
      else this.#apply(current, { type: 'tick', now: this.#now() })
    })
  }

  #sendTask({ position, frame, agents, after }: Extract<RunEffect, { type: 'task' }>): void {
    const { variant, seed, round, phase } = position
    const shares = new Map<Line, number[]>()
    for (const [i, agent] of agents.entries()) {
      const line = this.#lineOf.get(agent)
      if (line === undefined) continue
      const share = shares.get(line) ?? []
      shares.set(line, share)
      share.push(i)
    }
    for (const [line, share] of shares)
      line.send({
        kind: 'task',
        variant,
        seed,
        round,
        phase,
        agents: Uint32Array.from(share, (i) => agents[i] as number),
        after: Uint32Array.from(share, (i) => after[i] as number),
        frame,
      })
  }

  #sendAck({ position, status, reason, agents }: Extract<RunEffect, { type: 'ack' }>): void {
    for (const agent of agents) {
      this.#lineOf.get(agent)?.ack(position, status, reason, [agent])
      if (status !== 'refused') continue
      this.#refused.set(agent, (this.#refused.get(agent) ?? 0) + 1)
      this.#tell({ type: 'refused', agent, name: this.#members.nameOf(agent), reason })
    }
  }

  /** Listens to a connection until it ends. */
  async #serve(guest: Guest): Promise<void> {
    const line = new Line(guest, this.#options.clock)
    this.#lines.add(line)
    const { frameBytes } = this.#options.limits
    for await (const frame of guest.frames) {
      const message = decodeMessage(frame, { bytes: frameBytes, agents: this.#options.agents })
      if (message.ok) this.#hear(line, guest, message.value)
      else this.#sendAway(line, 'malformed', reasonOf(message.issues))
    }
    const { code } = await guest.closed
    this.#lines.delete(line)
    for (const agent of line.agents) this.#leave(line, agent, code === 'done')
    this.#gone()
  }

  #sendAway(line: Line, code: 'malformed' | 'unexpected', reason: string): void {
    line.fail(code, reason)
    this.#tell({ type: 'turned-away', peer: line.peer, reason })
  }

  #hear(line: Line, guest: Guest, message: SessionMessage): void {
    if (message.kind === 'hello')
      void this.#welcome(line, guest, message).catch((error: unknown) => this.#current?.failed(error))
    else if (message.kind === 'update') this.#receive(line, message)
    else if (message.kind === 'control' && message.action === 'leave') {
      for (const agent of message.agents ?? [...line.agents]) this.#leave(line, agent, true)
    } else if (message.kind === 'failure') {
      this.#tell({
        type: 'turned-away',
        peer: line.peer,
        reason: `${message.name || 'the agent'} says ${message.code}: ${message.reason}`,
      })
      line.close('closed by the agent')
    } else this.#sendAway(line, 'unexpected', `a ${message.kind} is not an agent's to send here`)
  }

  async #welcome(line: Line, guest: Guest, hello: Hello): Promise<void> {
    const { name, lowest, highest } = hello
    const turnAway = (code: 'version' | 'full' | 'name-taken', reason: string): void => {
      line.fail(code, reason, name)
      this.#tell({ type: 'turned-away', peer: line.peer, reason: `${name}: ${reason}` })
    }
    const version = commonVersion(PROTOCOL_VERSIONS, hello)
    if (version === null)
      return turnAway('version', `this server speaks version ${PROTOCOL_VERSIONS.highest} of the protocol, the agent ${lowest} to ${highest}`) // prettier-ignore
    const agent = await this.#members.indexOf(name)
    const current = this.#current
    if (current === null || !this.#lines.has(line)) return
    const { agents, run, limits } = this.#options
    if (agent === null) return turnAway('full', `all ${agents} agents of the run have other names`)
    if (this.#lineOf.has(agent)) return turnAway('name-taken', `an agent with the name ${name} is connected`)
    guest.admit()
    line.agents.add(agent)
    this.#lineOf.set(agent, line)
    const { variant, seed } = current.host
    line.send({
      kind: 'welcome',
      version,
      session: this.#options.newSession(),
      name,
      agent,
      agents,
      run,
      variant,
      seed,
      ...current.host.due(),
      maxBytes: Math.min(limits.frameBytes, 4294967295),
      idleSeconds: Math.max(1, Math.floor(limits.silenceMs / 1000)),
      experiment: hello.experiment === 1 ? this.#options.experiment : null,
    })
    this.#tell({ type: 'joined', agent, name })
    this.#apply(current, { type: 'joined', agent, now: this.#now() })
    if (this.#over)
      line.send({ kind: 'control', action: 'finished', variant, seed, agents: Uint32Array.of(agent) })
  }

  #receive(line: Line, message: UpdateMessage): void {
    const current = this.#current
    const { variant, seed, agent } = message
    if (current === null || !line.agents.has(agent))
      return this.#sendAway(
        line,
        'unexpected',
        `an update of agent ${agent}, who did not join over this connection`,
      )
    const { host } = current
    if (variant === host.variant && seed === host.seed)
      this.#apply(current, { type: 'update', message, now: this.#now() })
    else line.ack(message, 'late', OVER, [agent])
  }

  #leave(line: Line, agent: number, willingly: boolean): void {
    if (this.#lineOf.get(agent) !== line) return
    this.#lineOf.delete(agent)
    line.agents.delete(agent)
    if (this.#over && willingly) this.#told.add(agent)
    this.#tell({ type: 'left', agent, name: this.#members.nameOf(agent) })
    if (this.#current !== null) this.#apply(this.#current, { type: 'left', agent, now: this.#now() })
  }
}
