/** Dense layers against loops that read like the formulas, to the last bit. */
import { describe, expect, it } from 'vitest'
import { addOuter, denseBackward, denseForward } from './dense.ts'
import type { Dense } from './dense.ts'

const numbers = (n: number, step: number): Float64Array =>
  Float64Array.from({ length: n }, (_, i) => ((i * step) % 2) - 1)

describe.each([
  [1, 1],
  [3, 2],
  [5, 4],
  [4, 7],
  [64, 66],
])('a layer of %d inputs and %d outputs', (inputs, outputs) => {
  const layer: Dense = { inputs, outputs, weights: 3, biases: 3 + inputs * outputs }
  const theta = numbers(layer.biases + outputs + 2, 0.6180339887)
  const x = numbers(inputs, 0.4142135624)
  const delta = numbers(outputs, 0.7320508076)
  const w = (o: number, i: number): number => theta[layer.weights + o * inputs + i] as number

  it('is b + W x', () => {
    const y = new Float64Array(outputs).fill(9)
    denseForward(layer, theta, x, y)
    const slow = y.map((_, o) => x.reduce((sum, xi, i) => sum + w(o, i) * xi, theta[layer.biases + o] as number)) // prettier-ignore
    expect(y).toEqual(slow)
  })

  it('goes back by the transpose of W', () => {
    const back = new Float64Array(inputs).fill(9)
    denseBackward(layer, theta, delta, back)
    expect(back).toEqual(back.map((_, i) => delta.reduce((sum, d, o) => sum + w(o, i) * d, 0)))
  })

  it('adds delta x^T and delta, and nothing beside them', () => {
    const into = numbers(theta.length, 0.3)
    const slow = into.slice()
    for (let o = 0; o < outputs; o++) {
      const [row, d] = [layer.weights + o * inputs, delta[o] as number]
      for (let i = 0; i < inputs; i++) slow[row + i] = (slow[row + i] as number) + d * (x[i] as number)
      slow[layer.biases + o] = (slow[layer.biases + o] as number) + d
    }
    addOuter(layer, delta, x, into)
    expect(into).toEqual(slow)
  })
})
