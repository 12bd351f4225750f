/** The memory of a run: where everything lies, and how it is filled before the first round. */
import type { KernelProblem, Member } from '../../kernel.ts'
import { initialTable } from '../../numeric/initial-table.ts'
import { NOBODY, Purpose, streamOf } from '../../numeric/stream.ts'
import { startLaw } from '../../mdp/policy.ts'
import type { PolicySet } from '../../mdp/policy.ts'
import { single } from '../single.ts'
import { arena } from './arena.ts'
import type { KernelInstance, SettingName } from './exports.ts'
import type { Layout } from './layout.ts'
import { actionColumns, outcomeColumns, startColumns } from './samplers.ts'

/** Bytes of what a step leaves from loop to loop: 5 numbers for each of 64 agents. */
const WORKSPACE = 5 * 4 * 64

/** Something to be copied into memory before the run. */
interface Filling {
  readonly at: number
  readonly data: Uint32Array | Float64Array | Uint8Array
}

/** Addresses and sizes, known before anything is allocated. */
export interface Plan {
  readonly settings: Readonly<Record<SettingName, number>>
  /** Q* [S * A] of each lane, NaN where a pair does not count; `truthBytes` a member */
  readonly truth: number
  readonly truthBytes: number
  readonly fillings: readonly Filling[]
  /** [members] rewards [S * A] for the records, where they stand there */
  readonly pairRewards: readonly (Float64Array | null)[]
  /** bytes of everything but the powers, which begin there */
  readonly bytes: number
}

/** Plans the memory of a run. */
export function planMemory(problem: KernelProblem, layout: Layout): Plan {
  const { states, actions, agents, members } = problem
  const { lanes, entries, blockAgents, blockSteps } = layout
  const { reserve, size } = arena()
  const fillings: Filling[] = []
  const place = (data: Filling['data']): number => {
    const at = reserve(data.byteLength)
    fillings.push({ at, data })
    return at
  }
  const all = agents * members.length
  const perAgent = Object.fromEntries(
    (
      ['streamX', 'streamY', 'states', 'actionTables', 'outcomeTables', 'startTables', 'reported'] as const
    ).map((name) => [name, reserve(4 * all)]),
  ) as Record<
    'streamX' | 'streamY' | 'states' | 'actionTables' | 'outcomeTables' | 'startTables' | 'reported',
    number
  >
  const startStreams = reserve(8 * all)
  const block = {
    workspace: reserve(WORKSPACE),
    trajectory: reserve(8 * blockAgents * blockSteps),
    rewardOfStep: layout.rewardsByStep ? reserve(8 * blockAgents * blockSteps) : 0,
  }
  const tableBytes = Math.ceil((8 * lanes * (entries + actions)) / 64) * 64
  const recordBytes = layout.stride * entries
  const tables = {
    tableBytes,
    recordBytes,
    table: reserve(tableBytes * members.length * (layout.alone ? agents : 1)),
    records: reserve(recordBytes * members.length),
    touched: reserve(4 * (entries + 1)),
    folded: reserve(4 * (entries + 1)),
    coefficients: reserve(24 * lanes),
    values: reserve(8 * lanes * states),
    distances: reserve(16),
    terminal: place(problem.terminal ?? new Uint8Array(states)),
  }
  const truthBytes = 8 * lanes * entries
  const truth = reserve(truthBytes * members.length)
  const sampling = placeOutcomes(layout, place)
  const behaviors = new Map<PolicySet, ReturnType<typeof placeBehaviors>>()
  members.forEach((member, m) => {
    const { experience } = member
    if (experience.kind === 'walk' && !behaviors.has(experience.behaviors))
      behaviors.set(
        experience.behaviors,
        placeBehaviors(experience.behaviors, experience.mdp.initial, actions, layout.columns < 16, place),
      )
    if (experience.kind === 'replay') return
    fillings.push(
      ...agentFillings(
        member,
        m * agents,
        agents,
        perAgent,
        startStreams,
        sampling.base[layout.mdps.indexOf(experience.mdp)] as number,
        experience.kind === 'walk' ? behaviors.get(experience.behaviors) : undefined,
      ),
    )
  })
  return {
    settings: {
      actions,
      agents,
      members: members.length,
      stateCount: states,
      zeroRow: entries,
      lanes,
      blockAgents,
      narrowCounts: Number(layout.narrowCounts),
      columnBytes: layout.columns,
      rewardsByStep: Number(layout.rewardsByStep),
      actionBits: [...behaviors.values()][0]?.bits ?? 1,
      ...perAgent,
      startStreams,
      ...block,
      ...tables,
      ...sampling.settings,
      touchedSize: 0,
      lastPower: 0,
      power: size(),
    },
    truth,
    truthBytes,
    fillings,
    pairRewards: members.map(({ experience }) =>
      experience.kind === 'replay' || layout.rewardsByStep
        ? null
        : (sampling.pairRewards[layout.mdps.indexOf(experience.mdp)] as Float64Array),
    ),
    bytes: size(),
  }
}

type Place = (data: Filling['data']) => number

