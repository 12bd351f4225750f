/**
 * The server of a federation: takes agents in over any transport, carries out what the round machine of the run wants, and takes the runs
 * one after another over the same sessions. What it needs of the outside (disk, clock, session names) it is given.
 */
import { decodeMessage, reasonOf } from '../protocol/session-codec.ts'
import type { Failure, FailureCode, SessionMessage } from '../protocol/session-messages.ts'
import type { Guest, Listener } from '../transport.ts'
import { Line } from './line.ts'
import { openMembers, type Members } from './members.ts'
import { hostRun, type RunEffect, type ServedRun } from './served-run.ts'
import { sendersOf } from './server/dispatch.ts'
import { CurrentRun, type CarriedOut } from './server/current-run.ts'
import type { ServerNotice, ServerOptions } from './server/options.ts'
import { limited } from './server/notices.ts'
import { Presence, type Seat } from './server/presence.ts'
import { Reception, revokedReason } from './server/reception.ts'
import { Refusals } from './server/refusals.ts'
import { snapshotOf, type ServerSnapshot } from './server/snapshot.ts'
import { Traffic } from './server/traffic.ts'
import { remind, takeUpdate, type WorkHousehold } from './server/work.ts'

export type { CarriedOut } from './server/current-run.ts'
export type { ServerNotice, ServerOptions } from './server/options.ts'

/**
 * Opens a server whose members are those of the store.
 * @throws RangeError where the names that are given are not those of the store, or too many
 */
export async function openServer(options: ServerOptions): Promise<FederationServer> {
  const { agents, store, names = [] } = options
  return new FederationServer(options, await openMembers(store, agents, names))
}

/** The server of a federation; see {@link openServer}. */
export class FederationServer {
  readonly #options: ServerOptions
  readonly #members: Members
  readonly #presence = new Presence()
  readonly #traffic: Traffic
  readonly #reception: Reception
  readonly #work: WorkHousehold
  readonly #refusals = new Refusals()
  readonly #tell: (notice: ServerNotice) => void
  /** agents that have been told that all is over, and went */
  readonly #told = new Set<number>()
  #current: CurrentRun | null = null
  #begun: () => void = () => {}
  readonly #first = new Promise<void>((resolve) => (this.#begun = resolve))
  #over = false
  #isPaused = false
  #gone: () => void = () => {}

