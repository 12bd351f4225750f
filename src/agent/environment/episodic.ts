/** Turns dynamics into an environment: seeds, the limit of time, and the order of calls are kept here, once for all of them. */
import { NOBODY, Purpose, streamOf } from '../../numeric/stream.ts'
import type { Stream } from '../../numeric/stream.ts'
import type { Environment, Point, Space } from '../environment.ts'

/** How a state begins, moves and ends. The state itself is behind these functions. */
export interface Dynamics {
  /** for messages */
  readonly name: string
  readonly observationSpace: Space
  readonly actionSpace: Space
  /** steps after which an episode is cut off; Infinity for no limit */
  readonly maxSteps: number
  /** draws the first state */
  begin(stream: Stream): void
  /** moves on by one step; returns the reward */
  act(action: Point, stream: Stream): number
  /** whether the state is an end */
  ended(): boolean
  /** the observation of the state; a vector is a fresh one */
  observe(): Point
}

/** Refuses what is neither one of 0 .. n - 1 nor, in a box, n numbers without NaN. */
function checkAction(name: string, space: Space, action: Point): void {
  if (space.kind === 'discrete') {
    if (typeof action === 'number' && Number.isInteger(action) && action >= 0 && action < space.n) return
    throw new RangeError(`${name}: step: expected an action in 0 .. ${space.n - 1}, got ${String(action)}`)
  }
  const n = space.low.length
  if (typeof action === 'number' || action.length !== n)
    throw new RangeError(
      `${name}: step: expected an action of ${n} numbers, got ${typeof action === 'number' ? action : action.length}`,
    )
  if (action.some(Number.isNaN)) throw new RangeError(`${name}: step: the action holds NaN`)
}

/**
 * The environment of some dynamics. Everything random in an episode comes from the stream (seed, nobody, `environment`) of its reset.
 * The last step within the limit of time may be both terminated and truncated, as in Gymnasium; then it counts as terminated.
 * @returns an environment whose `step` throws an Error before the first reset and after the end of an episode, and a RangeError on
 * an action that is none; in a box all numbers but NaN are taken, and the dynamics clip them
 */
export function episodic(dynamics: Dynamics): Environment {
  const { name, observationSpace, actionSpace, maxSteps } = dynamics
  let stream: Stream | null = null
  let steps = 0
  let over = true
  return {
    observationSpace,
    actionSpace,
    reset(seed) {
      stream = streamOf(seed, NOBODY, Purpose.environment)
      dynamics.begin(stream)
      steps = 0
      over = false
      return dynamics.observe()
    },
    step(action) {
      if (stream === null) throw new Error(`${name}: step was called before reset`)
      if (over) throw new Error(`${name}: step was called after the end of an episode; call reset first`)
      checkAction(name, actionSpace, action)
      const reward = dynamics.act(action, stream)
      const terminated = dynamics.ended()
      const truncated = ++steps >= maxSteps
      over = terminated || truncated
      return { observation: dynamics.observe(), reward, terminated, truncated }
    },
  }
}
