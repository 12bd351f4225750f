/** The kernel as compiled code: plans its memory, fills it, and calls it. Tables are those of src/kernel/plain.ts, bit for bit. */
import type { KernelProblem, KernelRun, Member } from '../kernel.ts'
import { powers } from '../numeric/fold.ts'
import { initialTable } from '../numeric/initial-table.ts'
import { MOST_BYTES } from './compiled/arena.ts'
import type { KernelInstance } from './compiled/exports.ts'
import { layoutOf, shareable } from './compiled/layout.ts'
import type { Layout } from './compiled/layout.ts'
import { configure, instantiate } from './compiled/load.ts'
import { fillMemory, planMemory } from './compiled/memory.ts'
import type { Plan } from './compiled/memory.ts'
import { single } from './single.ts'
import { replayWalker } from './walk.ts'
import type { Walker } from './walk.ts'

/** A problem is beyond the memory of the compiled kernel. */
export class TooLarge extends RangeError {
  override readonly name = 'TooLarge'
  /** @param bytes what it would take */
  constructor(bytes: number) {
    super(`compiled kernel: expected at most ${MOST_BYTES} bytes, got ${bytes}`)
  }
}

/**
 * Starts runs.
 * @throws TooLarge when they do not fit into the 4 GiB that the compiled kernel can address
 */
export async function startCompiled(problem: KernelProblem): Promise<KernelRun> {
  const layout = layoutOf(problem)
  if (shareable(problem, layout)) return engine(problem, layout)
  const parts = await Promise.all(
    problem.members.map((member) => startCompiled({ ...problem, members: [member] })),
  )
  return {
    advance: (...call) => parts.forEach((part) => part.advance(...call)),
    table: (member, lane) => (parts[member] as KernelRun).table(0, lane),
    distance: (member, lane) => (parts[member] as KernelRun).distance(0, lane),
    reported: (member) => (parts[member] as KernelRun).reported(0),
  }
}

async function engine(problem: KernelProblem, layout: Layout): Promise<KernelRun> {
  const plan = planMemory(problem, layout)
  if (plan.bytes > MOST_BYTES) throw new TooLarge(plan.bytes)
  const instance = await instantiate(plan.bytes)
  configure(instance, plan.settings)
  fillMemory(instance, problem, layout, plan)
  const stages = stagesOf(instance, problem, layout, plan)
  let own = problem.initial === 'perAgent' && !layout.alone
  let due: readonly number[] = []
  let longest = 0
  return {
    advance(rounds, steps, stepSizes) {
      if (steps > longest || stepSizes.some((stepSize, lane) => stepSize !== due[lane])) {
        setStepSizes(instance, problem, plan, steps, stepSizes)
        due = [...stepSizes]
        longest = steps
      }
      const whole = layout.kind === 'walk' && !layout.alone && steps <= layout.blockSteps
      for (let left = rounds; left > 0; own = false) {
        if (whole && !own) {
          instance.advance(left, steps)
          return
        }
        stages.round(steps, own)
        left--
      }
    },
    table: (member, lane) => readTables(instance, problem, layout, plan, member, lane),
    distance(member, lane) {
      if (problem.members[member]?.truth?.[lane] === undefined) return NaN
      return stages.distance(member, lane)
    },
    reported: (member) =>
      new Uint32Array(
        instance.memory.buffer,
        plan.settings.reported,
        problem.agents * problem.members.length,
      ).slice(member * problem.agents, (member + 1) * problem.agents),
  }
}

/** Writes the coefficients of the update and the powers of the fold; the powers come last in memory, which grows for them. */
function setStepSizes(
  instance: KernelInstance,
  problem: KernelProblem,
  plan: Plan,
  steps: number,
  stepSizes: readonly number[],
): void {
  const lanes = problem.lanes.length
  const tables = problem.lanes.map(({ averaging }, lane) =>
    powers(averaging === 'importance' ? 1 - (stepSizes[lane] as number) : 1, steps),
  )
  const length = Math.max(...tables.map((table) => table.length))
  const missing = plan.bytes + 8 * lanes * length - instance.memory.buffer.byteLength
  if (missing > 0) instance.memory.grow(Math.ceil(missing / 65536))
  const numbers = new Float64Array(instance.memory.buffer)
  problem.lanes.forEach(({ discount }, lane) => {
    const stepSize = stepSizes[lane] as number
    const coefficients = [1 - stepSize, stepSize, stepSize * discount]
    coefficients.forEach((value, i) => (numbers[plan.settings.coefficients / 8 + i * lanes + lane] = value))
    const table = tables[lane] as Float64Array
    for (let j = 0; j < length; j++)
      numbers[plan.bytes / 8 + j * lanes + lane] = table[Math.min(j, table.length - 1)] as number
  })
  instance.lastPower.value = length - 1
}

