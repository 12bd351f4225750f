/** What every {@link ServerRule} of Q-learning keeps: a test file calls this with an implementation. */
import { describe, expect, it } from 'vitest'
import { below, NOBODY, Purpose, streamOf, uniform } from '../numeric/stream.ts'
import type { QContract } from '../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../protocol/q-messages.ts'
import type { ServerRule } from './rule.ts'

/** Settings for rewards in [0, 1], with S = 4, A = 2, K = 3, gamma = 0.9, and a last round of 2 steps. */
export const contractOf = (more: Partial<QContract> = {}): QContract => ({
  states: 4,
  actions: 2,
  agents: 3,
  discount: 0.9,
  stepSize: 0.3,
  averaging: 'equal',
  syncPeriod: 5,
  steps: 12,
  initial: 'shared',
  initialSeed: 1,
  valueRange: [0, 10],
  terminal: null,
  ...more,
})

/** Updates that agents could send: their local tables lie in [0, 10]; dense, or of some entries only. */
export function someUpdates(
  task: QTask,
  agents: number,
  averaging: QContract['averaging'],
  dense: boolean,
): QUpdate[] {
  const stream = streamOf(task.round, NOBODY, Purpose.behavior)
  return Array.from({ length: agents }, (_, agent) => {
    const all = Uint32Array.from(task.table.keys())
    const entries = dense ? all : all.filter(() => below(stream, 2) === 0)
    return {
      agent,
      round: task.round,
      entries: dense ? null : entries,
      changes: Float64Array.from(entries, (entry) => 10 * uniform(stream) - (task.table[entry] as number)),
      visits: averaging === 'equal' ? null : Uint32Array.from(entries, () => below(stream, task.steps + 1)),
    }
  })
}

/** @param dense whether Updates hold all entries */
export function checkServerRule<State>(
  name: string,
  contract: QContract,
  rule: ServerRule<State, QTask, QUpdate>,
  dense: boolean,
): void {
  const updatesFor = (task: QTask): QUpdate[] => someUpdates(task, contract.agents, contract.averaging, dense)
  const taskOf = (state: State): QTask => rule.task(state) as QTask

  describe(`${name} as a server rule`, () => {
    it('begins in the same state every time', () => {
      expect(rule.init()).toEqual(rule.init())
    })

    it('asks and folds the same from the same state, and changes neither state nor Updates', () => {
      const state = rule.init()
      const task = taskOf(state)
      const updates = updatesFor(task)
      const kept = structuredClone({ state, updates })
      const folded = rule.fold(state, updates)
      expect({ state, updates }).toEqual(kept)
      expect(rule.task(state)).toEqual(task)
      expect(rule.fold(kept.state, kept.updates)).toEqual(folded)
    })

    it('asks for T steps in all, round after round, and then for no more', () => {
      let state = rule.init()
      let step = 0
      for (let round = 0; step < contract.steps; round++) {
        const task = taskOf(state)
        expect([task.round, task.step]).toEqual([round, step])
        expect(task.steps).toBeGreaterThan(0)
        expect(task.table).toHaveLength(contract.states * contract.actions)
        step += task.steps
        state = rule.fold(state, updatesFor(task))
      }
      expect(step).toBe(contract.steps)
      expect(rule.task(state)).toBeNull()
    })
  })
}
