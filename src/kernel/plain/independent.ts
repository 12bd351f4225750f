/** Independent Q-learners: K tables that nobody averages. */
import { initialTable } from '../../numeric/initial-table.ts'
import { qStep, rowMax } from '../../numeric/q-update.ts'
import type { SingleProblem, SingleRun } from '../single.ts'
import { blockSize, emptyBlock } from '../block.ts'
import type { Walker } from '../walk.ts'

/** A run of `q-learning`; a "round" is any number of steps, and averages nothing. */
export function independentRun(problem: SingleProblem, walker: Walker): SingleRun {
  const { agents, actions, discount } = problem
  const entries = problem.states * actions
  const size = blockSize(agents, problem.syncPeriod)
  const block = emptyBlock(size)
  const table = new Float64Array(agents * entries)
  for (let agent = 0; agent < agents; agent++) table.set(initialTable(problem, agent), agent * entries)

  const learn = (agent: number, i: number, n: number, steps: number, stepSize: number): void => {
    const own = table.subarray(agent * entries, (agent + 1) * entries)
    for (let t = 0, at = i; t < steps; t++, at += n) {
      const pair = block.pair[at] as number
      const row = block.row[at] as number
      const value = row === entries ? 0 : rowMax(own, row, actions)
      own[pair] = qStep(own[pair] as number, block.reward[at] as number, value, stepSize, discount)
    }
  }

  return {
    table,
    reported: new Uint32Array(agents),
    round(steps, stepSize) {
      for (let first = 0; first < agents; first += size.agents) {
        const n = Math.min(size.agents, agents - first)
        for (let done = 0; done < steps; done += size.steps) {
          const part = Math.min(size.steps, steps - done)
          walker.walk(first, n, part, block)
          for (let i = 0; i < n; i++) learn(first + i, i, n, part, stepSize)
        }
      }
    },
  }
}
