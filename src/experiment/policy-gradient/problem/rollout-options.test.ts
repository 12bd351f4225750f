import { describe, expect, it } from 'vitest'
import { InputError } from '../../errors.ts'
import { autoHorizon, rolloutOptions } from './rollout-options.ts'

const spec = { rollouts: 2, horizon: 'auto', estimator: 'gpomdp', baseline: 'none' } as const

describe('rolloutOptions', () => {
  it('decides the horizon, and keeps one that is given', () => {
    expect(rolloutOptions(spec, 0.9)).toEqual({ ...spec, horizon: autoHorizon(0.9) })
    expect(rolloutOptions({ ...spec, horizon: 7 }, 0.999999999)).toEqual({ ...spec, horizon: 7 })
  })

  it('refuses to decide for one that nobody could give', () => {
    expect(() => rolloutOptions(spec, 0.999999999)).toThrow(InputError)
    expect(() => rolloutOptions(spec, 0.999999999)).toThrow(
      /: algorithm.gradient.horizon: auto asks for \d{10} steps at a discount of 0.999999999: expected at most 1000000, give a horizon$/,
    )
  })
})
