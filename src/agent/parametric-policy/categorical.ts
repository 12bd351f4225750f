/** The head for finitely many actions: softmax of the outputs of a map. */
import { softmaxRow } from '../../mdp/softmax.ts'
import { choose } from '../../numeric/choose.ts'
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
  const logPi = new Float64Array(actions)
  const delta = new Float64Array(actions)
  const observe = remembering((observation) => {
    map.forward(observation, logits)
    softmaxRow(logits, 0, actions, pi, logPi)
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
      return logPi[indexOf(action, actions)] as number
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
