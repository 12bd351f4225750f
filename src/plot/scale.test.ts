import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { axisOf, tickText } from './scale.ts'

const finite = fc.double({ min: -1e9, max: 1e9, noNaN: true })
const positive = fc.double({ min: 1e-9, max: 1e9, noNaN: true })

describe('axisOf', () => {
  it('holds every value within its domain and has 2 to 30 rising ticks within it', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 1 }), fc.boolean(), (values, fromZero) => {
        const { domain, ticks } = axisOf(values, 'linear', fromZero)
        // Ticks are rounded to 12 digits: a value may stand out by a billionth of the axis.
        const slack = 1e-9 * (domain[1] - domain[0])
        for (const value of values) {
          expect(value).toBeGreaterThanOrEqual(domain[0] - slack)
          expect(value).toBeLessThanOrEqual(domain[1] + slack)
        }
        expect(domain[0]).toBeLessThan(domain[1])
        expect(ticks.length).toBeGreaterThan(1)
        expect(ticks.length).toBeLessThan(30)
        expect(ticks.every((tick, i) => i === 0 || tick > (ticks[i - 1] as number))).toBe(true)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('on a log scale too', () => {
    fc.assert(
      fc.property(fc.array(positive, { minLength: 1 }), (values) => {
        const { type, domain, ticks } = axisOf(values, 'log')
        expect(type).toBe('log')
        for (const value of values) expect(value >= domain[0] && value <= domain[1]).toBe(true)
        expect(ticks.every((tick) => tick >= domain[0] && tick <= domain[1])).toBe(true)
        expect(ticks.length).toBeGreaterThan(0)
        expect(ticks.length).toBeLessThan(20)
      }),
      { seed: 1, numRuns: 300 },
    )
  })

  it('chooses log where positive values span more than a decade', () => {
    expect(axisOf([1, 11], 'auto').type).toBe('log')
    expect(axisOf([1, 9], 'auto').type).toBe('linear')
    expect(axisOf([0, 100], 'auto').type).toBe('linear')
    expect(() => axisOf([0, 1], 'log')).toThrow('axisOf: a log axis needs positive numbers, got 0')
  })

  it('has round ticks', () => {
    expect(axisOf([0.03, 0.22], 'linear', true).ticks).toEqual([0, 0.05, 0.1, 0.15, 0.2, 0.25])
    expect(axisOf([2, 900], 'log').ticks).toEqual([2, 5, 10, 20, 50, 100, 200, 500, 1000])
  })

  it('writes them as they are read', () => {
    expect([0, 0.05, 2000, 20000, 3e6, 1e-7, -0.25].map(tickText)).toEqual([
      '0',
      '0.05',
      '2000',
      '20,000',
      '3e6',
      '1e-7',
      '-0.25',
    ])
  })
})
