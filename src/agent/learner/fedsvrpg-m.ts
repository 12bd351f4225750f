/**
 * The agent of FedSVRPG-M: local steps along a momentum that is corrected for how the policy has moved, by importance weights.
 * Wang et al., "Momentum for the win: collaborative federated reinforcement learning across heterogeneous environments", ICML 2024 (arXiv
 * 2405.19499), Algorithm 1.
 */
import { difference } from '../../numeric/vector.ts'
import type { PgContract } from '../../protocol/pg-contract.ts'
import type { GradientOracle } from '../gradient-oracle.ts'
import { ascend } from '../local-steps.ts'
import { brought, pgLearner } from '../pg-learner.ts'
import type { PgLearner } from '../pg-learner.ts'

/**
 * The learner of `fedsvrpg-m`. With x drawn at theta_l, w = p(x | theta_{r-1}) / p(x | theta_l) and u_r the momentum of the round:
 * u = beta g(x | theta_l) + (1 - beta) (u_r + g(x | theta_l) - w g(x | theta_{r-1})), theta_{l+1} = theta_l + eta u, l = 0 .. H-1; sends
 * theta_H - theta_0. An own head moves along g alone.
 */
export function fedSvrpgM<Position>(
  contract: PgContract,
  agent: number,
  oracle: GradientOracle<Position>,
): PgLearner<Position> {
  const { localSteps: steps, stepSize, momentum: beta } = contract
  return pgLearner(
    contract,
    agent,
    () => oracle.start(),
    (theta, state, task) => {
      const momentum = brought(task.direction, 'the momentum', task)
      const previous = brought(task.previous, 'the parameters of the round before', task)
      const end = ascend(theta, state.position, steps, stepSize, (_, local, position) => {
        const reference = local.slice()
        reference.set(previous)
        const { gradient, atReference, state } = oracle.gradients(local, reference, position)
        const direction = gradient.map((g, i) =>
          i < momentum.length
            ? beta * g + (1 - beta) * ((momentum[i] as number) + (g - (atReference[i] as number)))
            : g,
        )
        return { direction, position: state }
      })
      return { ...end, vector: difference(end.theta, theta) }
    },
  )
}
