import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomMdp } from '../../../test/random-problems.ts'
import { streamOf, uniform } from '../../numeric/stream.ts'
import { type Mdp, rewardRange } from '../mdp.ts'
import { softmaxObjective } from '../policy-gradient.ts'
import { softmaxPolicy } from '../softmax.ts'
import {
  deviationOf,
  estimateSmoothness,
  gradientBound,
  type GradientProblem,
  horizonFor,
  noisyStepSize,
  predictedRate,
  safeStepSize,
  sampledGradientBound,
  smoothnessBound,
  truncationBias,
  varianceBound,
} from './policy-gradient.ts'

const PROBLEM: GradientProblem = { actions: 4, discount: 0.9, rewardRange: [0, 1], temperature: 0 }
const norm = (v: Float64Array): number => Math.hypot(...v)

describe('bounds', () => {
  it('are the published ones at gamma = 0.9, rewards in [0, 1]', () => {
    expect(smoothnessBound(PROBLEM)).toBeCloseTo(8000, 8)
    expect(smoothnessBound({ ...PROBLEM, temperature: 0.1 })).toBeCloseTo(
      8000 + 100 * (4 + 8 * Math.log(4)),
      8,
    )
    expect(varianceBound(PROBLEM)).toBeCloseTo(20000, 8)
    expect(truncationBias(PROBLEM, 0)).toBeCloseTo(100 * Math.SQRT2, 10)
  })

  it('of gradients hold for exact ones, with and without an entropy bonus, and are not far from some', () => {
    let closest = 0
    for (let seed = 0; seed < 40; seed++)
      for (const temperature of [0, 0.3]) {
        const mdp = randomMdp(seed, 4, 3, 0.8, seed % 2)
        const { gradient, size } = softmaxObjective(mdp, temperature)
        const stream = streamOf(seed, 1, 0)
        for (const scale of [0, 1, 10]) {
          const theta = Float64Array.from({ length: size }, () => scale * (uniform(stream) - 0.5))
          const bound = gradientBound({
            ...PROBLEM,
            actions: mdp.actions,
            discount: mdp.discount,
            rewardRange: rewardRange(mdp),
            temperature,
          })
          closest = Math.max(closest, norm(gradient(theta)) / bound)
        }
      }
    expect(closest).toBeLessThanOrEqual(1)
    expect(closest).toBeGreaterThan(0.02)
    expect(gradientBound(PROBLEM)).toBeCloseTo(100, 10)
    expect(gradientBound({ ...PROBLEM, temperature: 0.1 })).toBeCloseTo(100 + 30 * Math.log(4), 10)
    expect(sampledGradientBound(PROBLEM)).toBeCloseTo(100 * Math.SQRT2, 10)
    expect(sampledGradientBound({ ...PROBLEM, temperature: 0.1 })).toBe(Infinity)
  })

  it('grow with the rewards', () => {
    const wide = { ...PROBLEM, rewardRange: [-3, 1] as const }
    expect(smoothnessBound(wide) / smoothnessBound(PROBLEM)).toBeCloseTo(4, 12)
    expect(smoothnessBound({ ...PROBLEM, rewardRange: [2, 3] })).toBeCloseTo(24000, 8)
    expect(varianceBound(wide) / varianceBound(PROBLEM)).toBeCloseTo(9, 12)
    expect(truncationBias(wide, 50) / truncationBias(PROBLEM, 50)).toBeCloseTo(3, 12)
    expect(varianceBound({ ...PROBLEM, temperature: 1 }) / varianceBound(PROBLEM)).toBeCloseTo((2 + Math.log(4)) ** 2, 12) // prettier-ignore
  })

  it('hold for what cutting off takes from a gradient', () => {
    for (const seed of [1, 2, 3]) {
      const mdp = randomMdp(seed, 4, 2, 0.8)
      const problem = { actions: 2, discount: 0.8, rewardRange: rewardRange(mdp), temperature: 0 }
      const theta = Float64Array.from({ length: 8 }, (_, z) => ((z + 1) * 0.618) % 1)
      const whole = softmaxObjective(mdp, 0).gradient(theta)
      for (const horizon of [1, 5, 20]) {
        const cut = theta.map((_, j) => {
          const at = (by: number): number => cutReturn(mdp, theta.map((x, i) => (i === j ? x + by : x)), horizon) // prettier-ignore
          return (at(1e-5) - at(-1e-5)) / 2e-5
        })
        const bias = norm(whole.map((x, j) => x - (cut[j] as number)))
        expect(bias).toBeLessThan(truncationBias(problem, horizon))
        expect(bias).toBeGreaterThan(1e-4 * truncationBias(problem, horizon))
      }
    }
  })
})

