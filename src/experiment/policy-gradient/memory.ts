/** How much memory a trial of policy gradients takes, from the sizes in the file. */
import { sizesOf } from '../sizes.ts'
import { policyFor } from './policy.ts'
import { autoHorizon } from './problem/rollout-options.ts'
import { isFiniteSpec, nameOf, spacesOf } from './settings-kind.ts'
import type { PgSettings, PolicySpec, ProgramSpec } from './spec.ts'

/** Vectors of the size of theta that are kept for an agent: iterate, head, gradient, correction, control variate, Update, best, spare. */
const VECTORS = 8
/** Those of the server, for each common policy. */
const SERVER_VECTORS = 6
/** Up to this many states, an exact gradient factors a dense matrix. */
const DENSE = 200
/** Bytes of an agent beside its arrays: some tens of objects that hold them. */
const AGENT = 20_000
/** Bytes of a row until it is written, its text included. */
const ROW = 250
/** Bytes of a step of a batch of rollouts: pair, reward, returns, logarithms. */
const STEP = 48

/**
 * Bytes that one thread takes for one trial, about: parameters, and of finite problems an Mdp for each agent (20 bytes an outcome, 8
 * where only rewards differ), its exact objective, and tables to sample from (40 bytes an outcome); and the batch of rollouts of every
 * agent; and the rows. Where sizes are not known before a file is read, the batches and rows alone.
 */
export function pgMemoryOf(settings: PgSettings): number {
  const { environment, algorithm, agents } = settings
  const batches = agents.count * (AGENT + batchOf(settings)) + ROW * rowsOf(settings)
  if (!isFiniteSpec(environment)) {
    const size = sizeOf(environment, algorithm.policy)
    return size === null ? batches : batches + parametersOf(settings, size)
  }
  const sizes = sizesOf(environment)
  if (sizes === null) return batches
  const { pairs, states, actions } = sizes
  const outcomes = sizes.outcomes * pairs
  const own = outcomes * (agents.dynamics === undefined ? 8 : 20)
  const system = states <= DENSE ? 8 * states * states : 24 * outcomes
  const exact = (system + 64 * pairs) * (algorithm.gradient === 'exact' ? 2 : 1)
  const sampled = algorithm.gradient === 'exact' ? 0 : 40 * outcomes + 32 * pairs
  const size = finiteSize(algorithm.policy, states, actions)
  return batches + parametersOf(settings, size) + outcomes * 20 + agents.count * (own + exact + sampled)
}

/** Rows of a trial; of agentJ there is one for each agent. */
function rowsOf({ agents, algorithm, evaluate }: PgSettings): number {
  const own = evaluate.metrics.includes('agentJ') ? agents.count - 1 : 0
  return Math.ceil(algorithm.rounds / evaluate.every) * (evaluate.metrics.length + own)
}

/** Bytes of the rollouts of one estimate; 0 where gradients are exact, or the horizon is not known yet. */
function batchOf({ environment, algorithm: { gradient } }: PgSettings): number {
  if (gradient === 'exact') return 0
  const { rollouts, horizon } = gradient
  if (horizon !== 'auto') return STEP * rollouts * horizon
  return 'discount' in environment ? STEP * rollouts * autoHorizon(environment.discount) : 0
}

/** Bytes of all vectors of d parameters. */
const parametersOf = ({ algorithm, agents }: PgSettings, size: number): number =>
  8 * size * (VECTORS * agents.count + SERVER_VECTORS * (algorithm.clusters ?? 1))

/** d of a policy for an environment that is a program; null of a module, which is not loaded yet. */
function sizeOf(environment: ProgramSpec, policy: PolicySpec): number | null {
  const spaces = spacesOf(environment)
  if (spaces === null) return null
  const built = policyFor(policy, spaces.observationSpace, spaces.actionSpace, { name: nameOf(environment) })
  return built.ok ? built.value.size : null
}

/** d of a policy for numbered states; a matrix of features, which is not read yet, counts as one feature a state. */
function finiteSize(policy: PolicySpec, states: number, actions: number): number {
  if (policy === 'softmax' || 'linear' in policy) return states * actions
  const units = [states, ...policy.mlp, actions]
  return units.slice(1).reduce((sum, unit, l) => sum + unit * ((units[l] as number) + 1), 0)
}
