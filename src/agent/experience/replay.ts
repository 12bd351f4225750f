/** Experience replayed from a recorded log, in order, from the start again when it ends. */
import type { Log } from '../../mdp/log.ts'
import { emptyTrajectory } from '../experience.ts'
import type { Experience } from '../experience.ts'

/**
 * The replay of one log; its position is the index of the next step.
 * @throws RangeError when the log is empty
 */
export function replayExperience(log: Log, actions: number): Experience<number> {
  const length = log.state.length
  if (length === 0) throw new RangeError('replayExperience: the log must hold at least one step, got none')
  return {
    start: () => 0,
    gather(from, steps, into) {
      const trajectory = into ?? emptyTrajectory(steps)
      for (let t = 0; t < steps; t++) {
        const i = (from + t) % length
        trajectory.pair[t] = (log.state[i] as number) * actions + (log.action[i] as number)
        trajectory.reward[t] = log.reward[i] as number
        trajectory.bootstrap[t] = log.terminated[i] === 1 ? -1 : (log.next[i] as number)
      }
      return { trajectory, state: (from + steps) % length }
    },
  }
}
