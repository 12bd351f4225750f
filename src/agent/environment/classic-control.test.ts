import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { gunzipSync, strFromU8 } from 'fflate'
import { describe, expect, it } from 'vitest'
import { NOBODY, Purpose, streamOf } from '../../numeric/stream.ts'
import type { Environment, Point } from '../environment.ts'
import { ACROBOT, acrobot, acrobotDynamics } from './acrobot.ts'
import { CART_POLE, cartPole, cartPoleDynamics } from './cart-pole.ts'
import { checkEnvironment } from './check.ts'
import type { Dynamics } from './episodic.ts'
import { MOUNTAIN_CAR, mountainCar, mountainCarDynamics } from './mountain-car.ts'
import type { ParameterTable } from './parameters.ts'
import { PENDULUM, normalizedAngle, pendulum, pendulumDynamics } from './pendulum.ts'

/** What Gymnasium says of the environments; the script that asked it stands beside the file. */
interface Facts {
  readonly transitions: Record<
    string,
    {
      parameters: Record<string, never>
      rows: [
        state: number[],
        action: number | number[],
        next: number[],
        reward: number,
        terminated: boolean,
      ][]
    }[]
  >
  readonly episodes: Record<
    string,
    { start: number[]; steps: number; terminated: boolean; truncated: boolean; total: number; last: number[] }
  >
}
const file = new URL('../../../test/fixtures/gymnasium/classic-control.json.gz', import.meta.url)
const gymnasium = JSON.parse(strFromU8(gunzipSync(readFileSync(file)))) as Facts

interface Own {
  readonly table: ParameterTable
  readonly make: (parameters?: Record<string, never>) => Environment
  readonly dynamics: (parameters: Record<string, never>, state: Float64Array) => Dynamics
}
const OWN: Record<string, Own> = {
  'CartPole-v1': { table: CART_POLE, make: cartPole, dynamics: cartPoleDynamics },
  'Acrobot-v1': { table: ACROBOT, make: acrobot, dynamics: acrobotDynamics },
  'MountainCar-v0': { table: MOUNTAIN_CAR, make: mountainCar, dynamics: mountainCarDynamics },
  'Pendulum-v1': { table: PENDULUM, make: pendulum, dynamics: pendulumDynamics },
}
const own = (name: string): Own => OWN[name] as Own
const toPoint = (action: number | number[]): Point =>
  typeof action === 'number' ? action : Float64Array.from(action)
const stream = () => streamOf(1, NOBODY, Purpose.environment)

/** The largest difference relative to 1 and to the size of the numbers. */
const distance = (got: Float64Array, wanted: readonly number[]): number =>
  wanted.reduce(
    (most, x, i) => Math.max(most, Math.abs((got[i] as number) - x) / Math.max(1, Math.abs(x))),
    0,
  )

describe.each(Object.keys(gymnasium.transitions))('%s', (name) => {
  const cases = (gymnasium.transitions[name] ?? []).map(
    (one) => [JSON.stringify(one.parameters), one] as const,
  )

  it('is asked in every case of some hundred transitions', () => {
    expect(cases.length).toBeGreaterThanOrEqual(4)
    expect(cases.flatMap(([, { rows }]) => rows).length).toBeGreaterThan(450)
  })

  it.each(cases)('makes the transitions of Gymnasium with %s', (_, { parameters, rows }) => {
    const state = new Float64Array((rows[0] as (typeof rows)[0])[0].length)
    const dynamics = own(name).dynamics(parameters, state)
    for (const [from, action, next, reward, terminated] of rows) {
      state.set(from)
      const got = dynamics.act(toPoint(action), stream())
      expect(distance(state, next)).toBeLessThan(1e-12)
      expect(Math.abs(got - reward)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(reward)))
      expect([from, action, dynamics.ended()]).toEqual([from, action, terminated])
    }
  })

  it('keeps the contract, with any start', () => {
    expect(checkEnvironment(own(name).make(), { episodes: 20 })).toEqual([])
  })

  it('takes every parameter that it names, and says what it does not take', () => {
    const { table, make } = own(name)
    const made = (values: Record<string, unknown>) => () => make(values as never)
    for (const [parameter, { default: value }] of Object.entries(table)) {
      expect(made({ [parameter]: value })).not.toThrow()
      expect(made({ [parameter]: NaN })).toThrow(`${parameter}: expected`)
    }
    expect(made({ maxSteps: 0 })).toThrow('maxSteps: expected an integer in [1, 1000000000], got 0')
    expect(made({ maxSteps: 1.5 })).toThrow('got 1.5')
    expect(made({ gravty: 1 })).toThrow('unknown parameter "gravty", did you mean "gravity"?')
    expect(made({ constructor: 1 })).toThrow('unknown parameter "constructor", expected one of')
  })

  it('refuses steps that come too early, too late, or are none', () => {
    const environment = own(name).make({ maxSteps: 1 } as never)
    const action = environment.actionSpace.kind === 'discrete' ? 1 : Float64Array.of(0.5)
    expect(() => environment.step(action)).toThrow(`${name}: step was called before reset`)
    environment.reset(3)
    const wrong =
      environment.actionSpace.kind === 'discrete'
        ? [-1, 3, 0.5, NaN]
        : [1, new Float64Array(2), Float64Array.of(NaN)]
    for (const one of wrong) expect(() => environment.step(one)).toThrow(`${name}: step: `)
    expect(environment.step(action)).toMatchObject({ terminated: false, truncated: true })
    expect(() => environment.step(action)).toThrow('after the end of an episode; call reset first')
    expect(() => environment.reset(-1)).toThrow('seed')
  })
})

