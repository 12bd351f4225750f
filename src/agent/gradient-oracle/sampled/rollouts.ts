/** Rollouts of a tabular softmax policy in a finite Mdp: what they are, and who makes them. */
import type { Stream } from '../../../numeric/stream.ts'

/** A batch of M rollouts of at most K steps, one after the other. A rollout ends at a terminal state or after K steps. */
export interface Rollouts {
  /** [M + 1] rollout m consists of the steps offset[m] .. offset[m + 1] */
  readonly offset: Uint32Array
  /** [M * K] s * A + a of each step */
  readonly pair: Uint32Array
  /** [M * K] */
  readonly reward: Float64Array
  /** [S] the states that steps were taken in, in the order of their first visits */
  readonly visited: Uint32Array
  /** [S * A] pi(a|s) in visited states */
  readonly policy: Float64Array
}

/** Makes rollouts in a workspace of its own, which the next batch overwrites. */
export interface Walker {
  readonly rollouts: Rollouts
  /** [M] the start state of each rollout, to be written before a batch is made */
  readonly starts: Uint32Array
  /**
   * Makes a batch. A step takes two words of the stream, whatever happens: the action
   * (`choose`), then the outcome (`pick`).
   * @param theta [S * A], not changed
   * @param stream moved on
   * @returns how many states were visited
   */
  walk(theta: Float64Array, stream: Stream): number
}
