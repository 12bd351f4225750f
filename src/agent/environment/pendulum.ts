/** Pendulum-v1: a pendulum to be swung up and held with a bounded torque. Dynamics as in Gymnasium. */
import { uniform } from '../../numeric/stream.ts'
import { cos, sin } from '../../numeric/trigonometric.ts'
import type { Environment } from '../environment.ts'
import { clip } from './clip.ts'
import { episodic, type Dynamics } from './episodic.ts'
import { complete, symmetricBox, timeLimit, type ParameterTable, type Values } from './parameters.ts'

/** The numbers that {@link pendulum} is made with. */
export const PENDULUM = {
  gravity: { default: 10, from: 0, description: 'Gravity, m/s^2.' },
  mass: { default: 1, above: 0, description: 'Mass, kg.' },
  length: { default: 1, above: 0, description: 'Length, m.' },
  dt: { default: 0.05, above: 0, description: 'Time between two steps, s.' },
  maxSpeed: { default: 8, above: 0, description: 'Largest angular velocity, rad/s.' },
  maxTorque: { default: 2, above: 0, description: 'Largest torque, N m.' },
  maxSteps: timeLimit(200),
} as const satisfies ParameterTable

/** Parameters of {@link pendulum}. */
export type PendulumParameters = Values<typeof PENDULUM>

/** The angle in [-pi, pi) */
export function normalizedAngle(angle: number): number {
  const turn = 2 * Math.PI
  const left = (angle + Math.PI) % turn
  return (left < 0 ? left + turn : left) - Math.PI
}

/** @param state [2] angle (rad, 0 upright, not wrapped) and angular velocity (rad/s) */
export function pendulumDynamics(parameters: Partial<PendulumParameters>, state: Float64Array): Dynamics {
  const p = complete('pendulum', PENDULUM, parameters)
  const { gravity, mass, length, dt, maxSpeed, maxTorque, maxSteps } = p
  return {
    name: 'Pendulum-v1',
    observationSpace: symmetricBox(1, 1, maxSpeed),
    actionSpace: symmetricBox(maxTorque),
    maxSteps,
    begin(stream) {
      state[0] = Math.PI * (2 * uniform(stream) - 1)
      state[1] = Math.min(1, maxSpeed) * (2 * uniform(stream) - 1)
    },
    act(action) {
      const angle = state[0] as number
      const velocity = state[1] as number
      const torque = clip((action as Float64Array)[0] as number, -maxTorque, maxTorque)
      const off = normalizedAngle(angle)
      const cost = off * off + 0.1 * (velocity * velocity) + 0.001 * (torque * torque)
      const acceleration =
        ((3 * gravity) / (2 * length)) * sin(angle) + (3 / (mass * (length * length))) * torque
      const next = clip(velocity + acceleration * dt, -maxSpeed, maxSpeed)
      state[0] = angle + next * dt
      state[1] = next
      return -cost
    },
    ended: () => false,
    observe() {
      const observation = new Float64Array(3)
      observation[0] = cos(state[0] as number)
      observation[1] = sin(state[0] as number)
      observation[2] = state[1] as number
      return observation
    },
  }
}

/**
 * Pendulum-v1. Observation [3]: cosine and sine of the angle, angular velocity (rad/s), in float64 where Gymnasium rounds to float32.
 * Action [1]: the torque (N m), clipped to its range. Reward -(angle^2 + 0.1 velocity^2 + 0.001 torque^2) of the state and the action
 * before the step, the angle in [-pi, pi). An episode starts at an angle uniform in [-pi, pi) with a velocity uniform in [-1, 1) (or
 * the largest there is, where that is less) and never terminates.
 * @throws RangeError on a parameter that is not known or out of its range
 */
export const pendulum = (parameters: Partial<PendulumParameters> = {}): Environment =>
  episodic(pendulumDynamics(parameters, new Float64Array(2)))