/** The policies of `generate.py`, on states. */
const POLICIES: Record<string, (state: Float64Array) => Point> = {
  'CartPole-v1 right': () => 1,
  'CartPole-v1 balanced': ([x = 0, v = 0, angle = 0, w = 0]) =>
    angle + 0.5 * w + 0.05 * v + 0.02 * x > 0 ? 1 : 0,
  'Acrobot-v1 pumped': (s) => ((s[3] as number) > 0 ? 2 : 0),
  'Acrobot-v1 idle': () => 1,
  'MountainCar-v0 pumped': (s) => ((s[1] as number) >= 0 ? 2 : 0),
  'MountainCar-v0 right': () => 2,
  'Pendulum-v1 pumped': (s) => Float64Array.of((s[1] as number) >= 0 ? 1.5 : -1.5),
}

it.each(Object.entries(gymnasium.episodes))('%s: a whole episode as in Gymnasium', (key, facts) => {
  const state = Float64Array.from(facts.start)
  const dynamics = own(key.split(' ')[0] as string).dynamics({}, state)
  const policy = POLICIES[key] as (state: Float64Array) => Point
  let [total, steps] = [0, 0]
  while (!dynamics.ended() && steps < dynamics.maxSteps) {
    total += dynamics.act(policy(state), stream())
    steps++
  }
  expect([steps, dynamics.ended()]).toEqual([facts.steps, facts.terminated])
  expect(steps === dynamics.maxSteps).toBe(facts.truncated)
  // rounding errors grow along an episode of up to 500 steps
  expect(Math.abs(total - facts.total)).toBeLessThan(1e-6)
  expect(distance(state, facts.last)).toBeLessThan(1e-6)
})

describe('starts', () => {
  const starts = (environment: Environment): number[][] =>
    Array.from({ length: 4000 }, (_, seed) => Array.from(environment.reset(seed) as Float64Array))
  const column = (rows: number[][], i: number): number[] => rows.map((row) => row[i] as number)
  /** within [low, high), and with the mean and the variance of a uniform law to 5 standard errors */
  function expectUniform(values: number[], low: number, high: number): void {
    const mean = values.reduce((a, b) => a + b) / values.length
    const variance = values.reduce((a, x) => a + (x - mean) ** 2, 0) / values.length
    const width = high - low
    expect(Math.min(...values)).toBeGreaterThanOrEqual(low)
    expect(Math.max(...values)).toBeLessThan(high)
    expect(Math.abs(mean - (low + high) / 2)).toBeLessThan((5 * width) / Math.sqrt(12 * values.length))
    expect(Math.abs(variance / (width * width) - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / values.length))
  }

  it('CartPole', () => {
    const rows = starts(cartPole())
    for (let i = 0; i < 4; i++) expectUniform(column(rows, i), -0.05, 0.05)
  })
  it('Acrobot', () => {
    const rows = starts(acrobot())
    const angles = rows.map(([c1 = 0, s1 = 0, c2 = 0, s2 = 0]) => [Math.atan2(s1, c1), Math.atan2(s2, c2)])
    for (let i = 0; i < 2; i++) {
      expectUniform(column(angles, i), -0.1, 0.1000001)
      expectUniform(column(rows, 4 + i), -0.1, 0.1)
    }
  })
  it('MountainCar', () => {
    const rows = starts(mountainCar())
    expectUniform(column(rows, 0), -0.6, -0.4)
    expect(new Set(column(rows, 1))).toEqual(new Set([0]))
  })
  it('Pendulum', () => {
    const rows = starts(pendulum())
    expectUniform(
      rows.map(([c = 0, s = 0]) => Math.atan2(s, c)),
      -Math.PI,
      Math.PI + 1e-9,
    )
    expectUniform(column(rows, 2), -1, 1)
    const slow = column(starts(pendulum({ maxSpeed: 0.5 })), 2)
    expectUniform(slow, -0.5, 0.5)
  })
})

