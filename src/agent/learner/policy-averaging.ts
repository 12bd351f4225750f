/**
 * The agents of SoftPAvg, ProjPAvg and QAvg: E steps on a table of the agent's own known Mdp, then their sum. Jin, Peng, Yang, Wang, Zhang,
 * "Federated reinforcement learning with environment heterogeneity", AISTATS 2022 (arXiv 2204.02634). Steps are those of the authors' code.
 */
import { projectRows } from '../../numeric/simplex.ts'
import { addScaled, difference, diverged } from '../../numeric/vector.ts'
import type { PgContract } from '../../protocol/pg-contract.ts'
import { ascend } from '../local-steps.ts'
import { pgLearner } from '../pg-learner.ts'
import type { PgLearner } from '../pg-learner.ts'
import type { TableModel } from '../table-model.ts'

/** [S * A] logits, pi or Q */
type Table = Float64Array

/** The learner whose local work maps a table to a better one; it sends the difference. It draws nothing: its position is null. */
const improving = (contract: PgContract, agent: number, improve: (table: Table) => Table): PgLearner<null> =>
  pgLearner(
    contract,
    agent,
    () => null,
    (table) => {
      const theta = improve(table)
      return { theta, position: null, vector: difference(theta, table) }
    },
  )

/** The learner of `softpavg`: logits <- logits + eta A_pi / (1 - gamma), E times. */
export const softPAvg = (contract: PgContract, agent: number, model: TableModel): PgLearner<null> =>
  improving(contract, agent, (logits) => repeat(contract, logits, (at) => model.naturalGradient(at)))

/** The learner of `qavg`: Q <- (1 - eta) Q + eta (r + gamma P max Q), E times. */
export const qAvg = (contract: PgContract, agent: number, model: TableModel): PgLearner<null> =>
  improving(contract, agent, (q) => repeat(contract, q, (at) => difference(model.backup(at), at)))

/** table <- table + eta direction(table), E times. */
const repeat = ({ localSteps, stepSize }: PgContract, table: Table, direction: (at: Table) => Table): Table =>
  ascend(table, null, localSteps, stepSize, (_, at) => ({ direction: direction(at), position: null })).theta

/** The learner of `projpavg`: pi <- the nearest policy to pi + eta d_pi(s) Q_pi(s, a) / (1 - gamma), E times. */
export const projPAvg = (contract: PgContract, agent: number, model: TableModel): PgLearner<null> =>
  improving(contract, agent, (table) => {
    let policy = table
    for (let step = 0; step < contract.localSteps && !diverged(policy); step++)
      policy = projectRows(addScaled(policy, contract.stepSize, model.directGradient(policy)), model.actions)
    return policy
  })
