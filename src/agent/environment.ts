/** What an agent acts in when there is no table of its dynamics: the contract of Gymnasium, in TypeScript. */

/** A set of observations or actions: 0 .. n - 1, or a box of vectors. */
export type Space =
  | { readonly kind: 'discrete'; readonly n: number }
  | {
      readonly kind: 'box'
      /** [n] */ readonly low: Float64Array
      /** [n] */ readonly high: Float64Array
    }

/** An element of a {@link Space}: an integer, or a vector. */
export type Point = number | Float64Array

/** What a step gives. After `terminated` the episode is over and its end is worth 0; after `truncated` it was only cut off. */
export interface Step {
  readonly observation: Point
  readonly reward: number
  readonly terminated: boolean
  readonly truncated: boolean
}

/** A program to act in. An episode depends on the seed of its `reset` and on the actions alone. */
export interface Environment {
  readonly observationSpace: Space
  readonly actionSpace: Space
  /**
   * Begins an episode.
   * @param seed integer in [0, 2^53)
   * @returns the first observation
   */
  reset(seed: number): Point
  /** Acts once. Must not be called before `reset` or after the end of an episode. */
  step(action: Point): Step
}
