/** MountainCar-v0: a car too weak to climb its hill at once. Dynamics: Moore 1990, as in Gymnasium. */
import { uniform } from '../../numeric/stream.ts'
import { cos } from '../../numeric/trigonometric.ts'
import type { Environment } from '../environment.ts'
import { clip } from './clip.ts'
import { episodic, type Dynamics } from './episodic.ts'
import { complete, timeLimit, type ParameterTable, type Values } from './parameters.ts'

/** Where episodes start, uniformly: every valley holds it. */
const START = { low: -0.6, high: -0.4 }

/** The numbers that {@link mountainCar} is made with. */
export const MOUNTAIN_CAR = {
  force: { default: 0.001, above: 0, description: 'Change of velocity by the engine in a step.' },
  gravity: { default: 0.0025, from: 0, description: 'Change of velocity by the slope in a step, at most.' },
  goalPosition: { default: 0.5, description: 'Place from which on an episode ends.' },
  goalVelocity: { default: 0, description: 'Least velocity at the goal.' },
  maxSpeed: { default: 0.07, above: 0, description: 'Largest speed, per step.' },
  minPosition: { default: -1.2, to: START.low, description: 'Left end, a wall.' },
  maxPosition: { default: 0.6, from: START.high, description: 'Right end.' },
  maxSteps: timeLimit(200),
} as const satisfies ParameterTable

/** Parameters of {@link mountainCar}. */
export type MountainCarParameters = Values<typeof MOUNTAIN_CAR>

/** @param state [2] position and velocity */
export function mountainCarDynamics(
  parameters: Partial<MountainCarParameters>,
  state: Float64Array,
): Dynamics {
  const p = complete('mountainCar', MOUNTAIN_CAR, parameters)
  const { force, gravity, goalPosition, goalVelocity, maxSpeed, minPosition, maxPosition, maxSteps } = p
  return {
    name: 'MountainCar-v0',
    observationSpace: {
      kind: 'box',
      low: Float64Array.of(minPosition, -maxSpeed),
      high: Float64Array.of(maxPosition, maxSpeed),
    },
    actionSpace: { kind: 'discrete', n: 3 },
    maxSteps,
    begin(stream) {
      state[0] = START.low + (START.high - START.low) * uniform(stream)
      state[1] = 0
    },
    act(action) {
      const position = state[0] as number
      const push = ((action as number) - 1) * force + cos(3 * position) * -gravity
      const velocity = clip((state[1] as number) + push, -maxSpeed, maxSpeed)
      const next = clip(position + velocity, minPosition, maxPosition)
      state[0] = next
      state[1] = next === minPosition && velocity < 0 ? 0 : velocity
      return -1
    },
    ended: () => (state[0] as number) >= goalPosition && (state[1] as number) >= goalVelocity,
    observe: () => new Float64Array(state),
  }
}

/**
 * MountainCar-v0. Observation [2]: position and velocity, in float64 where Gymnasium rounds to float32. Actions 0 (push left),
 * 1 (none) and 2 (push right). Reward -1 a step. An episode starts at rest, uniformly in [-0.6, -0.4), and terminates at the goal.
 * @throws RangeError on a parameter that is not known or out of its range
 */
export const mountainCar = (parameters: Partial<MountainCarParameters> = {}): Environment =>
  episodic(mountainCarDynamics(parameters, new Float64Array(2)))
