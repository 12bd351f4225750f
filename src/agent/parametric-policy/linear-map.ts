/** Outputs linear in features: f_j = sum_i theta[i, j] phi_i(observation). With the features of one-hot coding that is a table. */
import { activeFeatures } from './features.ts'
import type { Features } from './features.ts'
import type { ParametricMap } from './parametric-map.ts'

/**
 * The linear map of features, theta [F, m] row by row, starting at 0.
 * @param outputs m >= 1
 */
export function linearMap(features: Features, outputs: number): ParametricMap {
  const size = features.size * outputs
  return {
    size,
    shared: size,
    outputs,
    initial: () => new Float64Array(size),
    at(theta) {
      const active = activeFeatures(features)
      return {
        forward(observation, into) {
          features.encode(observation, active)
          into.fill(0)
          for (let i = 0; i < active.count; i++) {
            const row = (active.index[i] as number) * outputs
            const value = active.value[i] as number
            for (let j = 0; j < outputs; j++)
              into[j] = (into[j] as number) + value * (theta[row + j] as number)
          }
        },
        backward(delta, into) {
          for (let i = 0; i < active.count; i++) {
            const row = (active.index[i] as number) * outputs
            const value = active.value[i] as number
            for (let j = 0; j < outputs; j++)
              into[row + j] = (into[row + j] as number) + value * (delta[j] as number)
          }
        },
      }
    },
  }
}
