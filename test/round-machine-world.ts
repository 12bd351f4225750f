/**
 * A world for the round machine: a server with a disk, agents that keep what `docs/protocol.md` asks them to keep, and links that lose, double
 * and reorder. Everything that can go wrong is a method; everything that must hold throws.
 */
import assert from 'node:assert/strict'
import type { Learner } from '../src/agent/learner.ts'
import { agentsOf, valueOf } from '../src/server/round-machine/agent-table.ts'
import { roundMachine } from '../src/server/round-machine.ts'
import type {
  ClosedPhase,
  PhasePosition,
  RoundCheckpoint,
  RoundEffect,
  RoundEvent,
  RoundMachine,
  RoundSettings,
  RoundState,
} from '../src/server/round-machine.ts'
import type { ServerRule } from '../src/server/rule.ts'

/** Why an Update that no honest agent sends is refused. */
const BAD = 'bad'

/** From the server to one agent. */
type Down<Task> =
  | ({ readonly type: 'task'; readonly task: Task; readonly after: number } & PhasePosition)
  | ({ readonly type: 'ack'; readonly status: string } & PhasePosition)

/** From an agent to the server. */
type Up<Update> = { readonly update: Update } & PhasePosition

/** An Update that the agent keeps until it knows what became of it. */
interface Offer<State, Update> {
  readonly update: Update
  /** what state it was worked out from, and what state it led to */
  readonly after: number
  readonly state: State
}

/** What an agent keeps. */
interface Kept<State, Update> {
  /** ordinal + 1 of its last durable Update, 0 before the first */
  base: number
  /** after that Update */
  baseState: State
  offers: Map<number, Offer<State, Update>>
}

/** What an agent keeps, what of it is on its disk, and its link. */
interface Agent<State, Task, Update> extends Kept<State, Update> {
  disk: Kept<State, Update>
  /** Updates that are not on its disk */
  unsynced: number
  /** its machine went down */
  hasLost: boolean
  /** it has asked for the last Tasks since it joined */
  hasAsked: boolean
  connected: boolean
  down: Down<Task>[]
  up: Up<Update>[]
}

/** What survives a crash of the server. */
interface Disk<State, Task> {
  readonly checkpoint: RoundCheckpoint<State, Task>
  readonly record: readonly ClosedPhase[]
}

/** One run of a rule and its learners, in which anything can happen at any time until {@link World.settle}. */
export class World<Own, Server, Task, Update> {
  readonly agents: Agent<Own, Task, Update>[]
  readonly machine: RoundMachine<Server, Task, Update>
  state: RoundState<Server, Task, Update>
  record: ClosedPhase[] = []
  now = 0
  announced: string[] = []
  disk: Disk<Server, Task> | null = null
  writing: Disk<Server, Task>[] = []
  /** every (agent, ordinal) that was acknowledged as durable */
  readonly promised = new Set<string>()
  readonly statuses: string[] = []
  /** how often an agent had lost a state that the server went on from */
  behind = 0
  /** every Task that went out, by its ordinal */
  readonly tasks = new Map<number, Task>()
  /** so many Updates of an agent may not be on its disk */
  readonly ahead: number
  readonly learners: readonly Learner<Own, Task, Update>[]
  readonly settings: RoundSettings<Task, Update>

  constructor(
    rule: ServerRule<Server, Task, Update>,
    learners: readonly Learner<Own, Task, Update>[],
    settings: RoundSettings<Task, Update>,
  ) {
    this.learners = learners
    this.settings = settings
    const { minimum = learners.length } = settings.participation
    this.ahead = minimum === learners.length ? (settings.remembered ?? 0) : 0
    this.machine = roundMachine(rule, settings)
    this.state = this.machine.start()
    this.agents = learners.map((learner) => ({
      ...nothing(learner.init()),
      disk: nothing(learner.init()),
      unsynced: 0,
      hasLost: false,
      hasAsked: false,
      connected: false,
      down: [],
      up: [],
    }))
  }

