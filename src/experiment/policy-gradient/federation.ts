/** From the settings of a variant and its problem to the federation that is simulated: contract, learners, server rule. */
import { tableModel } from '../../agent/table-model.ts'
import { isPolicyAveraging, policyAveraging } from '../../algorithm/policy-averaging.ts'
import { policyGradient, type PgAlgorithm } from '../../algorithm/policy-gradient.ts'
import type { GradientOracle } from '../../agent/gradient-oracle.ts'
import { normal } from '../../numeric/draw.ts'
import { log } from '../../numeric/elementary.ts'
import { NOBODY, Purpose, streamOf } from '../../numeric/stream.ts'
import type { PgContract } from '../../protocol/pg-contract.ts'
import { InputError } from '../errors.ts'
import { EXPERIMENT_FILE } from '../problem.ts'
import type { PgProblem } from './problem.ts'
import type { PgAlgorithmSpec, PgSettings } from './spec.ts'
import { safeRegion } from './step-size.ts'

/** A federation that is ready to begin. */
export interface PgFederation {
  readonly contract: PgContract
  readonly algorithm: PgAlgorithm<unknown>
  /** parameters of the problem's policies, [d], from what the algorithm averages: the same, but for tables of policies and of values */
  readonly policyParameters: (theta: Float64Array) => Float64Array
}

/** Stands for log 0: exp of it is 0. */
const LOG_OF_ZERO = -1e4

/**
 * The federation of one (variant, seed).
 * @param oracle what an agent can ask of its own objective; by default the problem's
 * @throws RangeError where the settings do not fit the problem, InputError where `auto` finds no step size above 0
 */
export function pgFederation(
  settings: PgSettings,
  problem: PgProblem,
  seed: number,
  oracle: (agent: number) => GradientOracle<unknown> = usualOracle(settings, problem),
): PgFederation {
  const contract = contractOf(settings, problem, seed)
  const { algorithm: name } = contract
  if (!isPolicyAveraging(name)) {
    const algorithm = policyGradient({ ...contract, algorithm: name }, oracle)
    return { contract, algorithm, policyParameters: (theta) => theta }
  }
  const { mdps } = problem.truth ?? { mdps: [] }
  const models = mdps.map((mdp) => tableModel(mdp, settings.algorithm.entropy))
  const algorithm = policyAveraging({ ...contract, algorithm: name }, models)
  return {
    contract,
    algorithm,
    policyParameters: (theta) => algorithm.policy(theta).map((p) => (p > 0 ? log(p) : LOG_OF_ZERO)),
  }
}

/** The problem's oracles; the one learner of `central` has the experience of all. */
export const usualOracle =
  ({ algorithm }: PgSettings, problem: PgProblem) =>
  (agent: number): GradientOracle<unknown> =>
    algorithm.name === 'central' ? problem.pooled() : problem.oracle(agent)

function contractOf(settings: PgSettings, problem: PgProblem, seed: number): PgContract {
  const { algorithm } = settings
  const { size, shared } = problem.policy
  const clusters = algorithm.clusters ?? 1
  const initial = initialOf(algorithm, problem, seed)
  return {
    algorithm: algorithm.name,
    agents: algorithm.name === 'central' ? 1 : problem.agents,
    size,
    shared: algorithm.name === 'local' ? 0 : shared,
    localSteps: algorithm.localSteps,
    stepSize: stepSizeOf(settings, problem, initial, seed),
    serverStepSize: algorithm.serverStepSize,
    rounds: algorithm.rounds,
    initial,
    clusters,
    momentum: algorithm.momentum ?? 1,
    reuseMemorySampleAtStep0: algorithm.reuseMemorySampleAtStep0 ?? true,
  }
}

function stepSizeOf(settings: PgSettings, problem: PgProblem, initial: Float64Array, seed: number): number {
  const { stepSize } = settings.algorithm
  if (stepSize !== 'auto') return stepSize
  const region = safeRegion(settings, problem, initial.subarray(0, problem.policy.size), seed)
  if (region === null) throw new RangeError('stepSize auto: expected a problem whose model is known')
  if (region.stepSize > 0) return region.stepSize
  const path = ['algorithm', 'stepSize']
  const message = `expected a number, as auto is 0 here: L is ${region.smoothness}, beyond what rewards and entropy of a usual size give`
  throw new InputError(EXPERIMENT_FILE, [{ path, message }])
}

/** [k * d] the parameters to begin with, of every cluster one after the other. */
export function initialOf(
  { initial, clusters = 1 }: PgAlgorithmSpec,
  { policy }: PgProblem,
  seed: number,
): Float64Array {
  const stream = streamOf(seed, NOBODY, Purpose.policy)
  const theta = new Float64Array(clusters * policy.size)
  if (typeof initial === 'number') return theta.fill(initial)
  if (typeof initial === 'object') return theta.map(() => initial.normal * normal(stream))
  for (let j = 0; j < clusters; j++) theta.set(policy.initial(stream), j * policy.size)
  return theta
}
