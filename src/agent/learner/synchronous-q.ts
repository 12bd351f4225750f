/**
 * The agent of federated synchronous Q-learning (FedSynQ): every step draws a successor for every pair from a generative model.
 * Woo, Joshi, Chi 2025, Algorithm 1, eq. (12).
 */
import { pick } from '../../numeric/alias.ts'
import type { AliasTables } from '../../numeric/alias.ts'
import { initialTable } from '../../numeric/initial-table.ts'
import { qStep, rowMax } from '../../numeric/q-update.ts'
import { stepSizeAt } from '../../numeric/step-size.ts'
import { Purpose, nextWord, streamOf } from '../../numeric/stream.ts'
import type { Stream } from '../../numeric/stream.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { outcomeSampler } from '../../mdp/sampler.ts'
import type { QContract } from '../../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../../protocol/q-messages.ts'
import type { Learner } from '../learner.ts'

/** The learner of `agent`; its state is the position of its stream `walk`. One word a step for each pair of a non-terminal state, in order. */
export function synchronousQ(
  contract: QContract,
  agent: number,
  mdp: Mdp,
  seed: number,
): Learner<Stream, QTask, QUpdate> {
  const outcomes = outcomeSampler(mdp)
  return {
    init: () => streamOf(seed, agent, Purpose.walk),
    apply(from, task) {
      const stream = from.slice()
      const table =
        contract.initial === 'perAgent' && task.round === 0
          ? initialTable(contract, agent)
          : task.table.slice()
      const stepSize = stepSizeAt(contract.stepSize, task.step, contract.discount)
      for (let t = 0; t < task.steps; t++) sweep(table, mdp, outcomes, stream, stepSize)
      const changes = table.map((value, entry) => value - (task.table[entry] as number))
      return { state: stream, update: { agent, round: task.round, entries: null, changes, visits: null } }
    },
  }
}

/** Eq. (12) for all pairs at once: bootstraps from the values V before the step. */
function sweep(table: Float64Array, mdp: Mdp, outcomes: AliasTables, stream: Stream, stepSize: number): void {
  const { states, actions, discount } = mdp
  const values = Float64Array.from({ length: states }, (_, state) => rowMax(table, state * actions, actions))
  for (let pair = 0; pair < table.length; pair++) {
    if (mdp.terminal[Math.floor(pair / actions)] === 1) continue
    const outcome = (mdp.start[pair] as number) + pick(outcomes, pair, nextWord(stream))
    const next = mdp.next[outcome] as number
    const value = mdp.terminal[next] === 1 ? 0 : (values[next] as number)
    table[pair] = qStep(table[pair] as number, mdp.reward[outcome] as number, value, stepSize, discount)
  }
}
