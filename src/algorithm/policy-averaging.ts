/** SoftPAvg, ProjPAvg and QAvg: averages of policies and of values, between agents that know their own Mdps. Jin et al., AISTATS 2022. */
import { projPAvg, qAvg, softPAvg } from '../agent/learner/policy-averaging.ts'
import { agentParameters } from '../agent/pg-learner.ts'
import type { PgLearner } from '../agent/pg-learner.ts'
import type { TableModel } from '../agent/table-model.ts'
import type { Policy } from '../mdp/policy.ts'
import { softmaxPolicy } from '../mdp/softmax.ts'
import { PG_PHASES } from '../protocol/pg-contract.ts'
import type { PgAlgorithmName, PgContract } from '../protocol/pg-contract.ts'
import { federatedAverage, projectedAverage } from '../server/federated-average.ts'
import type { PgServerRule } from '../server/pg-rule.ts'
import { checkPgContract } from './pg-contract.ts'
import type { PgAlgorithm } from './policy-gradient.ts'

/** A learner from a model, its server rule, what its table begins with and the policy that the table stands for. */
interface Averaging {
  readonly learner: (contract: PgContract, agent: number, model: TableModel) => PgLearner<null>
  readonly rule: (contract: PgContract, actions: number) => PgServerRule
  readonly start: (initial: Float64Array, actions: number) => Float64Array
  readonly policy: (table: Float64Array, model: TableModel) => Policy
}

/** The tables are logits, policies and values: the first two begin as the softmax policy of `initial`, values begin as `initial` itself. */
const AVERAGINGS = {
  softpavg: {
    learner: softPAvg,
    rule: federatedAverage,
    start: (logits) => logits,
    policy: (logits, { actions }) => softmaxPolicy(logits, actions),
  },
  projpavg: {
    learner: projPAvg,
    rule: projectedAverage,
    start: softmaxPolicy,
    policy: (table) => table,
  },
  qavg: {
    learner: qAvg,
    rule: federatedAverage,
    start: (q) => q,
    policy: (q, model) => model.greedy(q),
  },
} as const satisfies Readonly<Record<string, Averaging>>

/** The algorithms that need a model of every agent. */
export type PgAveragingAlgorithm = keyof typeof AVERAGINGS

/** Whether an algorithm needs a model of every agent, rather than gradients. */
export const isPolicyAveraging = (name: PgAlgorithmName): name is PgAveragingAlgorithm =>
  Object.hasOwn(AVERAGINGS, name)

/** A {@link PgAlgorithm} on tables, [S * A]. */
export interface PgAveraging extends PgAlgorithm<null> {
  /** the policy of the server's theta, [S * A] */
  policy(theta: Float64Array): Policy
}

/**
 * The algorithm that `contract` names; d is S * A, `localSteps` is E.
 * @param models of the agents, in order; they differ in rewards and dynamics only
 * @throws RangeError when a setting is out of range or does not fit the others
 */
export function policyAveraging(
  contract: PgContract & { readonly algorithm: PgAveragingAlgorithm },
  models: readonly TableModel[],
): PgAveraging {
  checkPgContract(contract)
  const { algorithm } = contract
  const [first] = models
  if (first === undefined || models.length !== contract.agents)
    throw new RangeError(`${algorithm}: expected ${contract.agents} models, got ${models.length}`)
  if (algorithm === 'projpavg' && first.temperature > 0)
    throw new RangeError(
      `projpavg: the temperature of the entropy bonus must be 0, got ${first.temperature}: a projected policy has entries 0, where the bonus has no gradient`,
    )
  if (contract.shared !== contract.size)
    throw new RangeError(
      `${algorithm}: shared must be ${contract.size}, the whole table, got ${contract.shared}`,
    )
  const { learner, rule, start, policy } = AVERAGINGS[algorithm]
  const own = { ...contract, initial: start(contract.initial, first.actions) }
  return {
    phases: PG_PHASES[algorithm],
    learner: (agent) => learner(own, agent, models[agent] as TableModel),
    rule: rule(own, first.actions),
    parameters: (state, theta) => agentParameters(own, state, theta),
    policy: (theta) => policy(theta, first),
  }
}