  agent(index: number): Agent<Own, Task, Update> {
    const agent = this.agents[index]
    assert(agent !== undefined)
    return agent
  }

  ordinal({ round, phase }: PhasePosition): number {
    return round * this.settings.phases + phase
  }

  /** Lets something happen at the server, and carries out what it leads to. */
  happen(event: RoundEvent<Update>): void {
    const before = this.state
    const kept = structuredClone(before)
    const { state, effects } = this.machine.apply(before, event)
    assert.deepEqual(before, kept, 'the state before an event is not changed')
    this.state = state
    for (const effect of effects) this.carryOut(effect)
    this.checkState(before)
  }

  private carryOut(effect: RoundEffect<Server, Task>): void {
    if (effect.type === 'task') {
      const ordinal = this.ordinal(effect)
      assert(
        ordinal <= this.record.length && ordinal >= this.record.length - this.ahead,
        'the Task is due, or was',
      )
      const task = this.tasks.get(ordinal) ?? structuredClone(effect.task)
      assert.deepEqual(effect.task, task, 'a Task is the same whenever it is sent')
      this.tasks.set(ordinal, task)
      const settled = this.disk?.checkpoint.closed ?? 0
      const { minimum = this.agents.length } = this.settings.participation
      const everybody = minimum === this.agents.length
      if (!everybody)
        assert.equal(settled, this.record.length, 'a Task goes out once what it rests on is on disk')
      effect.agents.forEach((index, i) =>
        this.send(index, { ...effect, type: 'task', after: effect.after[i] as number }),
      )
    } else if (effect.type === 'ack') {
      for (const index of effect.agents) this.acknowledge(index, effect)
    } else if (effect.type === 'closed') this.checkClosed(effect.phase)
    else if (effect.type === 'checkpoint') {
      this.writing.push({ checkpoint: structuredClone(effect.checkpoint), record: this.record.slice() })
    } else if (effect.type === 'announce') this.announced.push(effect.what)
  }

  private acknowledge(index: number, ack: Extract<RoundEffect<Server, Task>, { type: 'ack' }>): void {
    if (ack.status === 'durable') {
      assert(
        holds(this.disk?.record ?? [], index, this.ordinal(ack), this.settings.phases),
        'durable is on disk',
      )
      this.promised.add(`${index}:${this.ordinal(ack)}`)
    }
    // of a bad Update, whose sender does not care
    if (ack.reason === BAD) return
    this.statuses.push(ack.status)
    this.send(index, { type: 'ack', status: ack.status, round: ack.round, phase: ack.phase })
  }

  private send(index: number, message: Down<Task>): void {
    const agent = this.agent(index)
    if (agent.connected) agent.down.push(message)
  }

  private checkClosed(phase: ClosedPhase): void {
    assert.equal(this.ordinal(phase), this.record.length, 'phases close once each, in order')
    assert(phase.agents.length >= (this.settings.participation.minimum ?? this.agents.length))
    assert.deepEqual(
      phase.agents,
      [...new Set(phase.agents)].toSorted((a, b) => a - b),
      'each agent once',
    )
    assert(phase.late.every((agent) => phase.agents.includes(agent)))
    const before = this.record.at(-1)
    if (phase.phase > 0) assert(phase.agents.every((agent) => before?.agents.includes(agent)))
    this.record.push(phase)
  }

  private checkState(before: RoundState<Server, Task, Update>): void {
    const { state } = this
    assert(state.closed >= before.closed && state.durable >= before.durable, 'the state never goes back')
    assert.equal(state.closed, this.record.length)
    assert.equal(state.unsettled.length, state.closed - state.durable)
    const owing = agentsOf(state.present).filter(
      (agent) =>
        valueOf(state.answers, agent) === undefined &&
        valueOf(state.refused, agent) === undefined &&
        (state.closed % this.settings.phases === 0 || state.folded[agent] === state.closed - 1),
    )
    assert.equal(state.missing, owing.length, 'who is missing is counted right')
    for (const agent of agentsOf(state.refused))
      assert(valueOf(state.answers, agent) === undefined, 'who has answered is not refused')
    assert.deepEqual(
      agentsOf(state.held).filter((agent) => valueOf(state.answers, agent) !== undefined),
      [],
    )
  }

