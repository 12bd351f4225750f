import { describe, expect, it } from 'vitest'
import { initialTable, valueRange, type Initial, type InitialSettings } from './initial-table.ts'
import { NOBODY, Purpose, streamOf, uniform } from './stream.ts'

const settings = (initial: Initial, more: Partial<InitialSettings> = {}): InitialSettings => ({
  states: 3,
  actions: 2,
  initial,
  initialSeed: 7,
  valueRange: [-1, 4],
  terminal: null,
  ...more,
})

describe('initialTable', () => {
  it('has uniform entries in (low, high], two words of the stream each', () => {
    const stream = streamOf(7, 5, Purpose.initial)
    const expected = Float64Array.from({ length: 6 }, () => -1 + 5 * (1 - uniform(stream)))
    expect(initialTable(settings('perAgent'), 5)).toEqual(expected)
  })

  it('fills its range: mean and variance of 40,000 entries within four standard errors', () => {
    const table = initialTable(settings('shared', { states: 20_000 }), 0)
    const mean = table.reduce((sum, value) => sum + value, 0) / table.length
    const variance = table.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / table.length
    expect(Math.abs(mean - 1.5)).toBeLessThan(4 * Math.sqrt(25 / 12 / 40_000))
    // the variance of a squared distance from the mean is w^4 / 180
    expect(Math.abs(variance - 25 / 12)).toBeLessThan(4 * Math.sqrt(625 / 180 / 40_000))
    expect(Math.min(...table)).toBeGreaterThan(-1)
    expect(Math.max(...table)).toBeLessThanOrEqual(4)
  })

  it('is one for all when shared, the server included, and one for each otherwise', () => {
    const shared = settings('shared')
    expect(initialTable(shared, 3)).toEqual(initialTable(shared, NOBODY))
    const own = settings('perAgent')
    expect(initialTable(own, 3)).not.toEqual(initialTable(own, 4))
    expect(initialTable(own, 3)).not.toEqual(initialTable(shared, 3))
    expect(initialTable({ ...own, initialSeed: 8 }, 3)).not.toEqual(initialTable(own, 3))
  })

  it('is zero at the server when agents have their own: their first changes carry them', () => {
    expect(initialTable(settings('perAgent'), NOBODY)).toEqual(new Float64Array(6))
  })

  it('is 0 in terminal states, whose entries take their words all the same', () => {
    const terminal = Uint8Array.of(0, 1, 0)
    for (const initial of ['shared', 'perAgent', 2] as const) {
      const plain = initialTable(settings(initial), 1)
      expect(initialTable(settings(initial, { terminal }), 1)).toEqual(plain.fill(0, 2, 4))
    }
  })

  it('is the constant asked for', () => {
    expect(initialTable(settings(2.5), NOBODY)).toEqual(new Float64Array(6).fill(2.5))
  })
})

describe('valueRange', () => {
  it('is the range of rewards, summed over the horizon', () => {
    expect(valueRange([-1, 2], 0.75)).toEqual([-4, 8])
  })
})