/** E of the discounted rewards of the first `horizon` steps, by recursion from the end. */
function cutReturn(mdp: Mdp, theta: Float64Array, horizon: number): number {
  const policy = softmaxPolicy(theta, mdp.actions)
  let v = new Float64Array(mdp.states)
  for (let k = 0; k < horizon; k++) {
    const later = v
    v = new Float64Array(mdp.states)
    for (let z = 0; z < policy.length; z++) {
      const state = Math.floor(z / mdp.actions)
      for (let i = mdp.start[z] as number; i < (mdp.start[z + 1] as number); i++)
        v[state] = (v[state] as number) + (policy[z] as number) * (mdp.probability[i] as number) * ((mdp.reward[i] as number) + mdp.discount * (later[mdp.next[i] as number] as number)) // prettier-ignore
    }
  }
  return v.reduce((sum, x, s) => sum + x * (mdp.initial[s] as number), 0)
}

describe('horizonFor', () => {
  it('is about 140 steps for a bias of 1e-3 and 115 for 1e-2, at gamma = 0.9', () => {
    expect(horizonFor(PROBLEM, 1e-3)).toBe(139)
    expect(horizonFor(PROBLEM, 1e-2)).toBe(115)
  })

  it('is the smallest horizon that suffices', () => {
    const discounts = fc.constantFrom(0, 0.3, 0.9, 0.99, 0.9999)
    fc.assert(
      fc.property(discounts, fc.double({ min: -12, max: 4, noNaN: true }), (discount, exponent) => {
        const problem = { ...PROBLEM, discount }
        const horizon = horizonFor(problem, 10 ** exponent)
        expect(truncationBias(problem, horizon)).toBeLessThanOrEqual(10 ** exponent)
        if (horizon > 1) expect(truncationBias(problem, horizon - 1)).toBeGreaterThan(10 ** exponent)
      }),
      { seed: 20, numRuns: 200 },
    )
  })

  it('refuses a bias that no horizon gives', () => {
    expect(() => horizonFor(PROBLEM, 0)).toThrow('horizonFor: bias must be above 0, got 0')
    expect(() => horizonFor({ ...PROBLEM, discount: 1 }, 1)).toThrow('discount must be in [0, 1), got 1')
  })
})

describe('safeStepSize', () => {
  it('keeps eta L H <= 1/4 and alpha_g eta H <= 1 / L, one of them with equality', () => {
    expect(safeStepSize({ smoothness: 2, localSteps: 5, serverStepSize: 1 })).toBe(0.025)
    expect(safeStepSize({ smoothness: 2, localSteps: 5, serverStepSize: 8 })).toBe(0.0125)
  })

  it('gains (alpha / 4) |grad J|^2 a round of Fast-FedPG, however much agents differ', () => {
    const positive = fc.double({ min: 0.01, max: 1, noNaN: true })
    const agentsOf = fc.array(fc.tuple(positive, fc.double({ min: -9, max: 9, noNaN: true })), { minLength: 1, maxLength: 5 }) // prettier-ignore
    fc.assert(
      fc.property(
        agentsOf,
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom(0.5, 1, 3, 10),
        (agents, localSteps, serverStepSize) => {
          // J_i(x) = -curvature_i (x - centre_i)^2 / 2 at x = 0; L = 1
          const mean = (f: (curvature: number, centre: number) => number): number =>
            agents.reduce((sum, [curvature, centre]) => sum + f(curvature, centre), 0) / agents.length
          const value = (x: number): number => mean((l, c) => (-l * (x - c) * (x - c)) / 2)
          const slope = mean((l, c) => l * c)
          const stepSize = safeStepSize({ smoothness: 1, localSteps, serverStepSize })
          const change = mean((curvature) => {
            let x = 0
            for (let l = 0; l < localSteps; l++) x += stepSize * (-curvature * x + slope)
            return x
          })
          const gain = value(serverStepSize * change) - value(0)
          const alpha = serverStepSize * stepSize * localSteps
          expect(gain).toBeGreaterThanOrEqual((alpha / 4) * slope * slope - 1e-12)
        },
      ),
      { seed: 21, numRuns: 300 },
    )
  })
})

