import { expect, it } from 'vitest'
import { randomMdp, randomPolicies } from '../../../test/random-problems.ts'
import type { Log } from '../../mdp/log.ts'
import { replayExperience } from '../experience/replay.ts'
import { walkExperience } from '../experience/walk.ts'
import { checkLearner, contractOf } from '../learner.contract.ts'
import { independentQ } from './independent-q.ts'

const mdp = randomMdp(1, 5, 3, 0.9, 1)
const behavior = randomPolicies(1, mdp, 1).tables[0] as Float64Array
const walk = walkExperience(mdp, behavior, mdp.initial, 1, 2)

for (const initial of ['shared', 'perAgent', 3] as const) {
  const contract = contractOf({ averaging: 'equal', initial })
  checkLearner(`independent Q, ${initial}`, contract, independentQ(contract, 2, walk))
}

/** The only state and action again and again, with reward 1. */
const log = (terminated: 0 | 1): Log => ({
  state: Uint32Array.of(0),
  action: Uint32Array.of(0),
  reward: Float64Array.of(1),
  next: Uint32Array.of(0),
  terminated: Uint8Array.of(terminated),
})
const small = contractOf({ states: 1, actions: 1, terminal: null, initial: 4, stepSize: 0.5, discount: 0.5 })
const zero = new Float64Array(1)

it('takes the steps of Q-learning by hand, from its own table', () => {
  const { update } = independentQ(small, 0, replayExperience(log(0), 1)).apply(0, {
    round: 0,
    step: 0,
    steps: 2,
    table: zero,
  })
  // 4 -> 2 + 0.5 * (1 + 0.5 * 4) = 3.5 -> 1.75 + 0.5 * (1 + 0.5 * 3.5) = 3.125
  expect(update.changes).toEqual(Float64Array.of(3.125))
})

it('moves its schedule with every step', () => {
  const learner = independentQ({ ...small, stepSize: { polynomial: 1 } }, 0, replayExperience(log(1), 1))
  const { update } = learner.apply(0, { round: 0, step: 0, steps: 3, table: zero })
  // eta = 1/2, 1/3, 1/4: the value becomes the mean of 4, 1, 1 and 1
  expect(update.changes[0]).toBeCloseTo(7 / 4, 15)
})

it('goes on with steps and schedule where its memory of steps ends', () => {
  const rewards: Log = {
    state: Uint32Array.of(0, 0),
    action: Uint32Array.of(0, 0),
    reward: Float64Array.of(1, 3),
    next: Uint32Array.of(0, 0),
    terminated: Uint8Array.of(1, 1),
  }
  const learner = independentQ({ ...small, stepSize: { polynomial: 1 } }, 0, replayExperience(rewards, 1))
  const { update, state } = learner.apply(0, { round: 0, step: 0, steps: 65_541, table: zero })
  // the mean of the 4 it begins with, 32,771 ones and 32,770 threes
  expect(update.changes[0]).toBeCloseTo((4 + 32_771 + 3 * 32_770) / 65_542, 10)
  expect(state).toBe(1)
})
