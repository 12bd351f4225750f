/** FedSynQ for many agents: every step of every agent draws a successor for every pair. Woo, Joshi, Chi 2025, Algorithm 1. */
import { pick } from '../../numeric/alias.ts'
import { accumulators, finishRound, foldEntry, powers } from '../../numeric/fold.ts'
import { initialTable } from '../../numeric/initial-table.ts'
import { qStep, rowMax } from '../../numeric/q-update.ts'
import { NOBODY, Purpose, nextWord, streamOf } from '../../numeric/stream.ts'
import type { Stream } from '../../numeric/stream.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { outcomeSampler } from '../../mdp/sampler.ts'
import type { SingleProblem, SingleRun } from '../single.ts'

/** A run of `fed-syn-q`. */
export function synchronousRun(problem: SingleProblem, mdp: Mdp): SingleRun {
  const { agents, states, actions, discount } = problem
  const outcomes = outcomeSampler(mdp)
  const pairs = Uint32Array.from({ length: states * actions }, (_, pair) => pair).filter(
    (pair) => mdp.terminal[Math.floor(pair / actions)] !== 1,
  )
  const streams = Array.from({ length: agents }, (_, agent) => streamOf(problem.seed, agent, Purpose.walk))
  const table = initialTable(problem, NOBODY)
  const into = accumulators(table.length)
  const equal = powers(1, 0)
  const local = new Float64Array(table.length)
  const values = new Float64Array(states)
  let ownTables = problem.initial === 'perAgent'

  /** Eq. (12) for all pairs at once. Rows of terminal states are 0, and so is their value. */
  const sweep = (stream: Stream, stepSize: number): void => {
    for (let state = 0; state < states; state++) values[state] = rowMax(local, state * actions, actions)
    for (const pair of pairs) {
      const outcome = (mdp.start[pair] as number) + pick(outcomes, pair, nextWord(stream))
      const value = values[mdp.next[outcome] as number] as number
      local[pair] = qStep(local[pair] as number, mdp.reward[outcome] as number, value, stepSize, discount)
    }
  }

  return {
    table,
    reported: new Uint32Array(agents).fill(table.length),
    round(steps, stepSize) {
      for (let agent = 0; agent < agents; agent++) {
        local.set(ownTables ? initialTable(problem, agent) : table)
        for (let t = 0; t < steps; t++) sweep(streams[agent] as Stream, stepSize)
        for (let entry = 0; entry < table.length; entry++)
          foldEntry(into, equal, entry, (local[entry] as number) - (table[entry] as number), 0)
      }
      finishRound(into, equal, agents, table)
      ownTables = false
    },
  }
}
