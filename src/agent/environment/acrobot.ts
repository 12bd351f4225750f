/** Acrobot-v1: two links of which only the second is driven, to be swung up. Dynamics: Sutton and Barto 2018, as in Gymnasium. */
import { uniform } from '../../numeric/stream.ts'
import { cos, sin } from '../../numeric/trigonometric.ts'
import type { Environment } from '../environment.ts'
import { clip } from './clip.ts'
import { episodic, type Dynamics } from './episodic.ts'
import {
  checkWord,
  complete,
  symmetricBox,
  timeLimit,
  type ParameterTable,
  type Values,
} from './parameters.ts'

/** The numbers that {@link acrobot} is made with. */
export const ACROBOT = {
  linkLength1: { default: 1, above: 0, description: 'Length of the first link, m.' },
  linkMass1: { default: 1, above: 0, description: 'Mass of the first link, kg.' },
  linkMass2: { default: 1, above: 0, description: 'Mass of the second link, kg.' },
  linkCom1: { default: 0.5, above: 0, description: 'Centre of mass of the first link, m from its joint.' },
  linkCom2: { default: 0.5, above: 0, description: 'Centre of mass of the second link, m from its joint.' },
  linkMoi: { default: 1, above: 0, description: 'Moment of inertia of either link, kg m^2.' },
  gravity: { default: 9.8, from: 0, description: 'Gravity, m/s^2.' },
  dt: { default: 0.2, above: 0, description: 'Time between two steps, s.' },
  maxVelocity1: { default: 4 * Math.PI, above: 0, description: 'Largest speed of the first joint, rad/s.' },
  maxVelocity2: { default: 9 * Math.PI, above: 0, description: 'Largest speed of the second joint, rad/s.' },
  torqueNoise: {
    default: 0,
    from: 0,
    description: 'Half the width of the uniform noise on the torque, N m.',
  },
  maxSteps: timeLimit(500),
} as const satisfies ParameterTable

/** Parameters of {@link acrobot}. */
export interface AcrobotParameters extends Values<typeof ACROBOT> {
  /** the equations of motion: of Sutton and Barto's book, or of Sutton's paper at NIPS 1995 */
  readonly equations: 'book' | 'nips'
}

/** The angle in [-pi, pi]. */
const wrap = (angle: number): number =>
  Math.abs(angle) <= Math.PI ? angle : angle - 2 * Math.PI * Math.ceil((angle - Math.PI) / (2 * Math.PI))

/** Writes the derivative of a state [4] in time under a torque. */
type Motion = (state: Float64Array, torque: number, derivative: Float64Array) => void

function motionOf(p: Values<typeof ACROBOT>, isBook: boolean): Motion {
  const { linkLength1: l1, linkMass1: m1, linkMass2: m2, linkCom1: lc1, linkCom2: lc2, linkMoi: moi } = p
  const g = p.gravity
  return (state, torque, derivative) => {
    const theta1 = state[0] as number
    const theta2 = state[1] as number
    const v1 = state[2] as number
    const v2 = state[3] as number
    const cos2 = cos(theta2)
    const sin2 = sin(theta2)
    const d1 = m1 * (lc1 * lc1) + m2 * (l1 * l1 + lc2 * lc2 + 2 * l1 * lc2 * cos2) + moi + moi
    const d2 = m2 * (lc2 * lc2 + l1 * lc2 * cos2) + moi
    const phi2 = m2 * lc2 * g * cos(theta1 + theta2 - Math.PI / 2)
    const phi1 =
      -m2 * l1 * lc2 * (v2 * v2) * sin2 -
      2 * m2 * l1 * lc2 * v2 * v1 * sin2 +
      (m1 * lc1 + m2 * l1) * g * cos(theta1 - Math.PI / 2) +
      phi2
    const turning = isBook ? m2 * l1 * lc2 * (v1 * v1) * sin2 : 0
    const a2 = (torque + (d2 / d1) * phi1 - turning - phi2) / (m2 * (lc2 * lc2) + moi - (d2 * d2) / d1)
    derivative[0] = v1
    derivative[1] = v2
    derivative[2] = -(d2 * a2 + phi1) / d1
    derivative[3] = a2
  }
}

