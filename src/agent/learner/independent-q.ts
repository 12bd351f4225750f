/**
 * An agent that learns alone: plain asynchronous Q-learning (Watkins and Dayan 1992) with a table of its own that nobody averages.
 * It takes all its steps in one Task; its Update is the whole table, told once at the end.
 */
import { initialTable } from '../../numeric/initial-table.ts'
import { qStep, rowMax } from '../../numeric/q-update.ts'
import { stepSizeAt } from '../../numeric/step-size.ts'
import type { QContract } from '../../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../../protocol/q-messages.ts'
import { gatherInChunks } from '../experience.ts'
import type { Experience } from '../experience.ts'
import type { Learner } from '../learner.ts'

/** The learner of `agent`. A schedule moves with every step, for no round holds it still. */
export function independentQ<State>(
  contract: QContract,
  agent: number,
  experience: Experience<State>,
): Learner<State, QTask, QUpdate> {
  const { actions, discount } = contract
  return {
    init: () => experience.start(),
    apply(from, task) {
      const table = initialTable(contract, agent)
      const state = gatherInChunks(experience, from, task.steps, ({ pair, reward, bootstrap }, done) => {
        for (let t = 0; t < pair.length; t++) {
          const entry = pair[t] as number
          const next = bootstrap[t] as number
          const value = next < 0 ? 0 : rowMax(table, next * actions, actions)
          const stepSize = stepSizeAt(contract.stepSize, task.step + done + t, discount)
          table[entry] = qStep(table[entry] as number, reward[t] as number, value, stepSize, discount)
        }
      })
      const changes = table.map((value, entry) => value - (task.table[entry] as number))
      return { state, update: { agent, round: task.round, entries: null, changes, visits: null } }
    },
  }
}
