import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkEnvironment } from '../../agent/environment/check.ts'
import { BUILT_IN, parametersOf } from './environments.ts'
import { ENVIRONMENTS } from './spec.ts'

describe('the built-in environments', () => {
  it.each(ENVIRONMENTS)('%s can be made, with the limit of time of Gymnasium', (name) => {
    const { make, parameters } = BUILT_IN[name]
    expect(checkEnvironment(make({}), { episodes: 1 })).toEqual([])
    const limits = { 'CartPole-v1': 500, 'Acrobot-v1': 500, 'MountainCar-v0': 200, 'Pendulum-v1': 200 }
    expect(parameters['maxSteps']?.default).toBe(limits[name])
    for (const { description } of Object.values(parameters)) expect(description).toMatch(/^[A-Z].*\.$/)
  })
  it('pass their parameters on', () => {
    const environment = BUILT_IN['Pendulum-v1'].make({ maxTorque: 0.25 })
    expect(environment.actionSpace).toEqual({
      kind: 'box',
      low: Float64Array.of(-0.25),
      high: Float64Array.of(0.25),
    })
    expect(() => BUILT_IN['Pendulum-v1'].make({ mass: 0 })).toThrow(
      'pendulum: mass: expected a number in (0, infinity), got 0',
    )
  })
})

describe('parameters of an agent', () => {
  it('are taken from a list in turn, or spread evenly over a range', () => {
    const parameters = { length: [0.3, 0.5, 0.7], gravity: { from: 9, to: 11 } }
    const all = Array.from({ length: 5 }, (_, agent) => parametersOf(parameters, agent, 5))
    expect(all).toEqual([
      { length: 0.3, gravity: 9 },
      { length: 0.5, gravity: 9.5 },
      { length: 0.7, gravity: 10 },
      { length: 0.3, gravity: 10.5 },
      { length: 0.5, gravity: 11 },
    ])
    expect(parametersOf({ gravity: { from: 9, to: 11 } }, 0, 1)).toEqual({ gravity: 9 })
    expect(parametersOf(undefined, 3, 5)).toEqual({})
  })
  it('stay in their range and reach both ends of it', () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(number, number, fc.integer({ min: 2, max: 50 }), (from, to, count) => {
        const values = Array.from(
          { length: count },
          (_, agent) => parametersOf({ x: { from, to } }, agent, count)['x'] as number,
        )
        expect([values[0], values.at(-1)]).toEqual([from, to])
        for (const value of values) {
          expect(value).toBeGreaterThanOrEqual(Math.min(from, to) - 1e-9)
          expect(value).toBeLessThanOrEqual(Math.max(from, to) + 1e-9)
        }
      }),
      { seed: 5 },
    )
  })
})
