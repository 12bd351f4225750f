import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dirichlet, gamma, normal } from './draw.ts'
import { NOBODY, Purpose, streamOf } from './stream.ts'

const N = 40_000
const stream = (seed: number) => streamOf(seed, NOBODY, Purpose.model)

/** Mean and variance of N draws. */
function moments(draw: () => number): { mean: number; variance: number } {
  let sum = 0
  let squares = 0
  for (let i = 0; i < N; i++) {
    const x = draw()
    sum += x
    squares += x * x
  }
  return { mean: sum / N, variance: squares / N - (sum / N) ** 2 }
}

describe('normal', () => {
  it('has mean 0, variance 1 and the tails of the normal law', () => {
    const s = stream(1)
    const { mean, variance } = moments(() => normal(s))
    expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(N))
    expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / N))
    const beyond = moments(() => (Math.abs(normal(s)) > 1.959964 ? 1 : 0)).mean
    expect(Math.abs(beyond - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / N))
  })
})

describe('gamma', () => {
  // Mean a and variance a; the fourth central moment 3a^2 + 6a gives the error of the variance.
  for (const shape of [0.05, 0.3, 1, 2.5, 40])
    it(`of shape ${shape} has mean and variance equal to the shape`, () => {
      const s = stream(2)
      const { mean, variance } = moments(() => gamma(s, shape))
      expect(Math.abs(mean - shape)).toBeLessThan(4 * Math.sqrt(shape / N))
      expect(Math.abs(variance - shape)).toBeLessThan(4 * Math.sqrt((2 * shape * shape + 6 * shape) / N))
    })
  it('of shape 1 is exponential', () => {
    const s = stream(3)
    const beyond = moments(() => (gamma(s, 1) > 1 ? 1 : 0)).mean
    expect(Math.abs(beyond - 0.36787944117144233)).toBeLessThan(4 * Math.sqrt(0.2325 / N))
  })
  it('refuses shapes that are not positive and finite', () => {
    for (const shape of [0, -1, NaN, Infinity])
      expect(() => gamma(stream(1), shape)).toThrow(`gamma: shape must be a finite number > 0, got ${shape}`)
  })
})

describe('dirichlet', () => {
  it('gives probabilities for every concentration and length', () => {
    const concentration = fc.double({ min: 1e-4, max: 1e4, noNaN: true })
    fc.assert(
      fc.property(fc.nat(), concentration, fc.integer({ min: 1, max: 40 }), (seed, alpha, n) => {
        const point = dirichlet(stream(seed), alpha, n)
        expect(point.length).toBe(n)
        expect(point.every((x) => x >= 0 && x <= 1)).toBe(true)
        expect(Math.abs(point.reduce((a, b) => a + b) - 1)).toBeLessThan(1e-12)
      }),
      { numRuns: 300, seed: 5 },
    )
  })
  for (const alpha of [0.01, 0.3, 1, 5])
    it(`of concentration ${alpha} has the moments of the law`, () => {
      const s = stream(4)
      const n = 4
      const { mean, variance } = moments(() => dirichlet(s, alpha, n)[2] as number)
      const exact = (n - 1) / (n * n * (n * alpha + 1))
      expect(Math.abs(mean - 1 / n)).toBeLessThan(4 * Math.sqrt(exact / N))
      expect(Math.abs(variance - exact)).toBeLessThan(4 * Math.sqrt(exact / N))
    })
  it('refuses a concentration or a length out of range', () => {
    expect(() => dirichlet(stream(1), 0, 3)).toThrow('concentration must be a finite number > 0, got 0')
    expect(() => dirichlet(stream(1), 1, 0)).toThrow('n must be an integer >= 1, got 0')
  })
  it('gives these very bits', () => {
    // Recorded once from this implementation: a change here changes published results.
    expect([...dirichlet(stream(1), 0.3, 3)]).toEqual([
      0.1292424812392694, 0.003912497709907813, 0.8668450210508228,
    ])
  })
})
