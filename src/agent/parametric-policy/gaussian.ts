/** The head for vectors of actions: independent normal actions around the outputs of a map. */
import { exp } from '../../numeric/elementary.ts'
import { normal } from '../../numeric/draw.ts'
import type { ParametricPolicy, PolicyAt } from '../parametric-policy.ts'
import type { Point } from '../environment.ts'
import { describePoint } from './parametric-map.ts'
import type { MapAt, ParametricMap } from './parametric-map.ts'
import { remembering } from './remembering.ts'

/** log sqrt(2 pi). */
const LOG_ROOT_TWO_PI = 0.9189385332046727

/**
 * pi(. | observation) = normal with mean f(observation) [m] and standard deviations exp(s) [m] that are the same for every observation;
 * theta is that of the map and then s, which starts at 0. An own head takes s with it. Actions are not clipped: the environment's caller
 * does that, and log pi is the density of the action that was drawn.
 */
export function gaussianPolicy(map: ParametricMap): ParametricPolicy {
  const size = map.size + map.outputs
  return {
    size,
    shared: map.shared === map.size ? size : map.shared,
    initial(stream) {
      const theta = new Float64Array(size)
      theta.set(map.initial(stream))
      return theta
    },
    at: (theta) => policyAt(map.at(theta), theta.subarray(map.size, size), map.size),
  }
}

function policyAt(map: MapAt, logDeviation: Float64Array, offset: number): PolicyAt {
  const actions = logDeviation.length
  const mean = new Float64Array(actions)
  const delta = new Float64Array(actions)
  const deviation = logDeviation.map((s) => exp(s))
  const observe = remembering((observation) => map.forward(observation, mean))
  return {
    act(observation, stream) {
      observe(observation)
      return mean.map((m, j) => m + (deviation[j] as number) * normal(stream))
    },
    logProbability(observation, action) {
      observe(observation)
      const taken = vectorOf(action, actions)
      let sum = 0
      for (let j = 0; j < actions; j++) {
        const z = ((taken[j] as number) - (mean[j] as number)) / (deviation[j] as number)
        sum -= 0.5 * z * z + (logDeviation[j] as number) + LOG_ROOT_TWO_PI
      }
      return sum
    },
    addScore(observation, action, weight, into) {
      observe(observation)
      const taken = vectorOf(action, actions)
      for (let j = 0; j < actions; j++) {
        const z = ((taken[j] as number) - (mean[j] as number)) / (deviation[j] as number)
        // d log pi / d f_j = z / deviation, d log pi / d s_j = z^2 - 1
        delta[j] = (weight * z) / (deviation[j] as number)
        into[offset + j] = (into[offset + j] as number) + weight * (z * z - 1)
      }
      map.backward(delta, into)
    },
  }
}

function vectorOf(action: Point, length: number): Float64Array {
  if (typeof action !== 'number' && action.length === length) return action
  throw new RangeError(
    `gaussianPolicy: action must be a vector of ${length} numbers, got ${describePoint(action)}`,
  )
}
