/** The perceptron against a few lines of Math.tanh, its start and its own head. */
import { describe, expect, it } from 'vitest'
import { streamOf } from '../../numeric/stream.ts'
import type { Space } from '../environment.ts'
import { gaussianPolicy } from './gaussian.ts'
import { perceptron } from './perceptron.ts'

const space: Space = { kind: 'box', low: new Float64Array(2), high: new Float64Array(2) }

describe('perceptron', () => {
  it('is W_2 tanh(W_1 x + b_1) + b_2, theta in that order', () => {
    const map = perceptron(space, [3], 2)
    const theta = Float64Array.from({ length: 17 }, (_, i) => ((i * 0.618) % 1) - 0.5)
    const outputs = new Float64Array(2)
    map.at(theta).forward(Float64Array.of(0.3, -1.2), outputs)
    const t = (i: number): number => theta[i] as number
    const hidden = [0, 1, 2].map((o) => Math.tanh(t(2 * o) * 0.3 + t(2 * o + 1) * -1.2 + t(6 + o)))
    for (const o of [0, 1]) {
      const slow = hidden.reduce((sum, h, i) => sum + t(9 + 3 * o + i) * h, t(15 + o))
      expect(outputs[o]).toBeCloseTo(slow, 14)
    }
  })

  it('starts with biases 0 and weights of deviation 1 / sqrt(inputs), the last layer 0.01 of that', () => {
    const map = perceptron(space, [200, 100], 2)
    const theta = map.initial(streamOf(1, 0, 7))
    const deviation = (from: number, n: number): number =>
      Math.sqrt(theta.subarray(from, from + n).reduce((sum, w) => sum + w * w, 0) / n)
    expect(theta.subarray(400, 600).every((b) => b === 0)).toBe(true)
    expect(deviation(0, 400)).toBeCloseTo(Math.SQRT1_2, 0)
    expect(deviation(600, 20000)).toBeCloseTo(1 / Math.sqrt(200), 2)
    const last = 600 + 20100
    expect(deviation(last, 200) * Math.sqrt(100) * 100).toBeGreaterThan(0.7)
    expect(deviation(last, 200) * Math.sqrt(100) * 100).toBeLessThan(1.3)
    expect(map.size).toBe(last + 202)
  })

  it('shares everything, or all but the last layer and, of normal actions, their deviations', () => {
    const [common, own] = [perceptron(space, [3], 2), perceptron(space, [3], 2, { ownHead: true })]
    expect([common.size, common.shared]).toEqual([17, 17])
    expect([own.size, own.shared]).toEqual([17, 9])
    expect(gaussianPolicy(common).shared).toBe(19)
    expect([gaussianPolicy(own).size, gaussianPolicy(own).shared]).toEqual([19, 9])
  })

  it('refuses layers without units and observations of another length', () => {
    expect(() => perceptron(space, [3, 0], 2)).toThrow('units of layer 2 must be an integer >= 1, got 0')
    const at = perceptron(space, [3], 2).at(new Float64Array(17))
    expect(() => at.forward(Float64Array.of(1), new Float64Array(2))).toThrow(
      'perceptron: observation must be a vector of 2 numbers, got 1 numbers',
    )
  })
})