  connect(index: number): void {
    const agent = this.agent(index)
    Object.assign(agent, { connected: true, hasAsked: false })
    const due = this.state.closed
    for (const [ordinal, { update }] of [...agent.offers].toSorted(([one], [other]) => one - other))
      if (ordinal <= due) this.offer(agent, ordinal, update)
    this.happen({ type: 'joined', agent: index, now: this.now })
  }

  disconnect(index: number): void {
    Object.assign(this.agent(index), { connected: false, up: [], down: [] })
    this.happen({ type: 'left', agent: index, now: this.now })
  }

  /** All that the agent keeps is on its disk. */
  sync(index: number): void {
    const agent = this.agent(index)
    agent.disk = { base: agent.base, baseState: agent.baseState, offers: new Map(agent.offers) }
    agent.unsynced = 0
  }

  /** The machine of the agent goes down: what is not on its disk is lost. */
  lose(index: number): void {
    const agent = this.agent(index)
    if (agent.connected) this.disconnect(index)
    Object.assign(agent, { ...agent.disk, offers: new Map(agent.disk.offers), unsynced: 0, hasLost: true })
  }

  private offer(agent: Agent<Own, Task, Update>, ordinal: number, update: Update): void {
    const { phases } = this.settings
    agent.up.push({ update, round: Math.floor(ordinal / phases), phase: ordinal % phases })
  }

  /** The server reads one message of this link; it stays on the link where it is doubled. */
  deliverUp(index: number, pick: number, doubled: boolean): void {
    const { up } = this.agent(index)
    const at = pick % up.length
    const message = up[at] as Up<Update>
    if (!doubled) up.splice(at, 1)
    this.happen({ type: 'update', agent: index, now: this.now, ...message })
  }

  /** The agent reads one message of this link. */
  deliverDown(index: number, pick: number, doubled: boolean): void {
    const agent = this.agent(index)
    const at = pick % agent.down.length
    const message = agent.down[at] as Down<Task>
    if (!doubled) agent.down.splice(at, 1)
    const ordinal = this.ordinal(message)
    if (message.type === 'task') this.work(index, ordinal, message.task, message.after)
    else if (message.status === 'durable') settle(agent, ordinal)
    else if (message.status === 'late' || message.status === 'refused') agent.offers.delete(ordinal)
  }

  private work(index: number, ordinal: number, task: Task, after: number): void {
    const agent = this.agent(index)
    // an old copy: the phase has closed since
    if (after < agent.base) return
    const known = agent.offers.get(ordinal)
    if (known === undefined) {
      const from = after === agent.base ? agent.baseState : agent.offers.get(after - 1)?.state
      if (from === undefined) return this.fallBehind(index)
      const { state, update } = (this.learners[index] as Learner<Own, Task, Update>).apply(from, task)
      agent.offers.set(ordinal, { state, update, after })
      if (++agent.unsynced > this.ahead) this.sync(index)
    } else assert.equal(known.after, after, 'a Task is the same whenever it is sent')
    this.offer(agent, ordinal, (agent.offers.get(ordinal) as Offer<Own, Update>).update)
  }

  /** The agent does not have the state that it is asked to work from. Over links that keep their order it asks once. */
  private fallBehind(index: number): void {
    const agent = this.agent(index)
    assert(agent.hasLost && this.ahead > 0, 'an agent has the state that it is asked to work from')
    if (agent.hasAsked) return
    agent.hasAsked = true
    this.behind++
    this.happen({ type: 'behind', agents: [index], now: this.now })
  }

