/** The server that averages the changes of parameters or tables: McMahan et al., AISTATS 2017 (arXiv 1602.05629), with a server step size. */
import { projectRows } from '../numeric/simplex.ts'
import type { PgContract } from '../protocol/pg-contract.ts'
import { averaged, pgRule } from './pg-rule.ts'
import type { PgServerRule } from './pg-rule.ts'

/** The server rule of `fedpg`, `central`, `local`, `softpavg` and `qavg`: theta <- theta + (alpha_g / N) sum_i (theta_{i,H} - theta). */
export const federatedAverage = (contract: PgContract): PgServerRule =>
  pgRule(contract, ({ theta }, updates) => ({ theta: averaged(contract, theta, updates) }))

/**
 * The server rule of `projpavg`: pi <- the nearest policy to pi + (alpha_g / N) sum_i (pi_{i,E} - pi); with alpha_g <= 1 that is the average
 * itself, up to rounding.
 * @param actions A, entries of a row of pi
 */
export const projectedAverage = (contract: PgContract, actions: number): PgServerRule =>
  pgRule(contract, ({ theta }, updates) => ({
    theta: projectRows(averaged(contract, theta, updates), actions),
  }))
