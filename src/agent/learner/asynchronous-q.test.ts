import { expect, it } from 'vitest'
import { randomLog, randomMdp, randomPolicies } from '../../../test/random-problems.ts'
import type { Log } from '../../mdp/log.ts'
import { initialTable } from '../../numeric/initial-table.ts'
import { replayExperience } from '../experience/replay.ts'
import { walkExperience } from '../experience/walk.ts'
import { checkLearner, contractOf } from '../learner.contract.ts'
import { asynchronousQ } from './asynchronous-q.ts'

const mdp = randomMdp(1, 5, 3, 0.9, 1)
const behavior = randomPolicies(1, mdp, 1).tables[0] as Float64Array
const walk = walkExperience(mdp, behavior, mdp.initial, 1, 2)

for (const averaging of ['equal', 'importance'] as const) {
  for (const initial of ['shared', 'perAgent', 3] as const) {
    const contract = contractOf({ averaging, initial })
    checkLearner(`asynchronous Q, ${averaging}, ${initial}`, contract, asynchronousQ(contract, 2, walk))
  }
}

/** Three steps: (0, 1) with reward 1 to state 1; (1, 0) with reward 0.5, terminated; (1, 1) without reward to state 0. */
const log: Log = {
  state: Uint32Array.of(0, 1, 1),
  action: Uint32Array.of(1, 0, 1),
  reward: Float64Array.of(1, 0.5, 0),
  next: Uint32Array.of(1, 0, 0),
  terminated: Uint8Array.of(0, 1, 0),
}
const small = contractOf({ states: 2, actions: 2, stepSize: 0.5, discount: 0.5, terminal: null })
const table = Float64Array.of(0, 2, 4, 8)

it('takes the steps of eq. (23) by hand, and tells changes and visits of what it visited alone', () => {
  const learner = asynchronousQ(small, 0, replayExperience(log, 2))
  const { update } = learner.apply(learner.init(), { round: 1, step: 2, steps: 4, table })
  // (0,1): 2 -> 0.5 * 2 + 0.5 * (1 + 0.5 * 8) = 3.5; (1,0): 4 -> 0.5 * 4 + 0.5 * 0.5 = 2.25;
  // (1,1): 8 -> 0.5 * 8 + 0.5 * 0.5 * 3.5 = 4.875; (0,1): 3.5 -> 0.5 * 3.5 + 0.5 * (1 + 0.5 * 4.875) = 3.46875
  expect(update).toEqual({
    agent: 0,
    round: 1,
    entries: Uint32Array.of(1, 2, 3),
    changes: Float64Array.of(1.46875, -1.75, -3.125),
    visits: Uint32Array.of(2, 1, 1),
  })
})

it('tells no visits under equal averaging', () => {
  const learner = asynchronousQ({ ...small, averaging: 'equal' }, 0, replayExperience(log, 2))
  expect(learner.apply(learner.init(), { round: 1, step: 2, steps: 3, table }).update.visits).toBeNull()
})

it('begins with a table of its own where agents have one, and tells all of it once', () => {
  const own = { ...small, initial: 'perAgent' as const }
  const learner = asynchronousQ(own, 3, replayExperience(log, 2))
  const zero = new Float64Array(4)
  const first = learner.apply(learner.init(), { round: 0, step: 0, steps: 1, table: zero })
  expect(first.update.entries).toBeNull()
  expect(first.update.visits).toEqual(Uint32Array.of(0, 1, 0, 0))
  const expected = initialTable(own, 3)
  expect(first.update.changes[0]).toBe(expected[0])
  expect(first.update.changes[1]).not.toBe(expected[1])
  expect(learner.apply(first.state, { round: 1, step: 1, steps: 1, table }).update.entries).toEqual(
    Uint32Array.of(2),
  )
})

it("holds a schedule still within a round, at the round's first step", () => {
  const scheduled = { ...small, stepSize: { polynomial: 1 } }
  const learner = asynchronousQ(scheduled, 0, replayExperience(log, 2))
  const atHalf = asynchronousQ(small, 0, replayExperience(log, 2))
  const task = { round: 0, step: 0, steps: 4, table }
  expect(learner.apply(0, task)).toEqual(atHalf.apply(0, task))
  expect(learner.apply(0, { ...task, step: 4 })).not.toEqual(atHalf.apply(0, { ...task, step: 4 }))
})

it('learns a round longer than its memory of steps as one of many short ones', () => {
  const contract = contractOf({ states: 3, actions: 2, terminal: null, averaging: 'importance' })
  const learner = asynchronousQ(contract, 0, replayExperience(randomLog(2, 3, 2, 7), 2))
  const start = new Float64Array(6)
  const whole = learner.apply(0, { round: 1, step: 0, steps: 65_540, table: start }).update
  const head = learner.apply(0, { round: 1, step: 0, steps: 65_000, table: start })
  const middle = start.map(
    (value, z) => value + (head.update.changes[head.update.entries?.indexOf(z) ?? z] ?? 0),
  )
  const tail = learner.apply(head.state, { round: 1, step: 0, steps: 540, table: middle }).update
  const sum = (visits: Uint32Array | null) => visits?.reduce((total, n) => total + n, 0)
  expect(sum(whole.visits)).toBe(65_540)
  tail.changes.forEach((change, i) =>
    expect((middle[tail.entries?.[i] as number] as number) + change).toBeCloseTo(
      whole.changes[i] as number,
      12,
    ),
  )
})
