/**
 * The agent of federated asynchronous Q-learning (FedAsynQ): tau steps along its own trajectory, then the changes.
 * Woo, Joshi, Chi 2025, Algorithm 2, eq. (15), (23).
 */
import { initialTable } from '../../numeric/initial-table.ts'
import { qStep, rowMax } from '../../numeric/q-update.ts'
import { stepSizeAt } from '../../numeric/step-size.ts'
import type { QContract } from '../../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../../protocol/q-messages.ts'
import { gatherInChunks } from '../experience.ts'
import type { Experience, Trajectory } from '../experience.ts'
import type { Learner } from '../learner.ts'

/** The learner of `agent`; its state is the position of its experience, for tables restart from the Task's every round. */
export function asynchronousQ<State>(
  contract: QContract,
  agent: number,
  experience: Experience<State>,
): Learner<State, QTask, QUpdate> {
  return {
    init: () => experience.start(),
    apply(from, task) {
      const own = contract.initial === 'perAgent' && task.round === 0
      const { table, visits } = workspace(task.table.length)
      table.set(own ? initialTable(contract, agent) : task.table)
      visits.fill(0)
      const stepSize = stepSizeAt(contract.stepSize, task.step, contract.discount)
      const state = gatherInChunks(experience, from, task.steps, (trajectory) =>
        learn(table, visits, trajectory, stepSize, contract),
      )
      return { state, update: report(contract, agent, task, table, visits, own) }
    },
  }
}

/** What an agent works on: nothing of it is kept from one Task to the next. */
interface Workspace {
  readonly table: Float64Array
  readonly visits: Uint32Array
}

/** For all agents of this thread, which work one after the other: to get new memory for each Task takes as long as many steps. */
let last: Workspace = { table: new Float64Array(0), visits: new Uint32Array(0) }

function workspace(entries: number): Workspace {
  if (last.table.length !== entries)
    last = { table: new Float64Array(entries), visits: new Uint32Array(entries) }
  return last
}

/** Eq. (23) along a trajectory, in place. */
function learn(
  table: Float64Array,
  visits: Uint32Array,
  trajectory: Trajectory,
  stepSize: number,
  { actions, discount }: QContract,
): void {
  for (let t = 0; t < trajectory.pair.length; t++) {
    const pair = trajectory.pair[t] as number
    const next = trajectory.bootstrap[t] as number
    const value = next < 0 ? 0 : rowMax(table, next * actions, actions)
    table[pair] = qStep(table[pair] as number, trajectory.reward[t] as number, value, stepSize, discount)
    visits[pair] = (visits[pair] as number) + 1
  }
}

/** The Update: visited entries only, ascending, so that not even the order of visits is told; all entries when `dense`. */
function report(
  { averaging }: QContract,
  agent: number,
  { round, table: before }: QTask,
  table: Float64Array,
  visits: Uint32Array,
  dense: boolean,
): QUpdate {
  const { entries, changes, counts } = emptyReport(dense ? table.length : countVisited(visits))
  // a loop, for a callback for each entry takes longer than the steps of a round
  for (let entry = 0, i = 0; entry < table.length; entry++) {
    const count = visits[entry] as number
    if (count === 0 && !dense) continue
    entries[i] = entry
    counts[i] = count
    changes[i++] = (table[entry] as number) - (before[entry] as number)
  }
  return {
    agent,
    round,
    entries: dense ? null : entries,
    changes,
    visits: averaging === 'importance' ? counts : null,
  }
}

function countVisited(visits: Uint32Array): number {
  let count = 0
  for (let entry = 0; entry < visits.length; entry++) count += Number(visits[entry] !== 0)
  return count
}

/** In one piece of memory, as in {@link emptyTrajectory}. */
function emptyReport(size: number) {
  const memory = new ArrayBuffer(16 * size)
  return {
    changes: new Float64Array(memory, 0, size),
    entries: new Uint32Array(memory, 8 * size, size),
    counts: new Uint32Array(memory, 12 * size, size),
  }
}
