/** Differentiable maps from observations to numbers, such as logits or means. A head makes a policy of one: `categorical.ts`, `gaussian.ts`. */
import type { Stream } from '../../numeric/stream.ts'
import type { Point } from '../environment.ts'

/** A family of maps f_theta with d parameters and m outputs. */
export interface ParametricMap {
  /** d */
  readonly size: number
  /** theta[0 .. shared) is common to all agents, the rest is the agent's own; `size` where all is common */
  readonly shared: number
  /** m */
  readonly outputs: number
  /** theta to begin with, [d] */
  initial(stream: Stream): Float64Array
  /** f at theta; theta is not copied and must not change while it is used, entries behind theta[d - 1] are left alone */
  at(theta: Float64Array): MapAt
}

/** One map of the family. */
export interface MapAt {
  /**
   * Writes f(observation) into `outputs`, [m].
   * @throws RangeError when the observation is none that the map is made for
   */
  forward(observation: Point, outputs: Float64Array): void
  /** into += sum_j delta_j grad f_j at the observation of the last `forward` */
  backward(delta: Float64Array, into: Float64Array): void
}

/** What an observation is, for a message. */
export const describePoint = (point: Point): string =>
  typeof point === 'number' ? `${point}` : `${point.length} numbers`
