/** CartPole-v1: a pole on a cart that is pushed left (0) or right (1). Dynamics: Barto, Sutton, Anderson 1983, as in Gymnasium. */
import { uniform } from '../../numeric/stream.ts'
import { cos, sin } from '../../numeric/trigonometric.ts'
import type { Environment } from '../environment.ts'
import { episodic, type Dynamics } from './episodic.ts'
import {
  checkWord,
  complete,
  symmetricBox,
  timeLimit,
  type ParameterTable,
  type Values,
} from './parameters.ts'

/** The numbers that {@link cartPole} is made with. */
export const CART_POLE = {
  gravity: { default: 9.8, from: 0, description: 'Gravity, m/s^2.' },
  massCart: { default: 1, above: 0, description: 'Mass of the cart, kg.' },
  massPole: { default: 0.1, above: 0, description: 'Mass of the pole, kg.' },
  length: { default: 0.5, above: 0, description: 'Half the length of the pole, m.' },
  force: { default: 10, above: 0, description: 'Force of a push, N.' },
  tau: { default: 0.02, above: 0, description: 'Time between two steps, s.' },
  thetaThreshold: {
    default: (12 * 2 * Math.PI) / 360,
    above: 0,
    description: 'Angle of the pole at which an episode ends, rad.',
  },
  xThreshold: { default: 2.4, above: 0, description: 'Place of the cart at which an episode ends, m.' },
  maxSteps: timeLimit(500),
} as const satisfies ParameterTable

/** Parameters of {@link cartPole}. */
export interface CartPoleParameters extends Values<typeof CART_POLE> {
  /** `euler` moves by the velocity before the step, `semi-implicit` by that after it */
  readonly kinematics: 'euler' | 'semi-implicit'
}

/** @param state [4] x (m), velocity (m/s), angle (rad, 0 upright), angular velocity (rad/s) */
export function cartPoleDynamics(
  { kinematics = 'euler', ...given }: Partial<CartPoleParameters>,
  state: Float64Array,
): Dynamics {
  checkWord('cartPole', 'kinematics', ['euler', 'semi-implicit'], kinematics)
  const p = complete('cartPole', CART_POLE, given)
  const { gravity, massPole, length, force, tau, thetaThreshold, xThreshold, maxSteps } = p
  const isEuler = kinematics === 'euler'
  const mass = massPole + p.massCart
  const poleMassLength = massPole * length
  return {
    name: 'CartPole-v1',
    // Twice the thresholds, so that the last observation of an episode lies inside too.
    observationSpace: symmetricBox(2 * xThreshold, Infinity, 2 * thetaThreshold, Infinity),
    actionSpace: { kind: 'discrete', n: 2 },
    maxSteps,
    begin(stream) {
      for (let i = 0; i < 4; i++) state[i] = -0.05 + 0.1 * uniform(stream)
    },
    act(action) {
      const x = state[0] as number
      const velocity = state[1] as number
      const angle = state[2] as number
      const turning = state[3] as number
      const sine = sin(angle)
      const cosine = cos(angle)
      const push = ((action === 1 ? force : -force) + poleMassLength * (turning * turning) * sine) / mass
      const spin =
        (gravity * sine - cosine * push) / (length * (4 / 3 - (massPole * (cosine * cosine)) / mass))
      const acceleration = push - (poleMassLength * spin * cosine) / mass
      state[1] = velocity + tau * acceleration
      state[3] = turning + tau * spin
      state[0] = x + tau * (isEuler ? velocity : state[1])
      state[2] = angle + tau * (isEuler ? turning : state[3])
      return 1
    },
    ended: () => Math.abs(state[0] as number) > xThreshold || Math.abs(state[2] as number) > thetaThreshold,
    observe: () => new Float64Array(state),
  }
}

/**
 * CartPole-v1. Observation [4]: x (m), velocity (m/s), angle (rad), angular velocity (rad/s), in float64 where Gymnasium rounds to
 * float32. Actions 0 (left) and 1 (right). Reward 1 a step. An episode starts uniformly in [-0.05, 0.05)^4 and terminates
 * where the cart or the pole leaves its threshold.
 * @throws RangeError on a parameter that is not known or out of its range
 */
export const cartPole = (parameters: Partial<CartPoleParameters> = {}): Environment =>
  episodic(cartPoleDynamics(parameters, new Float64Array(4)))
