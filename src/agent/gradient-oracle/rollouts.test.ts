/** Gradients from rollouts: a slow twin, exact gradients, clipping, and what is refused. */
import { describe, expect, it } from 'vitest'
import { Purpose, streamOf, uniform } from '../../numeric/stream.ts'
import type { Environment, Point } from '../environment.ts'
import { checkGradientOracle } from '../gradient-oracle.contract.ts'
import type { ParametricPolicy } from '../parametric-policy.ts'
import { scoreOf } from '../parametric-policy.contract.ts'
import { categoricalPolicy } from '../parametric-policy/categorical.ts'
import { gaussianPolicy } from '../parametric-policy/gaussian.ts'
import { perceptron } from '../parametric-policy/perceptron.ts'
import { tabularSoftmax } from '../parametric-policy/tabular-softmax.ts'
import { rolloutOracle } from './rollouts.ts'
import type { RolloutSettings } from './rollouts.ts'

/**
 * A walk on 0, 1, 2 that ends at 2: from s, action a moves up with probability 0.3 + 0.4 a, else it stays; reward s + 1 + a / 2. The
 * observation is the place, or the vector [place, 1], always the same array.
 */
function walk(vector: boolean): Environment {
  const reused = Float64Array.of(0, 1)
  let stream = streamOf(0, 0, Purpose.environment)
  let place = 0
  const observe = (): Point => {
    reused[0] = place
    return vector ? reused : place
  }
  return {
    observationSpace: vector
      ? { kind: 'box', low: Float64Array.of(0, 0), high: Float64Array.of(2, 1) }
      : { kind: 'discrete', n: 3 },
    actionSpace: { kind: 'discrete', n: 2 },
    reset(seed) {
      stream = streamOf(seed, 0, Purpose.environment)
      place = 0
      return observe()
    },
    step(action) {
      const reward = place + 1 + (action as number) / 2
      if (uniform(stream) < 0.3 + 0.4 * (action as number)) place++
      return { observation: observe(), reward, terminated: place === 2, truncated: false }
    },
  }
}

/** E sum_{t < K} gamma^t (r_t - tau log pi) of the tabular softmax policy in the walk, by recursion. */
function exactValue(theta: Float64Array, { horizon, discount, entropy }: RolloutSettings): number {
  const at = tabularSoftmax(3, 2).at(theta)
  const value = (place: number, left: number): number =>
    left === 0 || place === 2
      ? 0
      : [0, 1].reduce((sum, a) => {
          const logPi = at.logProbability(place, a)
          const up = 0.3 + 0.4 * a
          const later = up * value(place + 1, left - 1) + (1 - up) * value(place, left - 1)
          return sum + Math.exp(logPi) * (place + 1 + a / 2 - entropy * logPi + discount * later)
        }, 0)
  return value(0, horizon)
}

const theta = Float64Array.of(0.3, -0.2, -0.5, 0.1, 0, 0)
const table = tabularSoftmax(3, 2)
const settings: RolloutSettings = {
  estimator: 'gpomdp',
  rollouts: 5,
  horizon: 6,
  baseline: 'none',
  entropy: 0,
  discount: 0.9,
}
const VARIANTS = (['gpomdp', 'reinforce'] as const).flatMap((estimator) =>
  (['none', 'leave-one-out'] as const).flatMap((baseline) =>
    [0, 0.3].map((entropy) => ({ ...settings, estimator, baseline, entropy })),
  ),
)
const named = VARIANTS.map(
  (v) => [`${v.estimator}, baseline ${v.baseline}, entropy ${v.entropy}`, v] as const,
)

