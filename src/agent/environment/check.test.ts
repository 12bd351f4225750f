import { describe, expect, it } from 'vitest'
import type { Environment } from '../environment.ts'
import { checkEnvironment } from './check.ts'

/** A sound environment of 5 steps, with parts exchanged. */
function walk(parts: Record<string, unknown> = {}): unknown {
  let t = 0
  let at = 0
  const sound: Environment = {
    observationSpace: { kind: 'box', low: Float64Array.of(0, -10), high: Float64Array.of(5, 10) },
    actionSpace: { kind: 'discrete', n: 2 },
    reset(seed) {
      t = 0
      at = seed % 3
      return Float64Array.of(t, at)
    },
    step(action) {
      t++
      at += action === 1 ? 1 : -1
      return { observation: Float64Array.of(t, at), reward: at, terminated: false, truncated: t >= 5 }
    },
  }
  return { ...sound, ...parts }
}
const told = (environment: unknown): string[] =>
  checkEnvironment(environment, { maxSteps: 100 }).map(({ path, message }) => [...path, message].join(': '))
const step = (parts: Record<string, unknown>) => () => ({
  observation: Float64Array.of(1, 0),
  reward: 0,
  terminated: false,
  truncated: true,
  ...parts,
})

const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

describe('the checker', () => {
  it('has nothing to say of a sound environment, and takes arrays of numbers', () => {
    expect(told(walk())).toEqual([])
    expect(
      told(
        walk({
          observationSpace: { kind: 'box', low: [0, -Infinity], high: [5, Infinity] },
          reset: () => [0, 0],
          step: step({ observation: [1, 2] }),
        }),
      ),
    ).toEqual([])
    expect(
      told(
        walk({
          observationSpace: { kind: 'discrete', n: 3 },
          reset: () => 0,
          step: step({ observation: 2 }),
        }),
      ),
    ).toEqual([])
  })
  it('draws actions of every kind from their space', () => {
    const low = [-2, 0, -Infinity, -Infinity, 3]
    const high = [-1, Infinity, 0, Infinity, 3]
    const seen: number[][] = []
    const environment = walk({
      actionSpace: { kind: 'box', low, high },
      step: (action: Float64Array) => {
        seen.push([...action])
        return step({})()
      },
    })
    expect(checkEnvironment(environment, { episodes: 50 })).toEqual([])
    expect(seen).toHaveLength(100)
    for (const action of seen)
      for (const [i, x] of action.entries()) {
        expect(x).toBeGreaterThanOrEqual([-2, 0, -1, -1, 3][i] as number)
        expect(x).toBeLessThanOrEqual(high[i] as number)
      }
    expect(new Set(seen.map((action) => action.join())).size).toBe(50)
  })
  it.each([
    [
      'no object',
      7,
      'expected an environment, an object with observationSpace, actionSpace, reset and step, got 7',
    ],
    [
      'a promise',
      Promise.resolve(walk()),
      'expected an environment, an object with observationSpace, actionSpace, reset and step, got a Promise (nothing here may be asynchronous)',
    ],
    ['no reset', walk({ reset: undefined }), 'reset: expected a function, got nothing'],
    [
      'no space',
      walk({ actionSpace: undefined }),
      "actionSpace: expected a space, { kind: 'discrete', n } or { kind: 'box', low, high }, got nothing",
    ],
    [
      'a kind that is none',
      walk({ actionSpace: { kind: 'Discrete', n: 2 } }),
      "actionSpace: kind: expected 'discrete' or 'box', got \"Discrete\"",
    ],
    [
      'no actions',
      walk({ actionSpace: { kind: 'discrete', n: 0 } }),
      'actionSpace: n: expected an integer >= 1, got 0',
    ],
    [
      'a box of nothing',
      walk({ observationSpace: { kind: 'box', low: [], high: [] } }),
      'observationSpace: low: expected a vector of numbers, got []',
    ],
    [
      'ends of two lengths',
      walk({ observationSpace: { kind: 'box', low: [0], high: [1, 2] } }),
      'observationSpace: high: expected 1 numbers like low, got [1,2]',
    ],
    [
      'ends in the wrong order',
      walk({ observationSpace: { kind: 'box', low: [0, 1], high: [1, 0] } }),
      'observationSpace: expected low <= high at [1], got 1 and 0',
    ],
    [
      'an end that is none',
      walk({ observationSpace: { kind: 'box', low: [NaN, 1], high: [1, 2] } }),
      'observationSpace: expected low <= high at [0], got NaN and 1',
    ],
    ['a vector of the wrong length', walk({ reset: () => [0] }), 'reset(0): expected 2 numbers, got 1'],
    [
      'a vector outside',
      walk({ reset: () => [0, 11] }),
      "reset(0): expected a number in the space's [-10, 10] at [1], got 11",
    ],
    [
      'a vector of float32',
      walk({ reset: () => new Float32Array(2) }),
      'reset(0): expected a Float64Array or an array of 2 numbers, got a Float32Array',
    ],
    [
      'a number that is not finite',
      walk({ step: step({ observation: [1, NaN] }) }),
      'reset(0): step 1: observation: expected finite numbers, got NaN at [1]',
    ],
    [
      'an asynchronous reset',
      walk({ reset: async () => [0, 0] }),
      'reset(0): expected a Float64Array or an array of 2 numbers, got a Promise (nothing here may be asynchronous)',
    ],
    [
      'an asynchronous step',
      walk({ step: async () => step({})() }),
      'reset(0): step 1: expected { observation, reward, terminated, truncated }, got a Promise (nothing here may be asynchronous)',
    ],
    [
      "Gymnasium's tuple",
      walk({ step: () => [[0, 0], 1, false, false] }),
      'reset(0): step 1: reward: expected a finite number, got nothing',
    ],
    [
      'a reward that is not finite',
      walk({ step: step({ reward: Infinity }) }),
      'reset(0): step 1: reward: expected a finite number, got Infinity',
    ],
    [
      'a reward as text',
      walk({ step: step({ reward: '1' }) }),
      'reset(0): step 1: reward: expected a finite number, got "1"',
    ],
    [
      'a reward that is a bigint',
      walk({ step: step({ reward: 1n }) }),
      'reset(0): step 1: reward: expected a finite number, got 1n',
    ],
    [
      'an observation that holds itself',
      walk({ reset: () => cycle }),
      'reset(0): expected a Float64Array or an array of 2 numbers, got [object Object]',
    ],
    [
      'spaces that throw',
      Object.defineProperty({}, 'actionSpace', {
        get: () => {
          throw new Error('not yet')
        },
      }),
      'threw: not yet',
    ],
    [
      'an end that is a number',
      walk({ step: step({ terminated: 0 }) }),
      'reset(0): step 1: terminated: expected true or false, got 0',
    ],
    [
      'no truncated',
      walk({ step: step({ truncated: undefined }) }),
      'reset(0): step 1: truncated: expected true or false, got nothing',
    ],
    [
      'episodes without end',
      walk({ step: step({ truncated: false }) }),
      'reset(0): the episode did not end within 100 random steps; expected terminated or, at a limit of time, truncated',
    ],
    [
      'a state number that is none',
      walk({ observationSpace: { kind: 'discrete', n: 2 }, reset: () => 2 }),
      'reset(0): expected an integer in 0 .. 1, got 2',
    ],
  ])('tells of %s', (_, environment, message) => {
    expect(told(environment)).toContain(message)
  })
  it('tells what reset and step throw', () => {
    const fail = () => {
      throw new Error('no such door')
    }
    expect(told(walk({ reset: fail }))).toEqual(['reset(0): threw: no such door'])
    expect(told(walk({ step: fail }))).toEqual(['reset(0): step 1: threw: no such door'])
  })
  it('tells of an episode that does not depend on its seed alone', () => {
    let calls = 0
    const wanted = 'two episodes of this seed and the same actions differ from'
    expect(told(walk({ reset: () => Float64Array.of(0, calls++), step: step({}) }))[0]).toContain(
      `reset(0): ${wanted} the first observation on`,
    )
    let t = 0
    expect(told(walk({ step: () => step({ reward: t++ })() }))[0]).toContain(`reset(0): ${wanted} step 1 on`)
    let steps = 0
    let limit = 2
    const growing = walk({
      reset: () => {
        steps = 0
        limit++
        return [0, 0]
      },
      step: () => step({ observation: [0, 0], truncated: ++steps >= limit })(),
    })
    expect(told(growing)[0]).toContain(`reset(0): ${wanted} step 3 on`)
  })
  it('tells of an observation that a later step changes', () => {
    const shared = new Float64Array(2)
    const environment = walk({
      reset: () => shared.fill(0),
      step: () => {
        shared[0] = (shared[0] as number) + 1
        return step({ observation: shared, truncated: shared[0] === 4 })()
      },
    })
    expect(told(environment)).toEqual([
      'reset(0): step 1: changed the observation given before; expected a fresh vector at every step',
    ])
  })
})
