/** Policies as an experiment file names them, built for the spaces of an environment. */
import type { Space } from '../../agent/environment.ts'
import type { DiscretePolicy, ParametricPolicy } from '../../agent/parametric-policy.ts'
import { categoricalPolicy } from '../../agent/parametric-policy/categorical.ts'
import type { Features } from '../../agent/parametric-policy/features.ts'
import { fourier, radialBasis, tiles, type Bounds } from '../../agent/parametric-policy/features/box.ts'
import { matrixFeatures, oneHot } from '../../agent/parametric-policy/features/finite.ts'
import { gaussianPolicy } from '../../agent/parametric-policy/gaussian.ts'
import { linearMap } from '../../agent/parametric-policy/linear-map.ts'
import type { ParametricMap } from '../../agent/parametric-policy/parametric-map.ts'
import { perceptron } from '../../agent/parametric-policy/perceptron.ts'
import type { Issue, Result } from '../../numeric/result.ts'
import type { FeaturesSpec, PolicySpec } from './spec.ts'

/** Larger policies are a slip of the finger: a gradient of one would take minutes. */
const MOST_PARAMETERS = 100_000_000

/** Actions 0 .. n - 1. */
type DiscreteSpace = Extract<Space, { kind: 'discrete' }>

/** What else a policy is built from. */
export interface PolicyContext {
  /** what messages call the environment */
  readonly name: string
  /** [S * F] the features of `matrix`, as read from its file */
  readonly matrix?: Float64Array
}

/** What observations without bounds are taken to lie in, up and down, by features of a box, which clip: CartPole's velocities, m/s and rad/s. */
const USUAL: Readonly<Record<string, number>> = { 'CartPole-v1': 3.5 }

/**
 * The policy of `spec` over observations and actions: softmax where actions are finitely many, else Gaussian around the outputs.
 * @returns the policy, or what does not fit, with paths from `policy` on
 */
export function policyFor(
  spec: PolicySpec,
  observations: Space,
  actions: DiscreteSpace,
  context: PolicyContext,
): Result<DiscretePolicy>
export function policyFor(
  spec: PolicySpec,
  observations: Space,
  actions: Space,
  context: PolicyContext,
): Result<ParametricPolicy>
export function policyFor(
  spec: PolicySpec,
  observations: Space,
  actions: Space,
  context: PolicyContext,
): Result<ParametricPolicy> {
  const issues = misfits(spec, observations, actions, context)
  if (issues.length > 0) return { ok: false, issues }
  try {
    const map = mapOf(
      spec,
      observations,
      actions.kind === 'discrete' ? actions.n : actions.low.length,
      context,
    )
    if (map.size > MOST_PARAMETERS)
      throw new RangeError(`expected at most ${MOST_PARAMETERS} parameters, got ${map.size}`)
    return { ok: true, value: actions.kind === 'discrete' ? categoricalPolicy(map) : gaussianPolicy(map) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { ok: false, issues: [{ path: ['policy'], message: error.message }] }
  }
}

/** theta -> outputs, of a policy that fits. */
function mapOf(
  spec: PolicySpec,
  observations: Space,
  outputs: number,
  context: PolicyContext,
): ParametricMap {
  if (typeof spec === 'object' && 'mlp' in spec) return perceptron(observations, spec.mlp, outputs, spec)
  const features = spec === 'softmax' ? 'one-hot' : spec.linear
  return linearMap(
    observations.kind === 'discrete'
      ? finiteFeatures(features, observations.n, context)
      : boxFeatures(features, boundsOf(observations, context)),
    outputs,
  )
}

function finiteFeatures(spec: FeaturesSpec, states: number, { matrix }: PolicyContext): Features {
  if (spec === 'one-hot') return oneHot(states)
  if ('matrix' in spec && matrix !== undefined) return matrixFeatures(matrix, states)
  throw new RangeError(`features ${nameOf(spec)}: expected the numbers of their matrix`)
}

function boxFeatures(spec: FeaturesSpec, bounds: Bounds): Features {
  if (typeof spec === 'object') {
    if ('tiles' in spec) return tiles(bounds, spec)
    if ('radialBasis' in spec) return radialBasis(bounds, spec.radialBasis)
    if ('fourier' in spec) return fourier(bounds, spec.fourier)
  }
  throw new RangeError(`features ${nameOf(spec)}: expected finitely many states`)
}

/** What of a policy does not fit the spaces. */
function misfits(spec: PolicySpec, observations: Space, actions: Space, { name }: PolicyContext): Issue[] {
  if (typeof spec === 'object' && 'mlp' in spec) return []
  const features = spec === 'softmax' ? 'one-hot' : spec.linear
  const what = spec === 'softmax' ? 'softmax' : `linear (${nameOf(features)})`
  const misfit = (message: string): Issue[] => [{ path: ['policy'], message }]
  const ofStates = features === 'one-hot' || 'matrix' in features
  if (observations.kind === 'box' && ofStates)
    return misfit(
      `${what} needs finitely many states, ${name} has observations of ${observations.low.length} numbers: ${actions.kind === 'box' ? 'mlp fits' : 'linear (tiles, radialBasis, fourier) and mlp fit'}`,
    )
  if (observations.kind === 'discrete' && !ofStates)
    return misfit(
      `${what} needs observations that are vectors, ${name} has ${observations.n} states: softmax, linear (one-hot, matrix) and mlp fit`,
    )
  if (actions.kind === 'box')
    return misfit(
      `${what} needs finitely many actions, ${name} has actions of ${actions.low.length} numbers: mlp fits`,
    )
  return []
}

const nameOf = (features: FeaturesSpec): string =>
  typeof features === 'string' ? features : (Object.keys(features)[0] ?? '')

/** The bounds of a box, those that are infinite replaced where usual ones are known. */
function boundsOf({ low, high }: Extract<Space, { kind: 'box' }>, { name }: PolicyContext): Bounds {
  const usual = USUAL[name] ?? Infinity
  return {
    low: low.map((bound) => (bound === -Infinity ? -usual : bound)),
    high: high.map((bound) => (bound === Infinity ? usual : bound)),
  }
}
