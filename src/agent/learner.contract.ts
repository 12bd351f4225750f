/** What every {@link Learner} of Q-learning keeps: a test file calls this with an implementation. */
import { describe, expect, it } from 'vitest'
import type { QContract } from '../protocol/q-contract.ts'
import { UPDATE_FIELDS } from '../protocol/q-codec.ts'
import type { QTask, QUpdate } from '../protocol/q-messages.ts'
import type { Learner } from './learner.ts'

/** Settings for rewards in [0, 1], with S = 5, A = 3, gamma = 0.9. */
export const contractOf = (more: Partial<QContract> = {}): QContract => ({
  states: 5,
  actions: 3,
  agents: 4,
  discount: 0.9,
  stepSize: 0.3,
  averaging: 'importance',
  syncPeriod: 20,
  steps: 100,
  initial: 'shared',
  initialSeed: 1,
  valueRange: [0, 10],
  terminal: Uint8Array.of(0, 0, 0, 0, 1),
  ...more,
})

const taskOf = (contract: QContract, round: number): QTask => ({
  round,
  step: round * contract.syncPeriod,
  steps: contract.syncPeriod,
  table: Float64Array.from({ length: contract.states * contract.actions }, (_, i) => (i < 12 ? i % 7 : 0)),
})

/** @param learner that of agent 2 under the contract, whose rewards lie in [0, 1] */
export function checkLearner<State>(
  name: string,
  contract: QContract,
  learner: Learner<State, QTask, QUpdate>,
): void {
  describe(`${name} as a learner`, () => {
    it('begins in the same state every time', () => {
      expect(learner.init()).toEqual(learner.init())
    })

    it.each([0, 3])(
      'answers the same to the same Task of round %i, and changes neither state nor Task',
      (round) => {
        const { state } = learner.apply(learner.init(), taskOf(contract, 1))
        const task = taskOf(contract, round)
        const kept = structuredClone({ state, task })
        const first = learner.apply(state, task)
        expect({ state, task }).toEqual(kept)
        expect(learner.apply(state, task)).toEqual(first)
        expect(learner.apply(kept.state, kept.task)).toEqual(first)
      },
    )

    it('moves on: the next Task is worked on with other experience', () => {
      const task = taskOf(contract, 1)
      const first = learner.apply(learner.init(), task)
      expect(learner.apply(first.state, task).update.changes).not.toEqual(first.update.changes)
    })

    it('answers for itself and its round, with the closed set of fields and lengths that agree', () => {
      const { update } = learner.apply(learner.init(), taskOf(contract, 2))
      const known = UPDATE_FIELDS.filter((field) => field !== 'kind')
      expect(Object.keys(update).toSorted()).toEqual(known.toSorted())
      expect([update.agent, update.round]).toEqual([2, 2])
      const count = update.entries?.length ?? contract.states * contract.actions
      expect(update.changes).toHaveLength(count)
      expect(update.visits?.length ?? count).toBe(count)
      if (update.entries !== null)
        expect(Uint32Array.from(new Set(update.entries))).toEqual(update.entries.toSorted())
    })

    it.each([0, 1])('stays in [0, 1 / (1 - gamma)] in round %i, and at 0 in terminal states', (round) => {
      const task = round === 0 ? { ...taskOf(contract, 0), table: new Float64Array(15) } : taskOf(contract, 1)
      const { update } = learner.apply(learner.init(), task)
      update.changes.forEach((change, i) => {
        const entry = update.entries?.[i] ?? i
        const value = (task.table[entry] as number) + change
        expect(value).toBeGreaterThanOrEqual(-1e-12)
        expect(value).toBeLessThanOrEqual(entry < 12 ? 10 + 1e-12 : 1e-12)
      })
    })
  })
}
