/** FedAsynQ for many agents on one shared table: walk, count, update, fold, finish. Woo, Joshi, Chi 2025, Algorithm 2. */
import { accumulators, finishRound, foldEntry, powers } from '../../numeric/fold.ts'
import type { Accumulators } from '../../numeric/fold.ts'
import { drawInitialTable, initialTable } from '../../numeric/initial-table.ts'
import { qStep, rowMax } from '../../numeric/q-update.ts'
import { NOBODY, Purpose, streamOf } from '../../numeric/stream.ts'
import type { SingleProblem, SingleRun } from '../single.ts'
import { blockSize, emptyBlock } from '../block.ts'
import type { Block, Walker } from '../walk.ts'

/** The agent at work: its table equals the common one before and after its turn. */
interface Turn {
  /** [S * A + A] the last row stays 0, for terminated steps */
  readonly local: Float64Array
  /** [S * A] visits in this round */
  readonly visits: Uint32Array
  /** the first `size` are the entries visited in this round */
  readonly touched: Uint32Array
  size: number
}

/** A run of `fed-asyn-q`. */
export function asynchronousRun(problem: SingleProblem, walker: Walker): SingleRun {
  const { agents, actions, discount } = problem
  const entries = problem.states * actions
  const size = blockSize(agents, problem.syncPeriod)
  const block = emptyBlock(size)
  const table = initialTable(problem, NOBODY)
  const into = accumulators(entries)
  const reported = new Uint32Array(agents)
  const touched = new Uint32Array(
    problem.initial === 'perAgent' ? entries : Math.min(entries, problem.syncPeriod),
  )
  const turn: Turn = {
    local: new Float64Array(entries + actions),
    visits: new Uint32Array(entries),
    touched,
    size: 0,
  }
  turn.local.set(table)
  let ownTables = problem.initial === 'perAgent'

  return {
    table,
    reported,
    round(steps, stepSize) {
      const power = powers(problem.averaging === 'importance' ? 1 - stepSize : 1, steps)
      const together = steps <= size.steps ? size.agents : 1
      for (let first = 0; first < agents; first += together) {
        const n = Math.min(together, agents - first)
        for (let done = 0; done < steps; done += size.steps) {
          const part = Math.min(size.steps, steps - done)
          walker.walk(first, n, part, block)
          for (let i = 0; i < n; i++) {
            if (ownTables && done === 0) begin(turn, problem, first + i)
            count(turn, block, i, n, part)
            update(turn.local, block, i, n, part, actions, stepSize, discount)
            if (done + part < steps) continue
            if (ownTables) touchAll(turn, entries)
            reported[first + i] = turn.size
            fold(turn, table, into, power)
          }
        }
      }
      const folded = into.size
      finishRound(into, power, agents, table)
      for (let j = 0; j < folded; j++)
        turn.local[into.touched[j] as number] = table[into.touched[j] as number] as number
      ownTables = false
    },
  }
}

/** Gives the agent an initial table of its own. */
function begin({ local }: Turn, problem: SingleProblem, agent: number): void {
  const stream = streamOf(problem.initialSeed, agent, Purpose.initial)
  drawInitialTable(local.subarray(0, problem.states * problem.actions), stream, problem)
}

/** Counts visits. A pass of its own: it fetches what the update pass will need. */
function count(turn: Turn, { pair }: Block, i: number, n: number, steps: number): void {
  const { visits, touched } = turn
  let size = turn.size
  for (let t = 0, at = i; t < steps; t++, at += n) {
    const entry = pair[at] as number
    const before = visits[entry] as number
    if (before === 0) touched[size++] = entry
    visits[entry] = before + 1
  }
  turn.size = size
}

/** Eq. (23) along the trajectory. */
function update(
  local: Float64Array,
  block: Block,
  i: number,
  n: number,
  steps: number,
  actions: number,
  stepSize: number,
  discount: number,
): void {
  const { pair, row, reward } = block
  for (let t = 0, at = i; t < steps; t++, at += n) {
    const entry = pair[at] as number
    const value = rowMax(local, row[at] as number, actions)
    local[entry] = qStep(local[entry] as number, reward[at] as number, value, stepSize, discount)
  }
}

/** An agent whose table is its own reports every entry, visited or not. */
function touchAll(turn: Turn, entries: number): void {
  for (let entry = 0; entry < entries; entry++) turn.touched[entry] = entry
  turn.size = entries
}

/** Folds the agent's changes and puts the common values back. */
function fold(turn: Turn, table: Float64Array, into: Accumulators, power: Float64Array): void {
  const { local, visits, touched, size } = turn
  for (let j = 0; j < size; j++) {
    const entry = touched[j] as number
    const common = table[entry] as number
    foldEntry(into, power, entry, (local[entry] as number) - common, visits[entry] as number)
    local[entry] = common
    visits[entry] = 0
  }
  turn.size = 0
}
