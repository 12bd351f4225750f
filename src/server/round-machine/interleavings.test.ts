/** The round machine under random interleavings of everything that can happen, held against what must hold always. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { World } from '../../../test/round-machine-world.ts'
import type { Learner } from '../../agent/learner.ts'
import { localCohort } from '../../federation/cohort/local.ts'
import { federate } from '../../federation/loop.ts'
import { ACK_STATUSES } from '../../protocol/session-messages.ts'
import type { ServerRule } from '../rule.ts'
import type { Participation } from './participation.ts'
import { replay } from './replay.ts'

/** Numbers that betray every change of order, membership or agent state. */
interface Sum {
  readonly round: number
  readonly phase: number
  readonly value: number
}
interface Answer extends Sum {
  readonly agent: number
}

const mix = (...values: readonly number[]): number =>
  values.reduce((hash, value) => Math.imul(hash ^ value, 0x9e3779b1) >>> 0, 7)

const ruleOf = (rounds: number, phases: number): ServerRule<Sum, Sum, Answer> => ({
  init: () => ({ round: 0, phase: 0, value: 1 }),
  task: (state) => (state.round < rounds ? state : null),
  fold({ round, phase, value }, updates) {
    const last = phase === phases - 1
    return {
      round: last ? round + 1 : round,
      phase: last ? 0 : phase + 1,
      value: mix(value, ...updates.flatMap((update) => [update.round, update.agent, update.value])),
    }
  },
})

const learnerOf = (agent: number): Learner<number, Sum, Answer> => ({
  init: () => agent,
  apply: (state, { round, phase, value }) => ({
    state: mix(state, value),
    update: { agent, round, phase, value: mix(state, value, agent) },
  }),
})

/** Late Updates of every third value cannot be folded. */
const rebase = (update: Answer, from: Sum, to: Sum): Answer | null =>
  update.value % 3 === 0
    ? null
    : { ...update, round: to.round, value: mix(update.value, from.value, to.value) }

type Small = World<number, Sum, Sum, Answer>
type Op = fc.Command<object, Small>

const op = (name: string, can: (world: Small) => boolean, run: (world: Small) => void): Op => ({
  check: () => true,
  run: (_, world) => {
    if (can(world)) run(world)
  },
  toString: () => name,
})

/** Everything that can happen. */
const opsOf = (agents: number): fc.Arbitrary<Op> => {
  const agent = fc.nat(agents - 1)
  const deliver = fc.record({ agent, pick: fc.nat(9), doubled: fc.integer({ min: 0, max: 5 }) })
  const up = deliver.map(({ agent, pick, doubled }) =>
    op(
      `up(${agent}, ${pick}, ${doubled === 0})`,
      (world) => world.agent(agent).up.length > 0,
      (world) => world.deliverUp(agent, pick, doubled === 0),
    ),
  )
  const down = deliver.map(({ agent, pick, doubled }) =>
    op(
      `down(${agent}, ${pick}, ${doubled === 0})`,
      (world) => world.agent(agent).down.length > 0,
      (world) => world.deliverDown(agent, pick, doubled === 0),
    ),
  )
  const connect = agent.map((agent) =>
    op(
      `connect(${agent})`,
      (world) => !world.agent(agent).connected,
      (world) => world.connect(agent),
    ),
  )
  const disconnect = agent.map((agent) =>
    op(
      `disconnect(${agent})`,
      (world) => world.agent(agent).connected,
      (world) => world.disconnect(agent),
    ),
  )
  const machine = fc.record({ agent, lost: fc.nat(1) }).map(({ agent, lost }) =>
    op(
      lost === 0 ? `lose(${agent})` : `sync(${agent})`,
      () => true,
      (world) => (lost === 0 ? world.lose(agent) : world.sync(agent)),
    ),
  )
  const bad = fc.record({ agent, before: fc.nat(2) }).map(({ agent, before }) =>
    op(
      `bad(${agent}, ${before})`,
      (world) => world.agent(agent).connected,
      (world) => world.sendBad(agent, before),
    ),
  )
  const written = fc.boolean().map((newest) =>
    op(
      `written(${newest})`,
      (world) => world.writing.length > 0,
      (world) => world.written(newest),
    ),
  )
  const crash = fc.constant(
    op(
      'crash',
      () => true,
      (world) => world.crash(),
    ),
  )
  const plain = fc.constantFrom('tick', 'tick', 'resume', 'resume', 'pause').map((type) =>
    op(
      type,
      () => true,
      (world) => {
        world.now += 700
        world.happen({ type, now: world.now })
      },
    ),
  )
  return fc.oneof(
    { arbitrary: up, weight: 30 },
    { arbitrary: down, weight: 40 },
    { arbitrary: connect, weight: 12 },
    { arbitrary: disconnect, weight: 3 },
    { arbitrary: machine, weight: 12 },
    { arbitrary: bad, weight: 2 },
    { arbitrary: written, weight: 20 },
    { arbitrary: plain, weight: 6 },
    { arbitrary: crash, weight: 1 },
  )
}