it('an observation is a fresh vector', () => {
  for (const { make } of Object.values(OWN)) {
    const environment = make()
    const first = environment.reset(1)
    const before = [...(first as Float64Array)]
    environment.step(environment.actionSpace.kind === 'discrete' ? 0 : Float64Array.of(1))
    expect([...(first as Float64Array)]).toEqual(before)
  }
})

it('a longer pole or another gravity is another environment', () => {
  const far = (parameters: Parameters<typeof cartPole>[0]) => {
    const environment = cartPole(parameters)
    environment.reset(5)
    for (let t = 0; t < 4; t++) environment.step(1)
    return environment.step(0).observation
  }
  expect(far({})).toEqual(far({ length: 0.5 }))
  for (const parameters of [{ length: 0.6 }, { gravity: 9 }, { kinematics: 'semi-implicit' }] as const)
    expect(far(parameters)).not.toEqual(far({}))
  expect(() => cartPole({ kinematics: 'rk4' as 'euler' })).toThrow(
    'expected one of euler, semi-implicit, got "rk4"',
  )
  expect(() => acrobot({ equations: 'Book' as 'book' })).toThrow('expected one of book, nips, got "Book"')
})

it('the noise on the torque of Acrobot is uniform in its range, and of the seed', () => {
  const after = (seed: number, torqueNoise: number) => {
    const environment = acrobot({ torqueNoise })
    environment.reset(seed)
    return environment.step(1).observation
  }
  expect(after(1, 0.5)).toEqual(after(1, 0.5))
  expect(after(1, 0.5)).not.toEqual(after(1, 0))
  // the acceleration is affine in the torque: with noise it lies between those of the ends
  const state = new Float64Array(4)
  const noisy = acrobotDynamics({ torqueNoise: 0.5, dt: 1e-6 }, state)
  const calm = acrobotDynamics({ dt: 1e-6 }, state)
  const velocity = (dynamics: Dynamics, action: number, seed: number) => {
    state.fill(0.1)
    dynamics.act(action, streamOf(seed, NOBODY, Purpose.environment))
    return (state[3] as number) - 0.1
  }
  const [low, middle, high] = [0, 1, 2].map((action) => velocity(calm, action, 0)) as [number, number, number]
  const noise = Array.from(
    { length: 2000 },
    (_, seed) => ((velocity(noisy, 1, seed) - middle) / (high - low)) * 2,
  )
  expect(Math.min(...noise)).toBeGreaterThan(-0.501)
  expect(Math.min(...noise)).toBeLessThan(-0.49)
  expect(Math.max(...noise)).toBeLessThan(0.501)
  expect(Math.max(...noise)).toBeGreaterThan(0.49)
})

it('an angle is brought into [-pi, pi)', () => {
  fc.assert(
    fc.property(fc.double({ min: -1000, max: 1000, noNaN: true }), (angle) => {
      const got = normalizedAngle(angle)
      expect(got).toBeGreaterThanOrEqual(-Math.PI)
      expect(got).toBeLessThan(Math.PI)
      expect(Math.abs(Math.sin(got) - Math.sin(angle))).toBeLessThan(1e-12)
      expect(Math.abs(Math.cos(got) - Math.cos(angle))).toBeLessThan(1e-12)
    }),
    { seed: 3 },
  )
})
