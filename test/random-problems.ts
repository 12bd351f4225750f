/** Small random problems for tests, drawn from keyed streams. */
import type { Log } from '../src/mdp/log.ts'
import type { Mdp } from '../src/mdp/mdp.ts'
import type { PolicySet } from '../src/mdp/policy.ts'
import { NOBODY, Purpose, below, streamOf, uniform } from '../src/numeric/stream.ts'
import type { Stream } from '../src/numeric/stream.ts'

const simplex = (stream: Stream, n: number): number[] => {
  const weights = Array.from({ length: n }, () => uniform(stream) + 0.02)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  return weights.map((weight) => weight / total)
}

/** How a random Mdp is shaped. */
export interface Shape {
  /** every pair has 3 outcomes, in place of 1 to 4 */
  readonly uniformRows?: boolean
  /** rewards depend on the pair only */
  readonly pairRewards?: boolean
}

/** Few outcomes a pair with repeated next states and rewards of their own; the last `terminals` states are terminal. */
export function randomMdp(
  seed: number,
  states: number,
  actions: number,
  discount: number,
  terminals = 0,
  shape: Shape = {},
): Mdp {
  const stream = streamOf(seed, NOBODY, Purpose.model)
  const alive = states - terminals
  const start = [0]
  const next: number[] = []
  const probability: number[] = []
  const reward: number[] = []
  for (let pair = 0; pair < states * actions; pair++) {
    if (pair < alive * actions) {
      const outcomes = shape.uniformRows === true ? 3 : 1 + below(stream, 4)
      const rewardOfPair = uniform(stream)
      for (const p of simplex(stream, outcomes)) {
        next.push(below(stream, states))
        probability.push(p)
        reward.push(shape.pairRewards === true ? rewardOfPair : uniform(stream))
      }
    }
    start.push(next.length)
  }
  const law = simplex(stream, alive)
  return {
    states,
    actions,
    discount,
    initial: Float64Array.from({ length: states }, (_, s) => law[s] ?? 0),
    terminal: Uint8Array.from({ length: states }, (_, s) => (s < alive ? 0 : 1)),
    start: Uint32Array.from(start),
    next: Uint32Array.from(next),
    probability: Float64Array.from(probability),
    reward: Float64Array.from(reward),
  }
}

/** Random behaviours, some agents sharing one. */
export function randomPolicies(seed: number, mdp: Mdp, agents: number): PolicySet {
  const stream = streamOf(seed, NOBODY, Purpose.behavior)
  const distinct = 1 + below(stream, agents)
  const tables = Array.from({ length: distinct }, () =>
    Float64Array.from(Array.from({ length: mdp.states }, () => simplex(stream, mdp.actions)).flat()),
  )
  return { tables, of: Uint32Array.from({ length: agents }, () => below(stream, distinct)) }
}

/** A random log of `length` steps. */
export function randomLog(seed: number, states: number, actions: number, length: number): Log {
  const stream = streamOf(seed, NOBODY, Purpose.start)
  return {
    state: Uint32Array.from({ length }, () => below(stream, states)),
    action: Uint32Array.from({ length }, () => below(stream, actions)),
    reward: Float64Array.from({ length }, () => uniform(stream)),
    next: Uint32Array.from({ length }, () => below(stream, states)),
    terminated: Uint8Array.from({ length }, () => (below(stream, 5) === 0 ? 1 : 0)),
  }
}
