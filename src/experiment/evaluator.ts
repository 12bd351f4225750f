/** The metrics of Q-learning, measured on a table with the truth beside it. */
import type { Mdp } from '../mdp/mdp.ts'
import { greedyEvaluator } from '../mdp/greedy.ts'
import { solveOptimal } from '../mdp/solve.ts'
import type { Metric } from './experiment.ts'

/** What a run has cost so far, all agents together. */
export interface Cost {
  /** transitions drawn */
  readonly samples: number
  /** averagings */
  readonly rounds: number
  /** encoded frames, both ways */
  readonly bytes: number
}

/** What is measured: tables of independent learners are measured one by one, and the mean over agents is told. */
export interface Measured {
  /** max |Q - Q*| */
  distance(): number
  /** [S * A], or [K * S * A] for independent learners */
  table(): Float64Array
}

/** Measures one metric. */
export type Evaluate = (metric: Metric, measured: Measured, cost: Cost) => number

/** J*, Q* of a model, solved once for all runs of this process that share it. */
const truths = new WeakMap<Mdp, ReturnType<typeof truthOf>>()

function truthOf(mdp: Mdp) {
  const { q, bound } = solveOptimal(mdp)
  const returnOf = greedyEvaluator(mdp)
  const alive = Uint32Array.from(q.keys()).filter(
    (pair) => mdp.terminal[Math.floor(pair / mdp.actions)] !== 1,
  )
  const counted = new Float64Array(q.length).fill(NaN)
  for (const pair of alive) counted[pair] = q[pair] as number
  return { q, counted, bound, alive, returnOf, best: returnOf(q) }
}

/** The truth of a model: Q* with its bound, Q* with NaN for pairs that do not count (terminal), those that do, J of a greedy policy, J*. */
export function truth(mdp: Mdp): ReturnType<typeof truthOf> {
  const known = truths.get(mdp) ?? truthOf(mdp)
  truths.set(mdp, known)
  return known
}

/**
 * The metrics as a function of a table.
 * @param mdp the model, or null where none is known: then only `samples`, `rounds` and `bytes` can be asked for
 */
export function evaluator(mdp: Mdp | null): Evaluate {
  return (metric, measured, cost) => {
    if (metric === 'samples' || metric === 'rounds' || metric === 'bytes') return cost[metric]
    if (mdp === null) throw new RangeError(`evaluator: metric ${metric} needs a model, and none is known`)
    if (metric === 'error') return measured.distance()
    if (metric === 'normalizedError') return (1 - mdp.discount) * measured.distance()
    return meanOverTables(measured.table(), mdp.states * mdp.actions, (one) => measure(metric, mdp, one))
  }
}

function meanOverTables(
  table: Float64Array,
  entries: number,
  measureOne: (one: Float64Array) => number,
): number {
  let sum = 0
  for (let from = 0; from < table.length; from += entries)
    sum += measureOne(table.subarray(from, from + entries))
  return sum / (table.length / entries)
}

/** rmse over pairs; return = J of the greedy policy, gap = J* - J. */
function measure(metric: 'rmse' | 'return' | 'gap', mdp: Mdp, table: Float64Array): number {
  const { q, alive, returnOf, best } = truth(mdp)
  switch (metric) {
    case 'rmse':
      return Math.sqrt(squaredDifference(table, q, alive) / alive.length)
    case 'return':
      return returnOf(table)
    case 'gap':
      return best - returnOf(table)
  }
}

function squaredDifference(table: Float64Array, q: Float64Array, pairs: Uint32Array): number {
  let sum = 0
  for (let i = 0; i < pairs.length; i++) {
    const pair = pairs[i] as number
    const difference = (table[pair] as number) - (q[pair] as number)
    sum += difference * difference
  }
  return sum
}
