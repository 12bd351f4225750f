import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { intervalAt } from './judge.ts'
import { averaged, exponential, powerLaw, slopeOfMeans } from './rate.ts'

const samples = (round: number, values: readonly number[]) => ({
  step: 10 * round,
  round,
  seeds: values.map((_, i) => i + 1),
  values,
})

describe('powerLaw and exponential', () => {
  it('find the law that the points follow', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -3, max: 3, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (slope, scale) => {
          const xs = [1, 2, 5, 9, 20]
          const power = powerLaw(xs.map((x) => [x, scale * x ** slope]))
          expect(power.slope).toBeCloseTo(slope, 9)
          expect(power.intercept).toBeCloseTo(Math.log(scale), 9)
          const rate = exponential(xs.map((x) => [x, scale * Math.exp(slope * x)]))
          expect(rate.slope).toBeCloseTo(slope, 9)
          expect(rate.intercept).toBeCloseTo(Math.log(scale), 9)
        },
      ),
      { seed: 1 },
    )
  })

  it('explain all of a straight line, and none of a symmetric bend', () => {
    expect(powerLaw([1, 2, 4].map((x) => [x, 1 / x])).explained).toBeCloseTo(1, 12)
    const bend = exponential([
      [-1, Math.E],
      [0, 1],
      [1, Math.E],
    ])
    expect(bend.slope).toBeCloseTo(0, 12)
    expect(bend.explained).toBeCloseTo(0, 12)
    // By hand: x 0, 1, 2 and log y 0, 1, 1 give slope 1/2, residuals 1/6, and 1 - (1/6)/(2/3).
    expect(
      exponential([
        [0, 1],
        [1, Math.E],
        [2, Math.E],
      ]).explained,
    ).toBeCloseTo(0.75, 12)
  })

  it('call a constant explained', () => {
    expect(exponential([1, 2, 3].map((x) => [x, 7])).explained).toBe(1)
  })
})

describe('slopeOfMeans', () => {
  it('fits the means, not the mean of the fits', () => {
    const xs = [1, 4, 16]
    const ys = xs.map((x, i) =>
      samples(
        x,
        [0.5 / Math.sqrt(x), 1.5 / Math.sqrt(x)].map((y) => y * (i + 1)),
      ),
    )
    const logs = xs.map(Math.log)
    const means = xs.map((x, i) => Math.log((i + 1) / Math.sqrt(x)))
    const centre = logs[1] as number
    const expected =
      logs.reduce((sum, at, i) => sum + (at - centre) * (means[i] as number), 0) /
      logs.reduce((sum, at) => sum + (at - centre) ** 2, 0)
    expect(intervalAt(slopeOfMeans('x', xs, ys)).value).toBeCloseTo(expected, 12)
  })

  it('is -1/2 of 1/sqrt(x), whichever seeds are drawn, over the fewest seeds', () => {
    const xs = [10, 100, 1000]
    const quantity = slopeOfMeans(
      'x',
      xs,
      xs.map((x, i) =>
        samples(
          x,
          [1, 3, 8, 2].slice(i).map(() => 1 / Math.sqrt(x)),
        ),
      ),
    )
    expect(quantity.seeds).toBe(2)
    expect(quantity.statistic(Uint32Array.of(0, 0, 1))).toBeCloseTo(-0.5, 12)
  })
})

describe('averaged', () => {
  it('is the mean over evaluations of each seed', () => {
    const result = averaged([samples(1, [1, 10]), samples(2, [2, 20]), samples(3, [6, 60])])
    expect(result.values).toEqual([3, 30])
    expect(result.round).toBe(3)
  })

  it('refuses no evaluations', () => {
    expect(() => averaged([])).toThrow('averaged: at least one evaluation is needed, got 0')
  })
})
