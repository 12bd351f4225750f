/** The Gaussian head against the normal law. */
import { describe, expect, it } from 'vitest'
import { streamOf } from '../../numeric/stream.ts'
import { oneHot } from './features/finite.ts'
import { gaussianPolicy } from './gaussian.ts'
import { linearMap } from './linear-map.ts'

/** Mean theta[2 s + j] in state s, standard deviations exp(theta[4 + j]). */
const policy = gaussianPolicy(linearMap(oneHot(2), 2))
const theta = Float64Array.of(0, 0, 1, -2, 0, Math.log(3))

describe('gaussianPolicy', () => {
  it('gives the density of independent normal numbers', () => {
    const at = policy.at(theta)
    const normal = (x: number, mean: number, deviation: number): number =>
      Math.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI))
    expect(at.logProbability(0, Float64Array.of(0, 0))).toBeCloseTo(-Math.log(2 * Math.PI * 3), 14)
    expect(Math.exp(at.logProbability(1, Float64Array.of(1.5, 2)))).toBeCloseTo(
      normal(1.5, 1, 1) * normal(2, -2, 3),
      14,
    )
  })

  it('draws actions with its means and deviations', () => {
    const at = policy.at(theta)
    const stream = streamOf(1, 0, 0)
    const draws = Array.from({ length: 20000 }, () => at.act(1, stream) as Float64Array)
    const moments = [0, 1].map((j) => {
      const xs = draws.map((draw) => draw[j] as number)
      const mean = xs.reduce((a, b) => a + b, 0) / xs.length
      const variance = xs.reduce((a, b) => a + (b - mean) ** 2, 0) / xs.length
      return [mean, Math.sqrt(variance)] as const
    })
    // 5 standard errors of 20000 draws
    expect(Math.abs((moments[0]?.[0] as number) - 1)).toBeLessThan(0.036)
    expect(Math.abs((moments[0]?.[1] as number) - 1)).toBeLessThan(0.025)
    expect(Math.abs((moments[1]?.[0] as number) + 2)).toBeLessThan(0.107)
    expect(Math.abs((moments[1]?.[1] as number) - 3)).toBeLessThan(0.075)
  })

  it('starts with deviations 1', () => {
    expect(policy.initial(streamOf(1, 0, 7))).toEqual(new Float64Array(6))
  })

  it('refuses actions of another length', () => {
    const at = policy.at(theta)
    expect(() => at.logProbability(0, Float64Array.of(1))).toThrow(
      'action must be a vector of 2 numbers, got 1 numbers',
    )
    expect(() => at.addScore(0, 1, 1, new Float64Array(6))).toThrow('got 1')
  })
})
