/**
 * The server of Fast-FedPG, with its memory of the global gradient. Zhu, Heath, Mitra, "Towards fast rates for federated and multi-task
 * reinforcement learning", CDC 2024.
 */
import type { PgContract } from '../protocol/pg-contract.ts'
import { averaged, meanUpdate, pgRule } from './pg-rule.ts'
import type { PgServerRule } from './pg-rule.ts'

/** The server rule of `fast-fedpg`. Phase 0: g = (1/N) sum_i g_i. Phase 1: theta <- theta + (alpha_g / N) sum_i (theta_{i,H} - theta). */
export const fastFedPgRule = (contract: PgContract): PgServerRule =>
  pgRule(contract, ({ phase, theta }, updates) =>
    phase === 0
      ? { direction: meanUpdate(updates) }
      : { theta: averaged(contract, theta, updates), direction: null },
  )