  /** An agent sends something else than its Update for the phase that is due, or for one so many before it. */
  sendBad(index: number, before: number): void {
    const { phases } = this.settings
    const ordinal = Math.max(0, this.state.closed - before)
    const { closed, answers, refused } = this.state
    const position = { round: Math.floor(ordinal / phases), phase: ordinal % phases }
    this.happen({ type: 'refused', agent: index, reason: BAD, now: this.now, ...position })
    if (this.state.closed !== closed) return
    assert.deepEqual(this.state.answers, answers, 'a bad Update is no answer')
    if (ordinal < closed)
      assert.deepEqual(this.state.refused, refused, 'and of a closed phase, it is nothing')
  }

  /** A checkpoint is on disk, and those before it: the oldest of those being written, or the newest. */
  written(newest: boolean): void {
    const count = newest ? this.writing.length : 1
    this.disk = this.writing[count - 1] ?? this.disk
    this.writing.splice(0, count)
    this.happen({ type: 'durable', closed: this.disk?.checkpoint.closed ?? 0, now: this.now })
  }

  /** `kill -9`, and a start from what is on disk. */
  crash(): void {
    this.writing = []
    this.announced = []
    this.record = [...(this.disk?.record ?? [])]
    this.state = this.disk === null ? this.machine.start() : this.machine.restore(this.disk.checkpoint)
    for (const agent of this.agents) Object.assign(agent, { connected: false, up: [], down: [] })
    this.checkPromises()
  }

  /** What was acknowledged as durable is in the record for good. */
  checkPromises(): void {
    for (const promise of this.promised) {
      const [index, ordinal] = promise.split(':').map(Number)
      assert(
        holds(this.record, index as number, ordinal as number, this.settings.phases),
        `${promise} was promised`,
      )
    }
  }

  /** From here on nothing goes wrong: the run ends. */
  settle(): void {
    this.happen({ type: 'resume', now: this.now })
    // an agent whose Update was refused has another chance when it joins again
    for (const index of agentsOf(this.state.refused)) if (this.agent(index).connected) this.disconnect(index)
    // what was reordered on the way to an agent that has lost states may have been of no use to it
    for (const [index, agent] of this.agents.entries())
      if (agent.hasLost && agent.connected) this.disconnect(index)
    this.agents.forEach((agent, index) => agent.connected || this.connect(index))
    for (let quiet = 0; quiet < 3;) {
      const moved = this.agents.some((agent, index) => {
        if (agent.down.length > 0) this.deliverDown(index, 0, false)
        else if (agent.up.length > 0) this.deliverUp(index, 0, false)
        else return false
        return true
      })
      if (moved) continue
      if (this.writing.length > 0) this.written(false)
      else {
        quiet++
        this.now += 10_000
        this.happen({ type: 'tick', now: this.now })
      }
    }
    this.checkPromises()
  }
}

const nothing = <State>(baseState: State): Kept<State, never> => ({ base: 0, baseState, offers: new Map() })

/** Nothing up to this Update is needed any more but the state after it. */
function settle<Own, Task, Update>(agent: Agent<Own, Task, Update>, ordinal: number): void {
  if (ordinal < agent.base) return
  const offer = agent.offers.get(ordinal)
  assert(offer !== undefined || agent.hasLost, 'an agent keeps an Update until it is durable')
  if (offer === undefined) return
  agent.baseState = offer.state
  agent.base = ordinal + 1
  for (const settled of agent.offers.keys()) if (settled <= ordinal) agent.offers.delete(settled)
}

/** Whether the record says that this Update of the agent was folded, in its own phase or late in the round after. */
function holds(record: readonly ClosedPhase[], agent: number, ordinal: number, phases: number): boolean {
  const own = record[ordinal]
  return (
    (own?.agents.includes(agent) === true && !own.late.includes(agent)) ||
    record[ordinal + phases]?.late.includes(agent) === true
  )
}
