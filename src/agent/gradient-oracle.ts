/**
 * What an agent can ask about its own objective J_i: its gradient and its value, exact or estimated from rollouts. The experience that
 * an estimate is made from stays here. Rewards are maximised; an entropy bonus, where there is one, is part of J_i.
 */

/** A source of gradients whose whole position is `State`: plain data, so that it can be kept and taken up again. */
export interface GradientOracle<State> {
  /** d, numbers in theta */
  readonly size: number
  /** the position before the first question */
  start(): State
  /**
   * grad J_i at theta, [d]: a fresh vector, or `into`. Theta and the state are not changed.
   * @param into [d] what the gradient may be written to, whatever it holds: fresh vectors are dear where batches are small and d is large
   */
  gradient(
    theta: Float64Array,
    state: State,
    into?: Float64Array,
  ): { readonly gradient: Float64Array; readonly state: State }
  /**
   * {@link gradient} at theta and, from the same rollouts x, w g(x | reference) with the importance weight
   * w = p(x | reference) / p(x | theta); exact gradients have w = 1.
   */
  gradients(
    theta: Float64Array,
    reference: Float64Array,
    state: State,
  ): { readonly gradient: Float64Array; readonly atReference: Float64Array; readonly state: State }
  /** J_i at theta, or an estimate of it */
  value(theta: Float64Array, state: State): { readonly value: number; readonly state: State }
  /** transitions drawn since the start; 0 where gradients are exact */
  samples(state: State): number
}
