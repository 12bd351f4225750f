/** How rollouts are taken, with the horizon decided. */
import { horizonFor } from '../../../mdp/theory/policy-gradient.ts'
import type { GradientSpec } from '../spec.ts'

/** The part of the largest gradient, sqrt 2 R / (1 - gamma)^2, that a horizon of `auto` may cut off. */
const TRUNCATED_PART = 0.01

/** What a sampled gradient takes, beside the temperature. */
export function rolloutOptions({ horizon, ...rest }: Exclude<GradientSpec, 'exact'>, discount: number) {
  return { ...rest, horizon: horizon === 'auto' ? autoHorizon(discount) : horizon }
}

/** The horizon that cuts off at most a hundredth of the largest gradient: whatever the rewards are, it depends on gamma alone. */
export function autoHorizon(discount: number): number {
  const largest = Math.SQRT2 / ((1 - discount) * (1 - discount))
  const unit = { actions: 1, discount, rewardRange: [0, 1], temperature: 0 } as const
  return horizonFor(unit, TRUNCATED_PART * largest)
}
