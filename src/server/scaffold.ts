/** The server of SCAFFOLD, with its control variate. Karimireddy et al., ICML 2020 (arXiv 1910.06378), Algorithm 1. */
import { meanVector } from '../numeric/mean-vector.ts'
import { addScaled } from '../numeric/vector.ts'
import type { PgContract } from '../protocol/pg-contract.ts'
import type { PgUpdate } from '../protocol/pg-messages.ts'
import { averaged, pgRule } from './pg-rule.ts'
import type { PgServerRule } from './pg-rule.ts'

/**
 * The server rule of `scaffold`: theta <- theta + alpha_g mean_i (theta_{i,H} - theta) and c <- c + (m / N) mean_i (c_i' - c_i), over the m
 * of N agents that took part; c is 0 at the start.
 */
export const scaffoldRule = (contract: PgContract): PgServerRule =>
  pgRule(
    contract,
    ({ theta, direction }, updates) => ({
      theta: averaged(contract, theta, updates),
      direction: addScaled(
        direction as Float64Array,
        updates.length / contract.agents,
        meanVector(updates.map(controlOf)),
      ),
    }),
    { direction: new Float64Array(contract.shared) },
  )

function controlOf({ agent, control }: PgUpdate): Float64Array {
  if (control === null) throw new Error(`scaffold: Update of agent ${agent} has no control variate`)
  return control
}
