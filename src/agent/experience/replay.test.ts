import { expect, it } from 'vitest'
import { randomLog } from '../../../test/random-problems.ts'
import type { Log } from '../../mdp/log.ts'
import { checkExperience } from '../experience.contract.ts'
import { replayExperience } from './replay.ts'

checkExperience('a replay', replayExperience(randomLog(5, 4, 3, 11), 3), 4, 3)

const log: Log = {
  state: Uint32Array.of(0, 2, 1),
  action: Uint32Array.of(1, 0, 1),
  reward: Float64Array.of(0.5, -1, 2),
  next: Uint32Array.of(2, 1, 0),
  terminated: Uint8Array.of(0, 1, 0),
}

it('replays the steps in order, from the start again when they end; a terminated step bootstraps from nothing', () => {
  const experience = replayExperience(log, 2)
  expect(experience.gather(experience.start(), 5)).toEqual({
    trajectory: {
      pair: Uint32Array.of(1, 4, 3, 1, 4),
      reward: Float64Array.of(0.5, -1, 2, 0.5, -1),
      bootstrap: Int32Array.of(2, -1, 0, 2, -1),
    },
    state: 2,
  })
})

it('refuses a log without steps', () => {
  expect(() => replayExperience(randomLog(1, 2, 2, 0), 2)).toThrow('at least one step, got none')
})
