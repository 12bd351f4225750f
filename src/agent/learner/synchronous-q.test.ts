import { expect, it } from 'vitest'
import { randomMdp } from '../../../test/random-problems.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { initialTable } from '../../numeric/initial-table.ts'
import { Purpose, nextWord, streamOf } from '../../numeric/stream.ts'
import { checkLearner, contractOf } from '../learner.contract.ts'
import { synchronousQ } from './synchronous-q.ts'

const mdp = randomMdp(1, 5, 3, 0.9, 1)

for (const initial of ['shared', 'perAgent', 3] as const) {
  const contract = contractOf({ averaging: 'equal', initial })
  checkLearner(`synchronous Q, ${initial}`, contract, synchronousQ(contract, 2, mdp, 1))
}

it('takes the sweeps of eq. (12) by hand: every pair bootstraps from the values before the sweep', () => {
  // state 0 goes to itself with reward 1, or to state 1 with reward 0; state 1 ends with reward 2 or goes to state 0; state 2 is terminal
  const sure: Mdp = {
    states: 3,
    actions: 2,
    discount: 0.5,
    initial: Float64Array.of(1, 0, 0),
    terminal: Uint8Array.of(0, 0, 1),
    start: Uint32Array.of(0, 1, 2, 3, 4, 4, 4),
    next: Uint32Array.of(0, 1, 2, 0),
    probability: Float64Array.of(1, 1, 1, 1),
    reward: Float64Array.of(1, 0, 2, 0),
  }
  const learner = synchronousQ(
    contractOf({ states: 3, actions: 2, discount: 0.5, stepSize: 0.5, terminal: sure.terminal }),
    0,
    sure,
    1,
  )
  const table = Float64Array.of(4, 0, 0, 8, 0, 0)
  const { update } = learner.apply(learner.init(), { round: 1, step: 0, steps: 1, table })
  // V = (4, 8, 0): 2 + (1 + 2)/2, 0 + (0 + 4)/2, 0 + 2/2, 4 + (0 + 2)/2
  expect(update.changes).toEqual(Float64Array.of(3.5 - 4, 2, 1, 5 - 8, 0, 0))
})

it('takes one word a sweep for each pair of a state that is not terminal', () => {
  const learner = synchronousQ(contractOf(), 2, mdp, 1)
  const { state } = learner.apply(learner.init(), {
    round: 1,
    step: 0,
    steps: 4,
    table: new Float64Array(15),
  })
  const stream = streamOf(1, 2, Purpose.walk)
  for (let word = 0; word < 4 * 12; word++) nextWord(stream)
  expect(state).toEqual(stream)
})

it('begins with a table of its own where agents have one, and with that of the Task later', () => {
  const contract = contractOf({ initial: 'perAgent' })
  const learner = synchronousQ(contract, 2, mdp, 1)
  const own = initialTable(contract, 2)
  const begin = { step: 0, steps: 3 }
  const first = learner.apply(learner.init(), { ...begin, round: 0, table: new Float64Array(15) }).update
  const later = learner.apply(learner.init(), { ...begin, round: 1, table: own }).update
  first.changes.forEach((change, z) =>
    expect(change - (own[z] as number)).toBeCloseTo(later.changes[z] as number, 12),
  )
})
