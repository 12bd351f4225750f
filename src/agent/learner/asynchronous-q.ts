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
      const table = own ? initialTable(contract, agent) : task.table.slice()
      const visits = new Uint32Array(table.length)
      const stepSize = stepSizeAt(contract.stepSize, task.step, contract.discount)
      const state = gatherInChunks(experience, from, task.steps, (trajectory) =>
        learn(table, visits, trajectory, stepSize, contract),
      )
      return { state, update: report(contract, agent, task, table, visits, own) }
    },
  }
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
  contract: QContract,
  agent: number,
  task: QTask,
  table: Float64Array,
  visits: Uint32Array,
  dense: boolean,
): QUpdate {
  const entries = dense ? Uint32Array.from(table.keys()) : visited(visits)
  return {
    agent,
    round: task.round,
    entries: dense ? null : entries,
    changes: changesAt(entries, task.table, table),
    visits: contract.averaging === 'importance' ? taken(visits, entries) : null,
  }
}

// loops, for a callback for each entry takes longer than the steps of a round

/** The entries with visits, ascending. */
function visited(visits: Uint32Array): Uint32Array {
  const entries = new Uint32Array(visits.length)
  let count = 0
  for (let entry = 0; entry < visits.length; entry++) {
    entries[count] = entry
    count += Number(visits[entry] !== 0)
  }
  return entries.slice(0, count)
}

function changesAt(entries: Uint32Array, before: Float64Array, after: Float64Array): Float64Array {
  const changes = new Float64Array(entries.length)
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] as number
    changes[i] = (after[entry] as number) - (before[entry] as number)
  }
  return changes
}

function taken(visits: Uint32Array, entries: Uint32Array): Uint32Array {
  const counts = new Uint32Array(entries.length)
  for (let i = 0; i < entries.length; i++) counts[i] = visits[entries[i] as number] as number
  return counts
}