/** The outcome columns of every Mdp, one behind the other, and beside them their rewards. */
function placeOutcomes(layout: Layout, place: Place) {
  const all = layout.mdps.map((mdp) => outcomeColumns(mdp, layout.columns, layout.rewardsByStep))
  const base = all.map(({ columns }) => place(columns))
  const outcomes = base[0] ?? 0
  // Reward columns keep the distances of the outcome columns, so that one address gives the other.
  const factor = 16 / layout.columns
  const last = all.at(-1)
  const span =
    last === undefined ? 0 : factor * ((base.at(-1) as number) - outcomes) + 8 * (last.rewards?.length ?? 0)
  const rewards = new Float64Array(layout.rewardsByStep ? span / 8 : 0)
  all.forEach(
    (one, i) =>
      one.rewards !== null && rewards.set(one.rewards, (factor * ((base[i] as number) - outcomes)) / 8),
  )
  return {
    base,
    pairRewards: all.map((one) => one.pairRewards),
    settings: {
      outcomes,
      outcomeBits: all[0]?.bits ?? 1,
      rewards: place(rewards),
      outcomeRows: place(all[0]?.rows ?? new Uint32Array(0)),
    },
  }
}

/** The action columns of every distinct policy, and the samplers of every distinct start law. */
function placeBehaviors(
  behaviors: PolicySet,
  initial: Float64Array,
  actions: number,
  narrow: boolean,
  place: Place,
) {
  const tables = behaviors.tables.map((policy) => actionColumns(policy, actions, narrow))
  const laws = new Map<Float64Array, number>()
  const starts = behaviors.tables.map((_, table) => {
    const law = startLaw(behaviors, table, initial)
    const at = laws.get(law) ?? place(startColumns(law))
    laws.set(law, at)
    return at
  })
  return {
    of: behaviors.of,
    bits: tables[0]?.bits ?? 1,
    actions: tables.map(({ columns }) => place(columns)),
    starts,
  }
}

/** Streams and addresses of the agents of one member. */
function agentFillings(
  { seed }: Member,
  first: number,
  agents: number,
  at: Record<'streamX' | 'streamY' | 'actionTables' | 'outcomeTables' | 'startTables', number>,
  startStreams: number,
  outcomes: number,
  behaviors: ReturnType<typeof placeBehaviors> | undefined,
): Filling[] {
  const [x, y, actions, starts] = [
    new Uint32Array(agents),
    new Uint32Array(agents),
    new Uint32Array(agents),
    new Uint32Array(agents),
  ]
  const startWords = new Uint32Array(2 * agents)
  for (let agent = 0; agent < agents; agent++) {
    const walk = streamOf(seed, agent, Purpose.walk)
    x[agent] = walk[0] as number
    y[agent] = walk[1] as number
    startWords.set(streamOf(seed, agent, Purpose.start), 2 * agent)
    const policy = behaviors?.of[agent] ?? 0
    actions[agent] = behaviors?.actions[policy] ?? 0
    starts[agent] = behaviors?.starts[policy] ?? 0
  }
  const offset = 4 * first
  return [
    { at: at.streamX + offset, data: x },
    { at: at.streamY + offset, data: y },
    { at: at.actionTables + offset, data: actions },
    { at: at.outcomeTables + offset, data: new Uint32Array(agents).fill(outcomes) },
    { at: at.startTables + offset, data: starts },
    { at: startStreams + 2 * offset, data: startWords },
  ]
}

/** Copies what was planned, draws the start states and the initial tables. */
export function fillMemory(
  instance: KernelInstance,
  problem: KernelProblem,
  layout: Layout,
  plan: Plan,
): void {
  const { buffer } = instance.memory
  for (const { at, data } of plan.fillings)
    new Uint8Array(buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
  const states = new Uint32Array(buffer, plan.settings.states, problem.agents * problem.members.length)
  if (layout.kind === 'walk') states.forEach((_, agent) => (states[agent] = instance.restart(agent)))
  const numbers = new Float64Array(buffer)
  problem.members.forEach((member, m) => {
    fillRewards(numbers, plan, layout, m)
    problem.lanes.forEach((lane, l) => {
      const settings = single(problem, member, lane)
      member.truth?.[l]?.forEach(
        (value, entry) =>
          (numbers[(plan.truth + m * plan.truthBytes) / 8 + entry * layout.lanes + l] = value),
      )
      if (layout.alone) {
        for (let agent = 0; agent < problem.agents; agent++)
          numbers.set(
            initialTable(settings, agent),
            (plan.settings.table + (m * problem.agents + agent) * plan.settings.tableBytes) / 8,
          )
      } else writeTable(numbers, plan, layout, m, l, initialTable(settings, NOBODY))
    })
  })
}

function fillRewards(
  numbers: Float64Array,
  { settings, pairRewards }: Plan,
  { lanes, stride, entries }: Layout,
  member: number,
): void {
  const at = (settings.records + member * stride * entries) / 8 + 3 * lanes
  pairRewards[member]?.forEach((reward, pair) => (numbers[at + (pair * stride) / 8] = reward))
}

/** Writes a table of one lane: the entries and the common values in the records. */
export function writeTable(
  numbers: Float64Array,
  { settings }: Plan,
  { lanes, stride, entries }: Layout,
  member: number,
  lane: number,
  table: Float64Array,
): void {
  const at = (settings.table + member * settings.tableBytes) / 8 + lane
  const base = (settings.records + member * stride * entries) / 8 + lane
  for (let entry = 0; entry < entries; entry++) {
    numbers[at + entry * lanes] = table[entry] as number
    numbers[base + (entry * stride) / 8] = table[entry] as number
  }
}
