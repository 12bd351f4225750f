/** The agent of FedPG, federated averaging of policies: H local gradient steps. Its Update is their sum. */
import { difference } from '../../numeric/vector.ts'
import type { PgContract } from '../../protocol/pg-contract.ts'
import type { GradientOracle } from '../gradient-oracle.ts'
import { localSteps } from '../local-steps.ts'
import { pgLearner } from '../pg-learner.ts'
import type { PgLearner } from '../pg-learner.ts'

/**
 * The learner of `fedpg`, of `central` and, where nothing is common, of `local`:
 * theta_{l+1} = theta_l + eta grad J_i(theta_l), l = 0 .. H-1; sends theta_H - theta_0.
 */
export function fedPg<Position>(
  contract: PgContract,
  agent: number,
  oracle: GradientOracle<Position>,
): PgLearner<Position> {
  const { localSteps: steps, stepSize } = contract
  return pgLearner(
    contract,
    agent,
    () => oracle.start(),
    (theta, { position }) => {
      const end = localSteps(oracle, theta, position, steps, stepSize)
      return { ...end, vector: difference(end.theta, theta) }
    },
  )
}