/** The same estimate, written down slowly. */
function slowGradient(
  policy: ParametricPolicy,
  at: Float64Array,
  how: RolloutSettings,
  environment: Environment,
): number[] {
  const { estimator, rollouts, horizon, baseline, entropy, discount } = how
  const [start, actions] = [streamOf(4, 2, Purpose.start), streamOf(4, 2, Purpose.walk)]
  const batch = Array.from({ length: rollouts }, () => {
    const steps: { o: Point; a: Point; r: number }[] = []
    let o = environment.reset(uniform(start) * 2 ** 53)
    for (let t = 0; t < horizon; t++) {
      const seen = typeof o === 'number' ? o : o.slice()
      const a = policy.at(at).act(seen, actions)
      const step = environment.step(a)
      steps.push({ o: seen, a, r: step.reward - entropy * policy.at(at).logProbability(seen, a) })
      o = step.observation
      if (step.terminated) break
    }
    return steps
  })
  const returnOf = (m: number, k: number): number =>
    (batch[m] ?? []).reduce((sum, { r }, t) => sum + (t >= k ? discount ** t * r : 0), 0)
  const weight = (m: number, k: number): number => {
    const from = estimator === 'gpomdp' ? k : 0
    const others = batch.flatMap((steps, j) => (j !== m && steps.length > k ? [returnOf(j, from)] : []))
    const base =
      baseline === 'none' || others.length === 0 ? 0 : others.reduce((a, b) => a + b) / others.length
    return returnOf(m, from) - base
  }
  const sum = Array.from({ length: policy.size }, () => 0)
  for (const [m, steps] of batch.entries())
    for (const [k, { o, a }] of steps.entries())
      for (const [i, score] of scoreOf(policy, at, o, a).entries())
        sum[i] = (sum[i] as number) + (weight(m, k) * score) / rollouts
  return sum
}

