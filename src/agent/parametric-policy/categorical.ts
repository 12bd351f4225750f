/** The head for finitely many actions: softmax of the outputs of a map. */
import { choose } from '../../numeric/choose.ts'
import { exp, log } from '../../numeric/elementary.ts'
import { nextWord } from '../../numeric/stream.ts'
import type { Point } from '../environment.ts'
import type { DiscretePolicy, DiscretePolicyAt } from '../parametric-policy.ts'
import { describePoint } from './parametric-map.ts'
import type { MapAt, ParametricMap } from './parametric-map.ts'
import { remembering } from './remembering.ts'

/** pi(a | observation) = exp f_a / sum_b exp f_b, f the outputs of the map, one for each action. */
export const categoricalPolicy = (map: ParametricMap): DiscretePolicy => ({
  size: map.size,
  shared: map.shared,
  actions: map.outputs,
  initial: (stream) => map.initial(stream),
  at: (theta) => policyAt(map.at(theta), map.outputs),
})

function policyAt(map: MapAt, actions: number): DiscretePolicyAt {
  const logits = new Float64Array(actions)
  const pi = new Float64Array(actions)
  const delta = new Float64Array(actions)
  let logTotal = 0
  const observe = remembering((observation) => {
    map.forward(observation, logits)
    logTotal = softmax(logits, pi)
  })
  return {
    act(observation, stream) {
      observe(observation)
      return choose(pi, nextWord(stream))
    },
    probabilities(observation) {
      observe(observation)
      return pi.slice()
    },
    logProbability(observation, action) {
      observe(observation)
      return (logits[indexOf(action, actions)] as number) - logTotal
    },
    addScore(observation, action, weight, into) {
      observe(observation)
      const taken = indexOf(action, actions)
      // d log pi(a) / d f_b = 1[a = b] - pi(b)
      for (let b = 0; b < actions; b++) delta[b] = -weight * (pi[b] as number)
      delta[taken] = (delta[taken] as number) + weight
      map.backward(delta, into)
    },
  }
}

function indexOf(action: Point, actions: number): number {
  if (typeof action === 'number' && Number.isInteger(action) && action >= 0 && action < actions) return action
  throw new RangeError(
    `categoricalPolicy: action must be an integer in [0, ${actions}), got ${describePoint(action)}`,
  )
}

/** Writes pi, turns the logits f into f - max f, and returns log sum exp (f - max f): stable for any finite logits. */
function softmax(logits: Float64Array, pi: Float64Array): number {
  let most = -Infinity
  for (let a = 0; a < pi.length; a++) most = Math.max(most, logits[a] as number)
  let total = 0
  for (let a = 0; a < pi.length; a++) {
    const logit = (logits[a] as number) - most
    const weight = exp(logit)
    logits[a] = logit
    pi[a] = weight
    total += weight
  }
  for (let a = 0; a < pi.length; a++) pi[a] = (pi[a] as number) / total
  return log(total)
}
