/**
 * The agent of IFCA, the iterative federated clustering algorithm: it joins the cluster whose policy is worth most to it and improves
 * that one. Ghosh, Chung, Yin, Ramchandran, NeurIPS 2020 (arXiv 2006.04088), Algorithm 1, model averaging.
 */
import type { PgContract } from '../../protocol/pg-contract.ts'
import type { GradientOracle } from '../gradient-oracle.ts'
import { agentParameters, brought } from '../pg-learner.ts'
import type { PgAgentState, PgLearner } from '../pg-learner.ts'
import { fedPg } from './fedpg.ts'

/** The learner of `ifca`: j = argmax_j J_i(theta_j), the lowest of equal ones; then the steps of FedPG from theta_j. Sends their change and j. */
export function ifca<Position>(
  contract: PgContract,
  agent: number,
  oracle: GradientOracle<Position>,
): PgLearner<Position> {
  const { shared } = contract
  const alone = fedPg(contract, agent, oracle)
  return {
    init: alone.init,
    apply(before, task) {
      const models = brought(task.theta, 'the parameters of the clusters', task)
      const joined = join(contract, oracle, before, models)
      const { cluster } = joined
      const theta = models.subarray(cluster * shared, (cluster + 1) * shared)
      const { state, update } = alone.apply(joined, { ...task, theta })
      return { state, update: { ...update, cluster } }
    },
  }
}

/**
 * The state with the best of all clusters, after J_i of each has been asked for. All are asked from the same position: estimates that share
 * their random numbers differ by the policies more than by chance. The experience goes on behind that of the last.
 */
function join<Position>(
  contract: PgContract,
  oracle: GradientOracle<Position>,
  before: PgAgentState<Position>,
  models: Float64Array,
): PgAgentState<Position> {
  let [best, cluster, position] = [-Infinity, 0, before.position]
  for (let j = 0; j < contract.clusters; j++) {
    const asked = oracle.value(agentParameters(contract, { ...before, cluster: j }, models), before.position)
    if (asked.value > best) [best, cluster] = [asked.value, j]
    position = asked.state
  }
  return { ...before, position, cluster }
}