describe('rolloutOracle', () => {
  it.each(named)('is the estimate as written down: %s', (_, how) => {
    const map = perceptron(walk(true).observationSpace, [3], 2)
    const cases = [
      [table, theta, false],
      [
        categoricalPolicy(map),
        Float64Array.from({ length: map.size }, (__, i) => ((i * 0.618) % 1) - 0.5),
        true,
      ],
    ] as const
    for (const [policy, at, vector] of cases) {
      const oracle = rolloutOracle(walk(vector), policy, how, 4, 2)
      const { gradient, state } = oracle.gradient(at, oracle.start())
      const slow = slowGradient(policy, at, how, walk(vector))
      for (const [i, value] of gradient.entries()) expect(value).toBeCloseTo(slow[i] as number, 12)
      expect(oracle.samples(state)).toBeGreaterThan(how.rollouts)
    }
  })

  it.each(named)('has the exact truncated gradient as its mean: %s', (_, how) => {
    const [oracle, batches] = [rolloutOracle(walk(false), table, how, 7, 0), 4000]
    let state = oracle.start()
    const [sum, square] = [new Float64Array(6), new Float64Array(6)]
    for (let b = 0; b < batches; b++) {
      const answer = oracle.gradient(theta, state)
      state = answer.state
      for (const [i, g] of answer.gradient.entries()) {
        sum[i] = (sum[i] as number) + g
        square[i] = (square[i] as number) + g * g
      }
    }
    for (let i = 0; i < 4; i++) {
      const moved = (by: number): number => exactValue(theta.map((x, j) => (j === i ? x + by : x)), how) // prettier-ignore
      const exact = (moved(1e-5) - moved(-1e-5)) / 2e-5
      const mean = (sum[i] as number) / batches
      const error = Math.sqrt(((square[i] as number) / batches - mean * mean) / batches)
      // 4.5 standard errors: by chance in one of 150000 comparisons, of which there are 32
      expect(Math.abs(mean - exact)).toBeLessThan(4.5 * error)
      expect(error).toBeLessThan(0.1)
    }
  })

  it('varies less with the baseline', () => {
    const variance = (baseline: 'none' | 'leave-one-out'): number => {
      const oracle = rolloutOracle(walk(false), table, { ...settings, baseline }, 1, 0)
      let [state, sum, square] = [oracle.start(), 0, 0]
      for (let b = 0; b < 500; b++) {
        const answer = oracle.gradient(theta, state)
        state = answer.state
        sum += answer.gradient[0] as number
        square += (answer.gradient[0] as number) ** 2
      }
      return square / 500 - (sum / 500) ** 2
    }
    expect(variance('leave-one-out')).toBeLessThan(0.7 * variance('none'))
  })

  it('estimates the value, and the gradient elsewhere by importance', () => {
    const how = { ...settings, rollouts: 4000, entropy: 0.3 }
    const oracle = rolloutOracle(walk(false), table, how, 3, 0)
    // about 4.5 standard errors each
    expect(Math.abs(oracle.value(theta, oracle.start()).value - exactValue(theta, how))).toBeLessThan(0.12)
    const reference = theta.map((x, i) => x + (i % 2 === 0 ? 0.2 : -0.1))
    const { atReference } = oracle.gradients(theta, reference, oracle.start())
    for (let i = 0; i < 4; i++) {
      const moved = (by: number): number => exactValue(reference.map((x, j) => (j === i ? x + by : x)), how) // prettier-ignore
      expect(Math.abs((atReference[i] as number) - (moved(1e-5) - moved(-1e-5)) / 2e-5)).toBeLessThan(0.2)
    }
  })

  it('clips actions to their box before they are taken, and weighs the scores of those drawn', () => {
    const taken: number[] = []
    const lever: Environment = {
      observationSpace: { kind: 'discrete', n: 1 },
      actionSpace: { kind: 'box', low: Float64Array.of(-0.5), high: Float64Array.of(1) },
      reset: () => 0,
      step(action) {
        taken.push((action as Float64Array)[0] as number)
        return { observation: 0, reward: 1, terminated: true, truncated: false }
      },
    }
    const policy = gaussianPolicy(perceptron(lever.observationSpace, [], 1))
    const how = { ...settings, rollouts: 200, horizon: 1 }
    const oracle = rolloutOracle(lever, policy, how, 1, 0)
    const { gradient } = oracle.gradient(new Float64Array(3), oracle.start())
    expect(Math.min(...taken)).toBe(-0.5)
    expect(Math.max(...taken)).toBe(1)
    const stream = streamOf(1, 0, Purpose.walk)
    const drawn = Array.from({ length: 200 }, () => (policy.at(new Float64Array(3)).act(0, stream) as Float64Array)[0] as number) // prettier-ignore
    expect(gradient[0]).toBeCloseTo(drawn.reduce((a, b) => a + b) / 200, 12)
  })

  it('counts transitions, not rollouts, and ends rollouts with their episodes', () => {
    const short: Environment = { ...walk(false), step: () => ({ observation: 0, reward: 1, terminated: false, truncated: true }) } // prettier-ignore
    const oracle = rolloutOracle(short, table, settings, 1, 0)
    expect(oracle.samples(oracle.gradient(theta, oracle.start()).state)).toBe(5)
    expect(oracle.value(theta, oracle.start()).value).toBe(1)
  })

  it.each([
    [{ rollouts: 0 }, 'rollouts must be an integer >= 1 with baseline none, got 0'],
    [{ rollouts: 1, baseline: 'leave-one-out' }, 'rollouts must be an integer >= 2 with baseline leave-one-out, got 1'], // prettier-ignore
    [{ horizon: 0 }, 'horizon must be an integer >= 1, got 0'],
    [{ entropy: -1 }, 'entropy must be a finite number >= 0, got -1'],
    [{ discount: 1.5 }, 'discount must be a number in [0, 1], got 1.5'],
  ] as const)('refuses %o', (wrong, message) => {
    const build = () => rolloutOracle(walk(false), table, { ...settings, ...wrong }, 1, 0)
    expect(build).toThrow(RangeError)
    expect(build).toThrow(`rolloutOracle: ${message}`)
  })

  it('refuses parameters of another size', () => {
    const oracle = rolloutOracle(walk(false), table, settings, 1, 0)
    expect(() => oracle.gradient(new Float64Array(5), oracle.start())).toThrow(
      'rolloutOracle: theta must have 6 entries, got 5',
    )
    expect(() => oracle.gradients(theta, new Float64Array(7), oracle.start())).toThrow(
      'rolloutOracle: reference must have 6 entries, got 7',
    )
  })

  it('refuses policies that do not fit the environment', () => {
    expect(() => rolloutOracle(walk(true), table, settings, 1, 0)).toThrow(
      'observation must be a state, an integer in [0, 3), got 2 numbers; for vectors, features of a box (tiles, radialBasis, fourier) and mlp fit',
    )
    const continuous = gaussianPolicy(perceptron(walk(true).observationSpace, [2], 1))
    expect(() => rolloutOracle(walk(true), continuous, settings, 1, 0)).toThrow(
      'rolloutOracle: the environment takes an integer in [0, 2) as actions, the policy draws 1 numbers',
    )
  })
})

for (const [name, how] of named) checkGradientOracle(name, rolloutOracle(walk(false), table, how, 1, 3))