  constructor(options: ServerOptions, members: Members) {
    this.#options = options
    this.#members = members
    this.#traffic = options.traffic ?? new Traffic(options.agents)
    this.#tell = limited(options.onNotice ?? (() => {}), options.clock)
    this.#reception = new Reception({
      options,
      members,
      presence: this.#presence,
      run: () => this.#current?.host ?? null,
      joined: (seat) => this.#joined(seat),
      replaced: (seat) => this.#dismiss(seat, 'replaced', `another session of ${seat.name} has begun`),
      turnedAway: (line, reason, name) => this.#turnedAway(line, reason, name),
      failed: (error) => this.#current?.fail(error),
    })
    this.#work = {
      members,
      refusals: this.#refusals,
      traffic: this.#traffic,
      current: () => this.#current,
      sendAway: (line, reason) => this.#sendAway(line, 'unexpected', reason),
      dismiss: (seat, code, reason) => this.#dismiss(seat, code, reason),
    }
    options.gate?.onRevoked((name) => this.#revoked(name))
  }

  /** how many agents are here */
  get present(): number {
    return this.#presence.size
  }

  /** Updates refused so far, by agent; those of whom none was are missing */
  get refused(): ReadonlyMap<number, number> {
    return this.#refusals.counts
  }

  /** How the run under way stands, and who is there; null where there is none. */
  snapshot(): ServerSnapshot | null {
    if (this.#current === null) return null
    const { variant, seed, phases, view } = this.#current.host
    return snapshotOf({
      variant,
      seed,
      phases,
      view: view(),
      traffic: this.#traffic,
      agents: this.#options.agents,
      nameOf: (agent) => this.#members.nameOf(agent),
      now: this.#now(),
    })
  }

  /** Who is a member takes part: every name keeps its index from now on. */
  settle(): void {
    this.#members.settleAll()
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
    for (const [agent, last] of host.view().answered.entries()) if (last >= 0) this.#members.settle(agent)
    const current = new CurrentRun(host, saved?.lines ?? [], {
      options: this.#options,
      presence: this.#presence,
      answered: (effect) => this.#answered(effect),
      tell: (notice) => this.#tell(notice),
    })
    this.#begin(current)
    await current.over
    return { state: host.state(), measured: current.measured }
  }

  /**
   * Tells every agent that all runs are over, and waits until they have gone.
   * @param lingerMs so long those are waited for that are away, or do not go
   */
  async finish(lingerMs: number): Promise<void> {
    this.#over = true
    this.#current?.broadcast('finished')
    await new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(lingerMs, resolve)
      this.#gone = () => {
        if (this.#told.size < this.#options.agents || this.#presence.lines.size > 0) return
        cancel()
        resolve()
      }
      this.#gone()
    })
  }

  /** From now on no phase opens or closes, also in the runs that follow; or they do again. */
  pause(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.#current?.apply({ type: isPaused ? 'pause' : 'resume' })
  }

  /** Gives back what is open, and resolves when all that has closed is on disk and the agents know that the server stops. */
  async stop(): Promise<void> {
    await this.#current?.stop()
    this.#current?.broadcast('stop')
    this.close()
  }

  /** Carries out nothing more, and closes every connection. */
  close(): void {
    this.#current?.drop()
    this.#current = null
    for (const line of this.#presence.lines) line.close('the server stops')
  }

  #now(): number {
    return this.#options.clock.now()
  }

  #begin(current: CurrentRun): void {
    this.#current?.drop()
    this.#current = current
    current.broadcast('next-run')
    if (this.#isPaused) current.apply({ type: 'pause' })
    for (const agent of this.#presence.agents) current.apply({ type: 'joined', agent })
    // a run that was finished when the server went down says so at its first event
    current.apply({ type: 'tick' })
    this.#begun()
  }

  #answered(effect: Extract<RunEffect, { type: 'ack' }>): void {
    for (const agent of effect.agents) {
      this.#traffic.acked(agent, effect.status, effect.reason)
      this.#refusals.answered(agent, effect.status)
      if (effect.status === 'refused')
        this.#tell({ type: 'refused', agent, name: this.#members.nameOf(agent), reason: effect.reason })
    }
  }

  /** Listens to a connection until it ends. */
  async #serve(guest: Guest): Promise<void> {
    const line = new Line(guest, this.#options.clock, this.#traffic, this.#options.agents)
    this.#presence.lines.add(line)
    const { frameBytes } = this.#options.limits
    for await (const frame of guest.frames) {
      if (!line.allowance.take()) {
        this.#sendAway(line, 'rate', 'too many messages in too short a time')
        continue
      }
      const message = decodeMessage(frame, { bytes: frameBytes, agents: this.#options.agents })
      if (message.ok) {
        this.#traffic.received(sendersOf(message.value, line), frame.length, this.#now())
        this.#hear(line, message.value)
      } else this.#sendAway(line, 'malformed', reasonOf(message.issues))
    }
    const { code } = await guest.closed
    this.#presence.lines.delete(line)
    this.#reception.forget(line)
    for (const agent of line.agents) this.#leave(line, agent, code === 'done')
    this.#gone()
  }

  #sendAway(line: Line, code: 'malformed' | 'rate' | 'unexpected', reason: string): void {
    line.fail(code, reason)
    this.#turnedAway(line, reason, '')
  }

  /** @param who the agent that it is about; '': the one of the connection, where there is one */
  #turnedAway({ peer, agents }: Line, reason: string, who: string): void {
    const [only = NaN] = agents.size === 1 ? agents : []
    const name = who || (this.#presence.of(only)?.name ?? null)
    const agent = name === null ? null : this.#members.agentOf(name)
    this.#traffic.turnedAway({ peer, reason: name === null ? reason : `${name}: ${reason}`, at: this.#now() })
    this.#tell({ type: 'turned-away', peer, name, agent, reason })
  }

  #hear(line: Line, message: SessionMessage): void {
    if (message.kind === 'update') takeUpdate(this.#work, line, message)
    else if (message.kind === 'hello') this.#reception.greet(line, message)
    else if (message.kind === 'proof') this.#reception.prove(line, message)
    else if (message.kind === 'control' && message.action === 'leave') {
      for (const agent of message.agents ?? [...line.agents]) this.#leave(line, agent, true)
    } else if (message.kind === 'control' && message.action === 'behind') remind(this.#work, line, message)
    else if (message.kind === 'failure') this.#part(line, message)
    else this.#sendAway(line, 'unexpected', `a ${message.kind} is not an agent's to send here`)
  }

  /** The agent ends its session, or all of the connection. */
  #part(line: Line, { code, reason, name }: Failure): void {
    const [first = NaN, ...others] = line.agents
    const isShared = name === '' && others.length > 0
    const who = isShared ? `one of ${this.#members.nameOf(first)} and ${others.length} more` : 'the agent'
    this.#turnedAway(line, `${who} says ${code}: ${reason}`, name)
    this.#reception.withdraw(line, name)
    const seat = this.#presence.named(name)
    const parting = name === '' ? [...line.agents] : seat?.line === line ? [seat.agent] : []
    for (const agent of parting) {
      this.#leave(line, agent, false)
      if (code === 'mismatch') this.#free(agent)
    }
    if (name === '') line.close('closed by the agent')
    else this.#reception.closeIfIdle(line, 'closed by the agent')
  }

  /** Another name may have the index of an agent that cannot take part, where it never did. */
  #free(agent: number): void {
    const name = this.#members.nameOf(agent)
    const kept = this.#members.release(agent)
    if (kept === null) return
    this.#traffic.forget(agent)
    this.#tell({ type: 'freed', agent, name })
    kept.catch((error: unknown) => this.#current?.fail(error))
  }

  /** Ends the session of an agent, and its connection where nobody else uses that. */
  #dismiss({ agent, name, line }: Seat, code: FailureCode, reason: string): void {
    line.fail(code, reason, name)
    this.#turnedAway(line, reason, name)
    this.#leave(line, agent, false)
    this.#reception.closeIfIdle(line, reason)
  }

  #joined({ agent, name, line }: Seat): void {
    this.#traffic.joined(agent, this.#now())
    this.#tell({ type: 'joined', agent, name })
    const current = this.#current
    if (current === null) return
    current.apply({ type: 'joined', agent })
    const { variant, seed } = current.host
    const told = this.#over ? 'finished' : this.#isPaused ? 'pause' : null
    if (told !== null)
      line.send({ kind: 'control', action: told, variant, seed, agents: Uint32Array.of(agent) })
  }

  #leave(line: Line, agent: number, willingly: boolean): void {
    const seat = this.#presence.of(agent)
    if (seat?.line !== line) return
    this.#presence.leave(seat)
    if (line.agents.size === 0) line.closeWhenEmpty(this.#options.limits.helloMs)
    if (this.#over && willingly) this.#told.add(agent)
    this.#traffic.left(agent, this.#now())
    this.#tell({ type: 'left', agent, name: seat.name })
    this.#current?.apply({ type: 'left', agent })
  }

  /** Cuts the session of an agent whose key is not allowed any more. */
  #revoked(name: string): void {
    const seat = this.#presence.named(name)
    if (seat !== undefined) this.#dismiss(seat, 'revoked', revokedReason(name))
  }
}
