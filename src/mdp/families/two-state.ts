/** The two-state problem of the experiments of Woo, Joshi, Chi 2025 (section 6, figure 2). */
import type { Stream } from '../../numeric/stream.ts'
import { uniform } from '../../numeric/stream.ts'
import { familyMdp, outcomeList } from '../build.ts'
import type { Built } from '../mdp.ts'

/** `range` holds the bounds of the uniform law of p and q; the paper has actions = 20, discount = 0.9, range = [0.4, 0.6]. */
export interface TwoStateOptions {
  readonly actions: number
  readonly range: readonly [low: number, high: number]
  readonly discount: number
}

/**
 * S = {0, 1}; P(0|0,a) = p_a and P(1|1,a) = q_a; r(0,a) = 0 and r(1,a) = 1; rho uniform. Drawn from `stream` in the order p_0, q_0, p_1,
 * q_1, ..., two words each, so a problem with more actions begins with those of a smaller one. Outcomes are listed next state 0 first.
 * @throws RangeError when `range` is not within [0, 1] or not ascending
 */
export function twoState({ actions, range, discount }: TwoStateOptions, stream: Stream): Built {
  const [low, high] = range
  if (!(0 <= low && low <= high && high <= 1))
    throw new RangeError(
      `twoState: range must be [low, high] with 0 <= low <= high <= 1, got [${low}, ${high}]`,
    )
  const outcomes = outcomeList(4 * actions)
  for (let action = 0; action < actions; action++) {
    const p = low + (high - low) * uniform(stream)
    const q = low + (high - low) * uniform(stream)
    outcomes.add(0, action, 0, p, 0)
    outcomes.add(0, action, 1, 1 - p, 0)
    outcomes.add(1, action, 0, 1 - q, 1)
    outcomes.add(1, action, 1, q, 1)
  }
  return { mdp: familyMdp({ states: 2, actions, discount }, outcomes) }
}
