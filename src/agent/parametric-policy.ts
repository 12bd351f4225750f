/** Differentiable policies: theta -> pi_theta(. | observation), and the score, grad log pi. */
import type { Stream } from '../numeric/stream.ts'
import type { Point } from './environment.ts'

/** A family of policies with d parameters. */
export interface ParametricPolicy {
  /** d, numbers in theta */
  readonly size: number
  /** theta[0 .. shared) is common to all agents, theta[shared .. size) is the agent's own head; equals `size` where all is common */
  readonly shared: number
  /** theta to begin with, [d]: zeros where that is a policy to learn from, else drawn */
  initial(stream: Stream): Float64Array
  /** the policy at theta; theta is not copied and must not change while it is used */
  at(theta: Float64Array): PolicyAt
}

/** One policy of the family. */
export interface PolicyAt {
  /** draws an action; a discrete one takes one word of the stream, whatever happens */
  act(observation: Point, stream: Stream): Point
  /** log pi(action | observation), a density where actions are continuous */
  logProbability(observation: Point, action: Point): number
  /** into += weight grad log pi(action | observation) */
  addScore(observation: Point, action: Point, weight: number, into: Float64Array): void
}

/** A policy over finitely many actions. */
export interface DiscretePolicy extends ParametricPolicy {
  readonly actions: number
  at(theta: Float64Array): DiscretePolicyAt
}

/** One policy of a {@link DiscretePolicy}. */
export interface DiscretePolicyAt extends PolicyAt {
  /** pi(. | observation), [A] */
  probabilities(observation: Point): Float64Array
}