const participations = (agents: number): fc.Arbitrary<Participation> =>
  fc
    .record({
      minimum: fc.integer({ min: 1, max: agents }),
      target: fc.option(fc.integer({ min: 1, max: agents })),
      fraction: fc.constantFrom(0.5, 1),
      deadlineSeconds: fc.constantFrom(null, 1),
      late: fc.constantFrom('drop' as const, 'foldNextRound' as const),
    })
    .map((given) => ({
      ...given,
      target: given.target === null ? null : Math.max(given.target, given.minimum),
    }))

const AGENTS = 4
const everybody = { minimum: AGENTS, target: null, fraction: 1, deadlineSeconds: null, late: 'drop' } as const

/** Runs the operations, then lets the run come to its end. */
function runOf(
  rounds: number,
  phases: number,
  participation: Participation,
  ops: Iterable<Op>,
  remembered = 0,
): Small {
  const learners = Array.from({ length: AGENTS }, (_, agent) => learnerOf(agent))
  const settings = { agents: AGENTS, phases, participation, rebase, remembered }
  const world = new World(ruleOf(rounds, phases), learners, settings)
  fc.modelRun(() => ({ model: {}, real: world }), ops)
  world.settle()
  return world
}

/** The Updates of agents that are simulated anew, each from its own first state. */
function simulated() {
  const states = Array.from({ length: AGENTS }, (_, agent) => learnerOf(agent).init())
  return (task: Sum, agents: readonly number[]): Promise<Answer[]> =>
    Promise.resolve(
      agents.map((agent) => {
        const { state, update } = learnerOf(agent).apply(states[agent] as number, task)
        states[agent] = state
        return update
      }),
    )
}

const commands = fc.commands([opsOf(AGENTS)], { maxCommands: 120, size: 'max' })

describe('whatever happens in whatever order', () => {
  it('every invariant holds, the run ends, and a replay of its record gives the same state', async () => {
    let late = 0
    const statuses = new Set<string>()
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        participations(AGENTS),
        commands,
        async (rounds, phases, participation, ops) => {
          const world = runOf(rounds, phases, participation, ops)
          expect(world.announced).toContain('finished')
          expect(world.record).toHaveLength(rounds * phases)
          for (const status of world.statuses) statuses.add(status)
          late += world.record.filter((phase) => phase.late.length > 0).length
          const again = await replay(ruleOf(rounds, phases), world.record, { updatesOf: simulated(), rebase })
          expect(again).toEqual(world.state.rule)
        },
      ),
      { seed: 1, numRuns: 1000 },
    )
    // the operations reach what they are there for, and agents that keep to the rules are never refused
    expect(late).toBeGreaterThan(20)
    expect(statuses).toEqual(new Set(ACK_STATUSES.filter((status) => status !== 'refused')))
  })

  it('where everybody has to take part, the result is that of the simulation, though machines of agents go down', async () => {
    let behind = 0
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 0, max: 4 }),
        commands,
        async (rounds, phases, remembered, ops) => {
          const learners = Array.from({ length: AGENTS }, (_, agent) => learnerOf(agent))
          const world = runOf(rounds, phases, everybody, ops, remembered)
          behind += world.behind
          expect(world.state.rule).toEqual(await federate(ruleOf(rounds, phases), localCohort(learners)))
        },
      ),
      { seed: 2, numRuns: 1500 },
    )
    expect(behind).toBeGreaterThan(10)
  })
})
