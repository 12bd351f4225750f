import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stepSizeAt, type StepSize } from './step-size.ts'

describe('stepSizeAt', () => {
  it.each<[string, StepSize, number, number]>([
    ['a constant at its start', 0.2, 0, 0.2],
    ['a constant later', 0.2, 1e9, 0.2],
    // 1 / (1 + (1 - 3/4) (n + 1))
    ['the rescaled linear schedule at its start', { rescaledLinear: true }, 0, 0.8],
    ['the rescaled linear schedule after 3 steps', { rescaledLinear: true }, 3, 0.5],
    ['the polynomial schedule at its start', { polynomial: 1 }, 0, 0.5],
    ['the polynomial schedule after 14 steps', { polynomial: 0.75 }, 14, 0.125],
  ])('%s', (_, schedule, n, expected) => {
    expect(stepSizeAt(schedule, n, 0.75)).toBeCloseTo(expected, 15)
  })

  it('lies in (0, 1) and falls with every step, for any horizon up to 10^12 steps', () => {
    const schedules: fc.Arbitrary<StepSize> = fc.oneof(
      fc.constant({ rescaledLinear: true } as const),
      fc.double({ min: 0.1, max: 1, noNaN: true }).map((polynomial) => ({ polynomial })),
    )
    fc.assert(
      fc.property(schedules, fc.integer({ min: 0, max: 1e12 }), (schedule, n) => {
        const now = stepSizeAt(schedule, n, 0.9)
        expect(now).toBeGreaterThan(0)
        expect(now).toBeLessThan(1)
        expect(stepSizeAt(schedule, 2 * n + 1, 0.9)).toBeLessThan(now)
      }),
      { seed: 1 },
    )
  })
})
