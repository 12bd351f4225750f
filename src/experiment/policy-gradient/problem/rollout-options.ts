/** How rollouts are taken, with the horizon decided. */
import { horizonFor } from '../../../mdp/theory/policy-gradient.ts'
import { InputError } from '../../errors.ts'
import { fault } from '../../issues.ts'
import { EXPERIMENT_FILE } from '../../problem.ts'
import { MOST_HORIZON, type GradientSpec } from '../spec.ts'

/** The part of the largest gradient, sqrt 2 R / (1 - gamma)^2, that a horizon of `auto` may cut off. */
const TRUNCATED_PART = 0.01

/**
 * What a sampled gradient takes, beside the temperature.
 * @throws InputError where a horizon of `auto` would be longer than one that can be given
 */
export function rolloutOptions({ horizon, ...rest }: Exclude<GradientSpec, 'exact'>, discount: number) {
  if (horizon !== 'auto') return { ...rest, horizon }
  const long = autoHorizon(discount)
  if (long <= MOST_HORIZON) return { ...rest, horizon: long }
  const message = `auto asks for ${long} steps at a discount of ${discount}: expected at most ${MOST_HORIZON}, give a horizon`
  throw new InputError(EXPERIMENT_FILE, [fault('algorithm.gradient.horizon', message)])
}

/** The horizon that cuts off at most a hundredth of the largest gradient: whatever the rewards are, it depends on gamma alone. */
export function autoHorizon(discount: number): number {
  const largest = Math.SQRT2 / ((1 - discount) * (1 - discount))
  const unit = { actions: 1, discount, rewardRange: [0, 1], temperature: 0 } as const
  return horizonFor(unit, TRUNCATED_PART * largest)
}