/** Rounds carried out stage by stage: replays, rounds longer than a block, first rounds with tables of one's own, and FedSynQ. */
function stagesOf(instance: KernelInstance, problem: KernelProblem, layout: Layout, plan: Plan) {
  const { agents, members, lanes } = problem
  const { entries, blockSteps } = layout
  const walkers = members.map(({ experience }) =>
    experience.kind === 'replay' ? replayWalker(experience.logs, problem.states, problem.actions) : null,
  )

  const gather = (member: number, agent: number, steps: number): void => {
    const walker = walkers[member]
    if (walker) copySteps(instance, plan, walker, agent, steps)
    else instance.walkBlock(member * agents + agent, 1, steps)
  }

  const drawOwn = (member: number, agent: number): void => {
    const numbers = new Float64Array(instance.memory.buffer)
    lanes.forEach((lane, l) => {
      const table = initialTable(single(problem, members[member] as Member, lane), agent)
      const at = (plan.settings.table + member * plan.settings.tableBytes) / 8 + l
      for (let entry = 0; entry < entries; entry++) {
        numbers[at + entry * lanes.length] = table[entry] as number
      }
    })
  }

  const learn = (member: number, agent: number, steps: number): void => {
    if (layout.kind === 'generative') return instance.sweepAgent(member, member * agents + agent, steps)
    for (let done = 0; done < steps; done += blockSteps) {
      const part = Math.min(blockSteps, steps - done)
      gather(member, agent, part)
      if (layout.alone)
        instance.learnAlone(
          member,
          plan.settings.table + (member * agents + agent) * plan.settings.tableBytes,
          0,
          1,
          part,
        )
      else instance.learn(member, 0, 1, part)
    }
  }

  const touchAll = (): void => {
    const touched = new Uint32Array(instance.memory.buffer, plan.settings.touched, entries)
    for (let entry = 0; entry < entries; entry++) touched[entry] = entry
    instance.touchedSize.value = entries
  }

  return {
    round(steps: number, own: boolean): void {
      for (let member = 0; member < members.length; member++) {
        for (let agent = 0; agent < agents; agent++) {
          if (own) drawOwn(member, agent)
          learn(member, agent, steps)
          if (layout.alone) continue
          if (own || layout.kind === 'generative') touchAll()
          instance.foldAgent(member, member * agents + agent)
        }
        if (!layout.alone) instance.finishMember(member)
      }
    },
    distance(member: number, lane: number): number {
      const tables = layout.alone ? agents : 1
      let sum = 0
      for (let i = 0; i < tables; i++) {
        instance.measure(
          plan.settings.table + (member * tables + i) * plan.settings.tableBytes,
          plan.truth + member * plan.truthBytes,
          entries,
        )
        sum += new Float64Array(instance.memory.buffer, plan.settings.distances, 2)[lane] as number
      }
      return sum / tables
    },
  }
}

/** Copies replayed steps of one agent into the block. */
function copySteps(instance: KernelInstance, plan: Plan, walker: Walker, agent: number, steps: number): void {
  const block = {
    pair: new Uint32Array(steps),
    row: new Uint32Array(steps),
    reward: new Float64Array(instance.memory.buffer, plan.settings.rewardOfStep, steps),
  }
  walker.walk(agent, 1, steps, block)
  const trajectory = new Uint32Array(instance.memory.buffer, plan.settings.trajectory, 2 * steps)
  for (let t = 0; t < steps; t++) {
    trajectory[2 * t] = block.pair[t] as number
    trajectory[2 * t + 1] = block.row[t] as number
  }
}

/** A copy of the table of one lane, or of all tables of independent learners. */
function readTables(
  instance: KernelInstance,
  problem: KernelProblem,
  { entries, alone }: Layout,
  { settings }: Plan,
  member: number,
  lane: number,
): Float64Array {
  const numbers = new Float64Array(instance.memory.buffer)
  const count = alone ? problem.agents : 1
  const lanes = problem.lanes.length
  const tables = new Float64Array(count * entries)
  for (let i = 0; i < count; i++) {
    const at = (settings.table + (member * count + i) * settings.tableBytes) / 8 + lane
    if (lanes === 1) tables.set(numbers.subarray(at, at + entries), i * entries)
    else
      for (let entry = 0; entry < entries; entry++)
        tables[i * entries + entry] = numbers[at + entry * lanes] as number
  }
  return tables
}
