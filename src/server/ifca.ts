/**
 * The server of IFCA, the iterative federated clustering algorithm: one average for each cluster. Ghosh, Chung, Yin, Ramchandran, NeurIPS
 * 2020 (arXiv 2006.04088), Algorithm 1, model averaging.
 */
import type { PgContract } from '../protocol/pg-contract.ts'
import { averaged, pgRule } from './pg-rule.ts'
import type { PgServerRule } from './pg-rule.ts'

/**
 * The server rule of `ifca`: theta_j <- theta_j + alpha_g mean over the agents i that joined cluster j of (theta_{i,H} - theta_j). A cluster
 * that nobody joined keeps its parameters.
 */
export const ifcaRule = (contract: PgContract): PgServerRule =>
  pgRule(contract, ({ theta }, updates) => {
    const next = theta.slice()
    for (let j = 0; j < contract.clusters; j++) {
      const joined = updates.filter(({ cluster }) => cluster === j)
      const from = j * contract.shared
      const model = theta.subarray(from, from + contract.shared)
      if (joined.length > 0) next.set(averaged(contract, model, joined), from)
    }
    return { theta: next }
  })
