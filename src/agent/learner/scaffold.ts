/** The agent of SCAFFOLD: local steps corrected by control variates. Karimireddy et al., ICML 2020 (arXiv 1910.06378), Algorithm 1, option II. */
import { difference } from '../../numeric/vector.ts'
import type { PgContract } from '../../protocol/pg-contract.ts'
import type { GradientOracle } from '../gradient-oracle.ts'
import { localSteps } from '../local-steps.ts'
import { brought, pgLearner } from '../pg-learner.ts'
import type { PgLearner, PgWork } from '../pg-learner.ts'

/**
 * The learner of `scaffold`: theta_{l+1} = theta_l + eta (grad J_i(theta_l) + (c - c_i)), l = 0 .. H-1; then
 * c_i' = c_i - c + (theta_H - theta_0) / (H eta). Sends theta_H - theta_0 and c_i' - c_i; c_i is 0 at the start.
 */
export function scaffold<Position>(
  contract: PgContract,
  agent: number,
  oracle: GradientOracle<Position>,
): PgLearner<Position> {
  const { shared, localSteps: steps, stepSize } = contract
  const work: PgWork<Position> = (theta, { position, kept }, task) => {
    const own = brought(kept, 'the control variate of the agent', task)
    const correction = difference(brought(task.direction, 'the control variate', task), own)
    const end = localSteps(oracle, theta, position, steps, stepSize, { correction })
    const vector = difference(end.theta, theta)
    const next = correction.map((value, i) => (vector[i] as number) / (steps * stepSize) - value)
    return { ...end, vector, control: difference(next, own), kept: next }
  }
  return pgLearner(contract, agent, () => oracle.start(), work, new Float64Array(shared))
}
