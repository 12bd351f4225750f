/** The server of FedSVRPG-M, with its momentum. Wang et al., ICML 2024 (arXiv 2405.19499), Algorithm 1. */
import { addScaled } from '../numeric/vector.ts'
import type { PgContract } from '../protocol/pg-contract.ts'
import { commonStart, meanUpdate, pgRule } from './pg-rule.ts'
import type { PgServerRule } from './pg-rule.ts'

/**
 * The server rule of `fedsvrpg-m`: u_{r+1} = sum_i (theta_{i,H} - theta_r) / (eta N H) and theta_{r+1} = theta_r + alpha_g eta H u_{r+1};
 * u_0 = 0 and theta_{-1} = theta_0.
 */
export const fedSvrpgMRule = (contract: PgContract): PgServerRule =>
  pgRule(
    contract,
    ({ theta }, updates) => {
      const change = meanUpdate(updates)
      return {
        theta: addScaled(theta, contract.serverStepSize, change),
        previous: theta,
        direction: change.map((value) => value / (contract.stepSize * contract.localSteps)),
      }
    },
    { direction: new Float64Array(contract.shared), previous: commonStart(contract) },
  )
