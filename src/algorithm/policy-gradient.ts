/** The algorithms of federated policy gradients, by name: which learner goes with which server rule. */
import type { GradientOracle } from '../agent/gradient-oracle.ts'
import { fastFedPg } from '../agent/learner/fast-fedpg.ts'
import { fedPg } from '../agent/learner/fedpg.ts'
import { fedSvrpgM } from '../agent/learner/fedsvrpg-m.ts'
import { ifca } from '../agent/learner/ifca.ts'
import { scaffold } from '../agent/learner/scaffold.ts'
import { agentParameters } from '../agent/pg-learner.ts'
import type { PgAgentState, PgLearner } from '../agent/pg-learner.ts'
import { PG_PHASES } from '../protocol/pg-contract.ts'
import type { PgContract, PgPhase } from '../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../protocol/pg-messages.ts'
import { fastFedPgRule } from '../server/fast-fedpg.ts'
import { federatedAverage } from '../server/federated-average.ts'
import { fedSvrpgMRule } from '../server/fedsvrpg-m.ts'
import { ifcaRule } from '../server/ifca.ts'
import type { PgServerRule, PgServerState } from '../server/pg-rule.ts'
import { scaffoldRule } from '../server/scaffold.ts'
import type { Algorithm } from './algorithm.ts'
import { checkPgContract } from './pg-contract.ts'

/** An algorithm whose agents and server keep the same kinds of state whatever its name. */
export interface PgAlgorithm<Position> extends Algorithm<
  PgAgentState<Position>,
  PgServerState,
  PgTask,
  PgUpdate
> {
  /** of a round, in order */
  readonly phases: readonly PgPhase[]
  /** all parameters of an agent, [d]: those of the server's theta that are its own to use, and its head */
  parameters(state: PgAgentState<Position>, theta: Float64Array): Float64Array
}

/** A learner from gradients, and its server rule. */
interface Pair {
  readonly learner: <Position>(
    contract: PgContract,
    agent: number,
    oracle: GradientOracle<Position>,
  ) => PgLearner<Position>
  readonly rule: (contract: PgContract) => PgServerRule
}

/**
 * - `local`: every agent alone; nothing is common, so nothing is sent.
 * - `central`: one agent, whose oracle is that of the average problem.
 */
const PAIRS = {
  local: { learner: fedPg, rule: federatedAverage },
  central: { learner: fedPg, rule: federatedAverage },
  fedpg: { learner: fedPg, rule: federatedAverage },
  'fast-fedpg': { learner: fastFedPg, rule: fastFedPgRule },
  scaffold: { learner: scaffold, rule: scaffoldRule },
  'fedsvrpg-m': { learner: fedSvrpgM, rule: fedSvrpgMRule },
  ifca: { learner: ifca, rule: ifcaRule },
} as const satisfies Readonly<Record<string, Pair>>

/** The algorithms that need gradients only. */
export type PgGradientAlgorithm = keyof typeof PAIRS

/**
 * The algorithm that `contract` names.
 * @param oracle the objective of each agent, counted from 0; for `central` that of the one agent, see `pooledOracle`
 * @throws RangeError when a setting is out of range or does not fit the others
 */
export function policyGradient<Position>(
  contract: PgContract & { readonly algorithm: PgGradientAlgorithm },
  oracle: (agent: number) => GradientOracle<Position>,
): PgAlgorithm<Position> {
  checkPgContract(contract)
  const { learner, rule } = PAIRS[contract.algorithm]
  return {
    phases: PG_PHASES[contract.algorithm],
    learner: (agent) => learner(contract, agent, oracle(agent)),
    rule: rule(contract),
    parameters: (state, theta) => agentParameters(contract, state, theta),
  }
}