describe('noisyStepSize', () => {
  const settings = { smoothness: 2, localSteps: 5, serverStepSize: 3, agents: 4, rounds: 10_000, deviation: 7, gap: 1.5 } // prettier-ignore

  it('makes the bound on the mean squared gradient least', () => {
    const alphaOf = (eta: number): number => 3 * eta * 5
    const bound = (eta: number): number =>
      (4 * 1.5) / (alphaOf(eta) * 10_000) + (4 * 2 * alphaOf(eta) * 49) / (4 * 5)
    const eta = noisyStepSize(settings)
    expect(bound(eta)).toBeLessThan(bound(eta * 1.01))
    expect(bound(eta)).toBeLessThan(bound(eta * 0.99))
    expect(bound(eta)).toBeCloseTo(8 * Math.sqrt((2 * 1.5 * 49) / (4 * 5 * 10_000)), 12)
  })

  it('is never beyond the safe region, which it meets where there is no noise', () => {
    const eta = noisyStepSize({ ...settings, deviation: 0 })
    expect(eta).toBe(1 / 6 / 10)
    expect(eta).toBeLessThanOrEqual(safeStepSize(settings))
    expect(noisyStepSize({ ...settings, deviation: 0, serverStepSize: 1 })).toBe(1 / 40)
  })
})

describe('deviationOf', () => {
  it('is the root of the total variance, divided by n - 1', () => {
    const gradients = [Float64Array.of(1, 0), Float64Array.of(3, 0), Float64Array.of(2, 3)]
    expect(deviationOf(gradients)).toBeCloseTo(Math.sqrt((2 + 6) / 2), 14)
    expect(() => deviationOf(gradients.slice(0, 1))).toThrow('expected at least two gradients, got 1')
  })
})

describe('estimateSmoothness', () => {
  it('finds the largest eigenvalue of a quadratic, of either sign', () => {
    for (const sign of [1, -1]) {
      const gradient = (x: Float64Array): Float64Array =>
        Float64Array.of(sign * 3 * (x[0] as number), 0.5 * (x[1] as number), -(x[2] as number))
      const found = estimateSmoothness(gradient, new Float64Array(3), streamOf(1, 0, 4), { points: 2, spread: 1, iterations: 20 }) // prettier-ignore
      expect(found).toBeCloseTo(3, 6)
    }
  })

  it('of softmax policies is above the curvature of any direction at theta and below the bound', () => {
    const mdp = randomMdp(3, 5, 4, 0.9)
    const { gradient } = softmaxObjective(mdp, 0.1)
    const theta = new Float64Array(20)
    const found = estimateSmoothness(gradient, theta, streamOf(1, 0, 4))
    for (let j = 0; j < 20; j++) {
      const moved = gradient(theta.map((x, i) => (i === j ? x + 1e-4 : x)))
      expect(norm(moved.map((x, i) => (x - (gradient(theta)[i] as number)) / 1e-4))).toBeLessThan(
        found + 1e-3,
      )
    }
    expect(found).toBeGreaterThan(0.05)
    expect(found).toBeLessThan(
      smoothnessBound({ ...PROBLEM, rewardRange: rewardRange(mdp), temperature: 0.1 }),
    )
  })

  it('depends on the stream alone, and is 0 where there is nothing to climb', () => {
    const { gradient } = softmaxObjective(randomMdp(3, 3, 2, 0.9), 0)
    const find = (seed: number): number =>
      estimateSmoothness(gradient, new Float64Array(6), streamOf(seed, 0, 4))
    expect(find(1)).toBe(find(1))
    expect(estimateSmoothness((theta) => theta.map(() => 0), new Float64Array(2), streamOf(1, 0, 4))).toBe(0)
  })
})

describe('predictedRate', () => {
  it('falls with N H T, by Theorem 1 in proportion and by Theorem 2 as its root', () => {
    const anchor = { samples: 100, value: 8 }
    expect(predictedRate('theorem1', anchor, 400)).toBe(2)
    expect(predictedRate('theorem2', anchor, 400)).toBe(4)
  })
})
