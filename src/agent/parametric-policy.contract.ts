/** What every {@link ParametricPolicy} keeps: a test file calls this with an implementation. */
import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { log } from '../numeric/elementary.ts'
import { Purpose, streamOf, uniform } from '../numeric/stream.ts'
import type { Point } from './environment.ts'
import type { DiscretePolicy, ParametricPolicy } from './parametric-policy.ts'

/** What a policy is asked. */
export interface PolicyCases {
  readonly observations: fc.Arbitrary<Point>
  readonly actions: fc.Arbitrary<Point>
}

/** Parameters in [-2, 2), [d]. */
const thetas = (size: number): fc.Arbitrary<Float64Array> =>
  fc.integer({ min: 0, max: 1e6 }).map((seed) => {
    const stream = streamOf(seed, 0, Purpose.policy)
    return Float64Array.from({ length: size }, () => 4 * uniform(stream) - 2)
  })

/** grad log pi, [d]. */
export function scoreOf(
  policy: ParametricPolicy,
  theta: Float64Array,
  observation: Point,
  action: Point,
): Float64Array {
  const into = new Float64Array(policy.size)
  policy.at(theta).addScore(observation, action, 1, into)
  return into
}

/** grad log pi by central differences, [d]. */
function differences(
  policy: ParametricPolicy,
  theta: Float64Array,
  observation: Point,
  action: Point,
): Float64Array {
  const step = 1e-5
  const at = (i: number, moved: number): number => {
    const there = theta.slice()
    there[i] = (there[i] as number) + moved
    return policy.at(there).logProbability(observation, action)
  }
  return theta.map((_, i) => (at(i, step) - at(i, -step)) / (2 * step))
}

const largest = (x: Float64Array): number => x.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

/** Checks a policy; call it within a `describe`. */
export function checkParametricPolicy(
  policy: ParametricPolicy,
  { observations, actions }: PolicyCases,
): void {
  const questions = fc.tuple(thetas(policy.size), observations, actions)
  const check = (question: (theta: Float64Array, o: Point, a: Point) => void): void =>
    fc.assert(
      fc.property(questions, ([theta, o, a]) => question(theta, o, a)),
      { seed: 1, numRuns: 20 },
    )

  it('has the score that central differences of its log-probability give', () => {
    check((theta, o, a) => {
      const score = scoreOf(policy, theta, o, a)
      const slow = differences(policy, theta, o, a)
      const scale = 1 + largest(slow)
      expect(largest(score.map((value, i) => value - (slow[i] as number)))).toBeLessThan(1e-6 * scale)
    })
  })

  it('adds weighted scores to what is there', () => {
    check((theta, o, a) => {
      const score = scoreOf(policy, theta, o, a)
      const into = new Float64Array(policy.size).fill(3)
      policy.at(theta).addScore(o, a, -2, into)
      const off = into.map((value, i) => value - (3 - 2 * (score[i] as number)))
      expect(largest(off)).toBeLessThan(1e-12 * (1 + largest(score)))
    })
  })

  it('answers for the observation that it is given, also in a vector that is used again', () => {
    check((theta, o, a) => {
      const at = policy.at(theta)
      const reused = typeof o === 'number' ? o : o.map((value) => value + 0.25)
      at.logProbability(reused, a)
      if (typeof o !== 'number' && typeof reused !== 'number') reused.set(o)
      expect(at.logProbability(reused, a)).toBe(policy.at(theta).logProbability(o, a))
    })
  })

  it('acts the same from the same position, and begins the same from the same stream', () => {
    check((theta, o) => {
      const act = (): Point => policy.at(theta).act(o, streamOf(5, 0, 0))
      expect(act()).toEqual(act())
    })
    const initial = policy.initial(streamOf(5, 0, Purpose.policy))
    expect(initial).toEqual(policy.initial(streamOf(5, 0, Purpose.policy)))
    expect(initial.length).toBe(policy.size)
    expect(initial.every(Number.isFinite)).toBe(true)
    expect(policy.shared).toBeLessThanOrEqual(policy.size)
  })
}

/** Checks what finitely many actions add; call it within a `describe`. */
export function checkDiscretePolicy(policy: DiscretePolicy, observations: fc.Arbitrary<Point>): void {
  const { actions, size } = policy
  checkParametricPolicy(policy, { observations, actions: fc.integer({ min: 0, max: actions - 1 }) })

  const check = (scale: number, question: (theta: Float64Array, o: Point) => void): void =>
    fc.assert(
      fc.property(thetas(size), observations, (theta, o) =>
        question(
          theta.map((x) => scale * x),
          o,
        ),
      ),
      { seed: 2, numRuns: 20 },
    )
  const sum = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0)
  const all = Array.from({ length: actions }, (_, a) => a)

  it('has probabilities that sum to 1 and whose logarithms it gives', () => {
    check(1, (theta, o) => {
      const pi = policy.at(theta).probabilities(o)
      expect(pi.length).toBe(actions)
      expect(sum(pi)).toBeCloseTo(1, 14)
      for (const a of all) expect(log(pi[a] as number)).toBeCloseTo(policy.at(theta).logProbability(o, a), 11)
    })
  })

  it('has scores of mean 0', () => {
    check(1, (theta, o) => {
      const at = policy.at(theta)
      const pi = at.probabilities(o)
      const mean = new Float64Array(size)
      for (const a of all) at.addScore(o, a, pi[a] as number, mean)
      expect(largest(mean)).toBeLessThan(1e-13 * (1 + largest(scoreOf(policy, theta, o, 0))))
    })
  })

  it('takes one word an action, and acts with its probabilities', () => {
    const stream = streamOf(3, 0, 0)
    check(1, (theta, o) => {
      const at = policy.at(theta)
      const before = stream.slice()
      const counts = new Float64Array(actions)
      const draws = 2000
      for (let i = 0; i < draws; i++) {
        const action = at.act(o, stream) as number
        counts[action] = (counts[action] as number) + 1
      }
      expect(stream).not.toEqual(before)
      // 5 standard deviations, of a share that is at most 1/4 in variance
      for (const [a, p] of at.probabilities(o).entries())
        expect(Math.abs((counts[a] as number) / draws - p)).toBeLessThan(5 * Math.sqrt(0.25 / draws))
    })
  })

  it('stays finite where parameters are large', () => {
    check(500, (theta, o) => {
      const at = policy.at(theta)
      expect(sum(at.probabilities(o))).toBeCloseTo(1, 14)
      for (const a of all) {
        expect(at.logProbability(o, a)).toBeLessThanOrEqual(0)
        expect(Number.isFinite(at.logProbability(o, a))).toBe(true)
        expect(scoreOf(policy, theta, o, a).every(Number.isFinite)).toBe(true)
      }
    })
  })
}
