/** The tabular softmax policy, for finitely many states. */
import type { DiscretePolicy } from '../parametric-policy.ts'
import { categoricalPolicy } from './categorical.ts'
import { oneHot } from './features/finite.ts'
import { linearMap } from './linear-map.ts'

/**
 * pi(a|s) = exp theta(s, a) / sum_b exp theta(s, b), theta [S, A], starting at 0, where it is uniform.
 * @param states S >= 1
 * @param actions A >= 1
 */
export const tabularSoftmax = (states: number, actions: number): DiscretePolicy =>
  categoricalPolicy(linearMap(oneHot(states), actions))
