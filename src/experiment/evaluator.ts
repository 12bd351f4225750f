/** The metrics of Q-learning, measured on a table with the truth beside it. */
import type { Mdp } from '../mdp/mdp.ts'
import { greedyEvaluator } from '../mdp/greedy.ts'
import { optimalTable } from '../mdp/solve.ts'
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

/** What is known of a model's optimum. */
interface Truth {
  /** [S * A] Q* */
  readonly q: Float64Array
  /** [S * A] Q*, NaN for the pairs that do not count: those of terminal states */
  readonly counted: Float64Array
  /** max |q - Q*| is at most this */
  readonly bound: number
  /** the pairs that count */
  readonly alive: Uint32Array
}

/** Solved once for all runs of this process that share the model. */
const truths = new WeakMap<Mdp, Truth>()

function truthOf(mdp: Mdp): Truth {
  const { q, bound } = optimalTable(mdp)
  const alive = new Uint32Array(q.length)
  const counted = new Float64Array(q.length).fill(NaN)
  let size = 0
  for (let pair = 0; pair < q.length; pair++) {
    if (mdp.terminal[Math.floor(pair / mdp.actions)] === 1) continue
    alive[size++] = pair
    counted[pair] = q[pair] as number
  }
  return { q, counted, bound, alive: alive.subarray(0, size) }
}

/** The optimum of a model. */
export function truth(mdp: Mdp): Truth {
  const known = truths.get(mdp) ?? truthOf(mdp)
  truths.set(mdp, known)
  return known
}

/** J of greedy policies and J*, apart from the optimum: to evaluate a policy takes as long as to solve, and few metrics ask for it. */
const returns = new WeakMap<Mdp, ReturnType<typeof greedyEvaluator>>()
const optimalReturns = new WeakMap<Mdp, number>()

function returnOf(mdp: Mdp, table: Float64Array): number {
  const known = returns.get(mdp) ?? greedyEvaluator(mdp)
  returns.set(mdp, known)
  return known(table)
}

/** J*. */
function optimalReturn(mdp: Mdp): number {
  const known = optimalReturns.get(mdp) ?? returnOf(mdp, truth(mdp).q)
  optimalReturns.set(mdp, known)
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
  switch (metric) {
    case 'rmse':
      return rootMeanSquare(table, truth(mdp))
    case 'return':
      return returnOf(mdp, table)
    case 'gap':
      return optimalReturn(mdp) - returnOf(mdp, table)
  }
}

function rootMeanSquare(table: Float64Array, { q, alive }: Truth): number {
  let sum = 0
  for (let i = 0; i < alive.length; i++) {
    const pair = alive[i] as number
    const difference = (table[pair] as number) - (q[pair] as number)
    sum += difference * difference
  }
  return Math.sqrt(sum / alive.length)
}
