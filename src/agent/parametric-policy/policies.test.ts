/** Every map under every head keeps the contract of policies. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { softmaxPolicy } from '../../mdp/softmax.ts'
import { nextWord, streamOf } from '../../numeric/stream.ts'
import type { Point, Space } from '../environment.ts'
import { checkDiscretePolicy, checkParametricPolicy } from '../parametric-policy.contract.ts'
import { categoricalPolicy } from './categorical.ts'
import { fourier, radialBasis, tiles } from './features/box.ts'
import { matrixFeatures, oneHot } from './features/finite.ts'
import { gaussianPolicy } from './gaussian.ts'
import { linearMap } from './linear-map.ts'
import { perceptron } from './perceptron.ts'
import { tabularSoftmax } from './tabular-softmax.ts'

const box = { low: Float64Array.of(-1, 0), high: Float64Array.of(1, 4) }
const plane: Space = { kind: 'box', ...box }
const states = fc.integer({ min: 0, max: 4 })
const vectors = (n: number): fc.Arbitrary<Point> =>
  fc
    .array(fc.double({ min: -2, max: 5, noNaN: true }), { minLength: n, maxLength: n })
    .map((xs) => Float64Array.from(xs))
const matrix = Float64Array.from({ length: 15 }, (_, i) => ((i * 0.618) % 1) - 0.4)

describe('tabular softmax', () => {
  checkDiscretePolicy(tabularSoftmax(5, 3), states)

  it('is the tabular softmax of finite problems, to the last bit, and uniform at the start', () => {
    const theta = Float64Array.from({ length: 15 }, (_, i) => ((i * 0.7) % 3) - 1)
    const at = tabularSoftmax(5, 3).at(theta)
    const table = softmaxPolicy(theta, 3)
    for (let s = 0; s < 5; s++) expect(at.probabilities(s)).toEqual(table.subarray(3 * s, 3 * s + 3))
    const policy = tabularSoftmax(2, 4)
    const uniform = policy.at(policy.initial(streamOf(1, 0, 7))).probabilities(0)
    expect(uniform).toEqual(Float64Array.of(0.25, 0.25, 0.25, 0.25))
  })

  it('refuses what is no state, and says what fits vectors', () => {
    const at = tabularSoftmax(5, 3).at(new Float64Array(15))
    expect(() => at.probabilities(Float64Array.of(1, 2))).toThrow(
      'observation must be a state, an integer in [0, 5), got 2 numbers; for vectors, features of a box (tiles, radialBasis, fourier) and mlp fit',
    )
    expect(() => at.probabilities(5)).toThrow('got 5')
    expect(() => at.logProbability(0, 3)).toThrow('action must be an integer in [0, 3), got 3')
  })

  it('takes exactly one word', () => {
    const stream = streamOf(1, 0, 0)
    const twin = streamOf(1, 0, 0)
    tabularSoftmax(5, 3).at(new Float64Array(15)).act(2, stream)
    nextWord(twin)
    expect(stream).toEqual(twin)
  })
})

describe.each([
  ['a matrix', linearMap(matrixFeatures(matrix, 5), 3), states],
  ['one-hot coding', linearMap(oneHot(5), 2), states],
  ['tile coding', linearMap(tiles(box, { tiles: 3, tilings: 4 }), 3), vectors(2)],
  ['radial basis functions', linearMap(radialBasis(box, 3), 2), vectors(2)],
  ['the Fourier basis', linearMap(fourier(box, 2), 3), vectors(2)],
] as const)('softmax of logits linear in %s', (_, map, observations) => {
  checkDiscretePolicy(categoricalPolicy(map), observations)
})

describe.each([
  ['tanh', perceptron(plane, [5, 4], 3), vectors(2)],
  ['identity', perceptron(plane, [6], 2, { activation: 'identity' }), vectors(2)],
  ['no hidden layer', perceptron(plane, [], 3), vectors(2)],
  ['states', perceptron({ kind: 'discrete', n: 5 }, [4], 2), states],
] as const)('softmax of a perceptron with %s', (_, map, observations) => {
  checkDiscretePolicy(categoricalPolicy(map), observations)
})

describe('normal actions around a perceptron', () => {
  checkParametricPolicy(gaussianPolicy(perceptron(plane, [5, 4], 3)), {
    observations: vectors(2),
    actions: vectors(3),
  })
})

describe('normal actions around a linear map', () => {
  checkParametricPolicy(gaussianPolicy(linearMap(fourier(box, 1), 2)), {
    observations: vectors(2),
    actions: vectors(2),
  })
})