/** Moves a state [4] on by `dt` seconds with the classical method of Runge and Kutta (order 4). */
function integrator(motion: Motion, dt: number): (state: Float64Array, torque: number) => void {
  const at = new Float64Array(4)
  const [k1, k2, k3, k4] = [
    new Float64Array(4),
    new Float64Array(4),
    new Float64Array(4),
    new Float64Array(4),
  ]
  const go = (state: Float64Array, time: number, k: Float64Array): Float64Array => {
    for (let i = 0; i < 4; i++) at[i] = (state[i] as number) + time * (k[i] as number)
    return at
  }
  return (state, torque) => {
    motion(state, torque, k1)
    motion(go(state, dt / 2, k1), torque, k2)
    motion(go(state, dt / 2, k2), torque, k3)
    motion(go(state, dt, k3), torque, k4)
    for (let i = 0; i < 4; i++) {
      const sum = (k1[i] as number) + 2 * (k2[i] as number) + 2 * (k3[i] as number) + (k4[i] as number)
      state[i] = (state[i] as number) + (dt / 6) * sum
    }
  }
}

/** @param state [4] angle of the first link (rad, 0 downwards), of the second against it, and their velocities (rad/s) */
export function acrobotDynamics(
  { equations = 'book', ...given }: Partial<AcrobotParameters>,
  state: Float64Array,
): Dynamics {
  checkWord('acrobot', 'equations', ['book', 'nips'], equations)
  const p = complete('acrobot', ACROBOT, given)
  const { dt, torqueNoise, maxVelocity1, maxVelocity2, maxSteps } = p
  const integrate = integrator(motionOf(p, equations === 'book'), dt)
  const ended = (): boolean => -cos(state[0] as number) - cos((state[1] as number) + (state[0] as number)) > 1
  return {
    name: 'Acrobot-v1',
    observationSpace: symmetricBox(1, 1, 1, 1, maxVelocity1, maxVelocity2),
    actionSpace: { kind: 'discrete', n: 3 },
    maxSteps,
    begin(stream) {
      for (let i = 0; i < 4; i++) state[i] = -0.1 + 0.2 * uniform(stream)
    },
    act(action, stream) {
      const noise = torqueNoise > 0 ? torqueNoise * (2 * uniform(stream) - 1) : 0
      integrate(state, (action as number) - 1 + noise)
      state[0] = wrap(state[0] as number)
      state[1] = wrap(state[1] as number)
      state[2] = clip(state[2] as number, -maxVelocity1, maxVelocity1)
      state[3] = clip(state[3] as number, -maxVelocity2, maxVelocity2)
      return ended() ? 0 : -1
    },
    ended,
    observe() {
      const observation = new Float64Array(6)
      for (let link = 0; link < 2; link++) {
        observation[2 * link] = cos(state[link] as number)
        observation[2 * link + 1] = sin(state[link] as number)
        observation[4 + link] = state[2 + link] as number
      }
      return observation
    },
  }
}

/**
 * Acrobot-v1. Observation [6]: cosine and sine of the first angle, cosine and sine of the second, both velocities (rad/s), in float64
 * where Gymnasium rounds to float32. Actions 0, 1, 2: torque -1, 0, 1 N m on the second joint. Reward -1 a step, 0 for the one that
 * terminates: the tip is more than 1 above the first joint, in units of a link. An episode starts uniformly in [-0.1, 0.1)^4.
 * Gymnasium's second length of a link is drawn only, and no parameter here.
 * @throws RangeError on a parameter that is not known or out of its range
 */
export const acrobot = (parameters: Partial<AcrobotParameters> = {}): Environment =>
  episodic(acrobotDynamics(parameters, new Float64Array(4)))
