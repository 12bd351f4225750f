/** The problems of the benchmarks: random Mdps and behaviours of given sizes, dense or sparse, with rewards that depend on the pair. */
import type { Mdp } from '../src/mdp/mdp.ts'
import type { PolicySet } from '../src/mdp/policy.ts'
import { NOBODY, Purpose, below, streamOf, uniform } from '../src/numeric/stream.ts'
import type { Stream } from '../src/numeric/stream.ts'

/** eta and gamma of every benchmark. */
export const STEP_SIZE = 0.1
export const DISCOUNT = 0.95

/** The two rules of averaging, side by side in a pair of lanes. */
export const AVERAGINGS = ['equal', 'importance'] as const
export type Averaging = (typeof AVERAGINGS)[number]

/** One size of problem, and how it is learnt. */
export interface Cell {
  readonly states: number
  readonly actions: number
  readonly kind: 'dense' | 'sparse'
  readonly agents: number
  readonly tau: number
}

/** Successors of a pair in a sparse problem. */
export const SPARSE_SUCCESSORS = 10

const fillSimplex = (stream: Stream, row: Float64Array): void => {
  let total = 0
  row.forEach((_, i) => {
    const u = uniform(stream)
    row[i] = u * u + 0.02
    total += u * u + 0.02
  })
  row.forEach((weight, i) => (row[i] = weight / total))
}

/** A random Mdp: every state is a successor of every pair, or {@link SPARSE_SUCCESSORS} random ones. */
export function benchMdp(states: number, actions: number, dense: boolean): Mdp {
  const stream = streamOf(1, NOBODY, Purpose.model)
  const pairs = states * actions
  const outcomes = dense ? states : SPARSE_SUCCESSORS
  const probability = new Float64Array(pairs * outcomes)
  const reward = new Float64Array(pairs * outcomes)
  for (let pair = 0; pair < pairs; pair++) {
    fillSimplex(stream, probability.subarray(pair * outcomes, (pair + 1) * outcomes))
    reward.fill(uniform(stream), pair * outcomes, (pair + 1) * outcomes)
  }
  return {
    states,
    actions,
    discount: DISCOUNT,
    initial: new Float64Array(states).fill(1 / states),
    terminal: new Uint8Array(states),
    start: Uint32Array.from({ length: pairs + 1 }, (_, pair) => pair * outcomes),
    next: Uint32Array.from({ length: pairs * outcomes }, (_, i) =>
      dense ? i % outcomes : below(stream, states),
    ),
    probability,
    reward,
  }
}

/** A random behaviour for each agent. */
export function benchBehaviors({ states, actions }: Mdp, agents: number): PolicySet {
  const stream = streamOf(1, NOBODY, Purpose.behavior)
  const tables = Array.from({ length: agents }, () => {
    const policy = new Float64Array(states * actions)
    for (let state = 0; state < states; state++)
      fillSimplex(stream, policy.subarray(state * actions, (state + 1) * actions))
    return policy
  })
  return { tables, of: Uint32Array.from(tables.keys()) }
}
