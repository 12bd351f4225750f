/**
 * The agent of Fast-FedPG: its gradient goes up, the mean of all agents' gradients comes back, and H local steps are corrected by it.
 * Zhu, Heath, Mitra, "Towards fast rates for federated and multi-task reinforcement learning", CDC 2024; there for costs, here for rewards.
 */
import { difference } from '../../numeric/vector.ts'
import type { PgContract } from '../../protocol/pg-contract.ts'
import type { GradientOracle } from '../gradient-oracle.ts'
import { localSteps } from '../local-steps.ts'
import { brought, pgLearner } from '../pg-learner.ts'
import type { PgLearner } from '../pg-learner.ts'

/**
 * The learner of `fast-fedpg`. Phase 0 sends g_i = grad J_i(theta_0). Phase 1, given the memory g = (1/N) sum_i g_i:
 * theta_{l+1} = theta_l + eta (grad J_i(theta_l) + (g - g_i)), l = 0 .. H-1; sends theta_H - theta_0.
 */
export function fastFedPg<Position>(
  contract: PgContract,
  agent: number,
  oracle: GradientOracle<Position>,
): PgLearner<Position> {
  const { localSteps: steps, stepSize, reuseMemorySampleAtStep0 } = contract
  return pgLearner(
    contract,
    agent,
    () => oracle.start(),
    (theta, { position, kept }, task) => {
      if (task.phase === 0) {
        const { gradient, state } = oracle.gradient(theta, position)
        return { theta, position: state, vector: gradient, kept: gradient }
      }
      const own = brought(kept, 'the gradient of phase 0', task)
      const end = localSteps(oracle, theta, position, steps, stepSize, {
        correction: difference(brought(task.direction, 'the memory', task), own),
        first: reuseMemorySampleAtStep0 ? own : null,
      })
      return { ...end, vector: difference(end.theta, theta) }
    },
  )
}
