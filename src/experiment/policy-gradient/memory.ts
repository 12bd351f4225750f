/** How much memory a trial of policy gradients takes, from the sizes in the file. */
import { sizesOf } from '../sizes.ts'
import { isFiniteSpec, spacesOf } from './settings-kind.ts'
import type { FeaturesSpec, PgSettings, PolicySpec } from './spec.ts'

/** Vectors of the size of theta that are kept for an agent: iterate, head, gradient, correction, control variate, Update, best, spare. */
const VECTORS = 8
/** Those of the server, for each common policy. */
const SERVER_VECTORS = 6
/** Up to this many states, an exact gradient factors a dense matrix. */
const DENSE = 64

/** What policies see and give. */
interface Ends {
  /** states, or numbers in an observation */
  readonly inputs: number
  /** actions, or numbers in one */
  readonly outputs: number
}

/**
 * Bytes that one thread takes for one trial, about: parameters, and of finite problems an Mdp for each agent (20 bytes an outcome, 8
 * where only rewards differ) and what its gradients are computed with.
 * @returns null where the sizes are not known before a file is read
 */
export function pgMemoryOf(settings: PgSettings): number | null {
  const { environment, algorithm, agents } = settings
  if (!isFiniteSpec(environment)) {
    const spaces = spacesOf(environment)
    if (spaces === null) return null
    const ends = { inputs: spaces.numbers, outputs: spaces.outputs }
    return parametersOf(settings, ends)
  }
  const sizes = sizesOf(environment)
  if (sizes === null) return null
  const { pairs, states, actions, outcomes } = sizes
  const model = outcomes * pairs * 20
  const own = outcomes * pairs * (agents.dynamics === undefined ? 8 : 20)
  const dense = states <= DENSE ? 8 * states * states : 24 * outcomes * pairs
  const gradients = algorithm.gradient === 'exact' ? dense + 64 * pairs : 40 * outcomes * pairs + 32 * pairs
  return parametersOf(settings, { inputs: states, outputs: actions }) + model + agents.count * (own + gradients)
}

function parametersOf({ algorithm, agents }: PgSettings, ends: Ends): number {
  const vectors = VECTORS * agents.count + SERVER_VECTORS * (algorithm.clusters ?? 1)
  return 8 * vectors * parameterCount(algorithm.policy, ends)
}

/** d */
function parameterCount(policy: PolicySpec, { inputs, outputs }: Ends): number {
  if (policy === 'softmax') return inputs * outputs
  if ('linear' in policy) return featureCount(policy.linear, inputs) * outputs
  const units = [inputs, ...policy.mlp, outputs]
  return units.slice(1).reduce((sum, unit, l) => sum + unit * ((units[l] as number) + 1), outputs)
}

/** F; of a matrix, which is not read yet, as many as there are states. */
function featureCount(features: FeaturesSpec, inputs: number): number {
  if (typeof features === 'string' || 'matrix' in features) return inputs
  if ('tiles' in features) return features.tilings * power(features.tiles + 1, inputs)
  return power('fourier' in features ? features.fourier + 1 : features.radialBasis, inputs)
}

/** width^dimensions */
const power = (width: number, dimensions: number): number =>
  Array.from({ length: dimensions }).reduce<number>((product) => product * width, 1)
