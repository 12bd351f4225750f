/** Features phi(observation) that outputs are linear in. Implementations stand in the folder of this name. */
import type { Point } from '../environment.ts'

/** F features, of which a few may be other than 0 at a time. */
export interface Features {
  /** F */
  readonly size: number
  /** how many can be other than 0 at once */
  readonly most: number
  /**
   * Writes those that can be other than 0 at the observation.
   * @throws RangeError when the observation is none that the features are made for
   */
  encode(observation: Point, into: ActiveFeatures): void
}

/** The features of one observation: phi at index[i] is value[i] for i < count, all others are 0. An index may come twice. */
export interface ActiveFeatures {
  count: number
  readonly index: Uint32Array
  readonly value: Float64Array
}

/** Room for what `encode` writes. */
export const activeFeatures = ({ most }: Features): ActiveFeatures => ({
  count: 0,
  index: new Uint32Array(most),
  value: new Float64Array(most),
})
