/** Features at points where they are known. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Point } from '../../environment.ts'
import { activeFeatures } from '../features.ts'
import type { Features } from '../features.ts'
import { fourier, radialBasis, tiles } from './box.ts'
import { matrixFeatures, oneHot } from './finite.ts'

/** phi at an observation, [F]. */
function phi(features: Features, observation: Point): number[] {
  const active = activeFeatures(features)
  features.encode(observation, active)
  const dense = Array.from({ length: features.size }, () => 0)
  for (let i = 0; i < active.count; i++)
    dense[active.index[i] as number] = (dense[active.index[i] as number] as number) + (active.value[i] as number) // prettier-ignore
  return dense
}

const ones = (features: Features, ...x: number[]): number[] =>
  phi(features, Float64Array.from(x)).flatMap((value, i) => (value === 1 ? [i] : []))

const line = { low: Float64Array.of(0), high: Float64Array.of(4) }
const square = { low: Float64Array.of(-1, 0), high: Float64Array.of(1, 4) }

describe('features of states', () => {
  it('are the states themselves', () => {
    expect(phi(oneHot(3), 1)).toEqual([0, 1, 0])
  })

  it('are the rows of a matrix', () => {
    expect(phi(matrixFeatures(Float64Array.of(1, 2, 3, 4), 2), 1)).toEqual([3, 4])
    expect(() => matrixFeatures(new Float64Array(5), 2)).toThrow('2 equal rows, got 5 numbers')
    expect(() => matrixFeatures(Float64Array.of(1, NaN), 2)).toThrow(
      'entry 1 must be a finite number, got NaN',
    )
  })
})

describe('tile coding', () => {
  it('is a grid where there is one tiling', () => {
    const grid = tiles(line, { tiles: 4, tilings: 1 })
    expect(grid.size).toBe(4)
    expect([0, 0.99, 1, 3.5, 4, -7, 9].map((x) => ones(grid, x))).toEqual([[0], [0], [1], [3], [3], [0], [3]]) // prettier-ignore
  })

  it('moves every tiling by its part of a cell, dimension d by 2 d + 1 times as much', () => {
    const coding = tiles(square, { tiles: 2, tilings: 4 })
    expect(coding.size).toBe(4 * 9)
    // u = (0.2, 0.6) is (0.4, 1.2) cells; moved by (0, 0), (1/4, 3/4), (2/4, 2/4), (3/4, 1/4)
    expect(ones(coding, -0.6, 2.4)).toEqual([1, 9 + 1, 18 + 1, 27 + 3 + 1])
  })

  it('has one active tile in each tiling, everywhere', () => {
    const coding = tiles(square, { tiles: 3, tilings: 5 })
    fc.assert(
      fc.property(fc.double({ noNaN: true }), fc.double({ noNaN: true }), (x, y) => {
        expect(ones(coding, x, y).map((i) => Math.floor(i / 16))).toEqual([0, 1, 2, 3, 4])
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

describe('radial basis functions', () => {
  it('are Gaussians around the points of a grid, as wide as its spacing', () => {
    const bumps = radialBasis(square, 3)
    // the centres lie at -1, 0, 1 and 0, 2, 4; (0, 4) is number 1 * 3 + 2
    const at = phi(bumps, Float64Array.of(0, 4))
    expect(at[5]).toBe(1)
    expect(at[4]).toBeCloseTo(Math.exp(-1 / 2), 15)
    expect(at[2]).toBeCloseTo(Math.exp(-1 / 2), 15)
    expect(at[0]).toBeCloseTo(Math.exp(-(1 + 4) / 2), 15)
  })
})

describe('the Fourier basis', () => {
  it('is cos(pi c . u) for all couplings c', () => {
    const basis = fourier(square, 2)
    expect(basis.size).toBe(9)
    const [u, v] = [0.3, 0.85]
    const at = phi(basis, Float64Array.of(-1 + 2 * u, 4 * v))
    for (const [i, value] of at.entries())
      expect(value).toBeCloseTo(Math.cos(Math.PI * (Math.floor(i / 3) * u + (i % 3) * v)), 13)
  })
})

describe.each([
  ['tiles', (box: typeof square) => tiles(box, { tiles: 3, tilings: 2 })],
  ['radialBasis', (box: typeof square) => radialBasis(box, 3)],
  ['fourier', (box: typeof square) => fourier(box, 3)],
] as const)('%s', (name, build) => {
  it('clips what lies outside of its box', () => {
    const features = build(square)
    expect(phi(features, Float64Array.of(-9, 99))).toEqual(phi(features, Float64Array.of(-1, 4)))
  })

  it('refuses bounds that are not finite, and other observations', () => {
    const open = { low: square.low, high: Float64Array.of(1, Infinity) }
    expect(() => build(open)).toThrow(
      `${name}: bounds of dimension 1 must be finite with low < high, got [0, Infinity]; mlp needs no bounds`,
    )
    expect(() => phi(build(square), 2)).toThrow(`${name}: observation must be a vector of 2 numbers, got 2`)
    expect(() => phi(build(square), Float64Array.of(1))).toThrow('got 1 numbers')
  })
})

it('refuses more than 10^5 features', () => {
  const box = { low: new Float64Array(6).fill(-1), high: new Float64Array(6).fill(1) }
  expect(() => fourier(box, 6)).toThrow(
    'fourier: expected at most 100000 features, got 117649 for 6 dimensions',
  )
  expect(() => tiles(box, { tiles: 5, tilings: 8 })).toThrow('got 373248')
  expect(() => radialBasis(box, 7)).toThrow('got 117649')
})
