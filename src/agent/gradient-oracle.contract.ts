/** What every {@link GradientOracle} keeps: a test file calls this with an implementation. */
import { describe, expect, it } from 'vitest'
import type { GradientOracle } from './gradient-oracle.ts'

/** Two points that differ everywhere, [d]. */
const pointsOf = (size: number): [Float64Array, Float64Array] => [
  Float64Array.from({ length: size }, (_, i) => (((i + 1) * 0.618) % 1) - 0.5),
  Float64Array.from({ length: size }, (_, i) => (((i + 1) * 0.414) % 1) - 0.3),
]

/** Checks an oracle at two points near 0 and at three positions of its state. */
export function checkGradientOracle<State>(name: string, oracle: GradientOracle<State>): void {
  const [theta, reference] = pointsOf(oracle.size)
  const before = [theta.slice(), reference.slice()]
  const positions = (): State[] => {
    const first = oracle.gradient(theta, oracle.start()).state
    return [oracle.start(), first, oracle.gradients(theta, reference, first).state]
  }

  describe(`${name} as a gradient oracle`, () => {
    it('starts in the same position every time, with no samples drawn', () => {
      expect(oracle.start()).toEqual(oracle.start())
      expect(oracle.samples(oracle.start())).toBe(0)
    })

    it('gives fresh vectors of the size of theta, of finite numbers', () => {
      const state = oracle.start()
      const { gradient, atReference } = oracle.gradients(theta, reference, state)
      for (const vector of [gradient, atReference, oracle.gradient(theta, state).gradient]) {
        expect(vector).toBeInstanceOf(Float64Array)
        expect(vector.length).toBe(oracle.size)
        expect(vector.every(Number.isFinite)).toBe(true)
      }
      const kept = gradient.slice()
      oracle.gradient(reference, state)
      expect(gradient).toEqual(kept)
      expect(Number.isFinite(oracle.value(theta, state).value)).toBe(true)
    })

    it('answers the same from the same position, and leaves its arguments as they were', () => {
      for (const state of positions()) {
        const position = structuredClone(state)
        const ask = (from: State): unknown => [
          oracle.gradient(theta, from),
          oracle.gradients(theta, reference, from),
          oracle.value(theta, from),
        ]
        const answers = structuredClone(ask(state))
        expect(state).toEqual(position)
        expect(ask(state)).toEqual(answers)
        expect(ask(position)).toEqual(answers)
        expect([theta, reference]).toEqual(before)
      }
    })

    it('gives with a reference the gradient that it gives without, and moves on alike', () => {
      for (const state of positions()) {
        const alone = oracle.gradient(theta, state)
        const { gradient, state: after } = oracle.gradients(theta, reference, state)
        expect(gradient).toEqual(alone.gradient)
        expect(after).toEqual(alone.state)
      }
    })

    it('gives the gradient itself where the reference is theta', () => {
      for (const state of positions()) {
        const { gradient, atReference } = oracle.gradients(theta, theta.slice(), state)
        expect(atReference).toEqual(gradient)
      }
    })

    it('counts as many samples with a reference as without, never fewer than before', () => {
      for (const state of positions()) {
        const { state: after } = oracle.gradient(theta, state)
        expect(oracle.samples(after)).toBeGreaterThanOrEqual(oracle.samples(state))
        expect(oracle.samples(oracle.gradients(theta, reference, state).state)).toBe(oracle.samples(after))
      }
    })
  })
}
