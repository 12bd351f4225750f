import { describe, expect, it } from 'vitest'
import type { Environment } from '../environment.ts'
import { cartPole } from './cart-pole.ts'
import { mountainCar } from './mountain-car.ts'
import { pendulum } from './pendulum.ts'
import { vectorEnvironment, type Autoreset } from './vector.ts'

/** Episodes of `length` steps whose observation counts them from 100 times the episode's number; it keeps the seeds. */
function counter(length: number): Environment & { readonly seeds: number[] } {
  const seeds: number[] = []
  let t = 0
  return {
    seeds,
    observationSpace: { kind: 'discrete', n: 10_000 },
    actionSpace: { kind: 'discrete', n: 2 },
    reset(seed) {
      seeds.push(seed)
      t = 0
      return 100 * seeds.length
    },
    step(action) {
      t++
      const over = t === length
      return {
        observation: 100 * seeds.length + t,
        reward: 1 + (action as number),
        terminated: over && length === 2,
        truncated: over && length !== 2,
      }
    },
  }
}

/** The steps of environments with episodes of 2 and 3 steps, actions 0 and 1. */
function steps(autoreset: Autoreset, count: number) {
  const vector = vectorEnvironment([counter(2), counter(3)], { autoreset })
  const first = vector.reset([7, 8])
  return [first, ...Array.from({ length: count }, () => vector.step([0, 1]))] as const
}

describe('the modes of Gymnasium 1.x', () => {
  it('next-step: the step after the end resets, with reward 0 and the action ignored', () => {
    const [first, ...rest] = steps('next-step', 4)
    expect(first).toEqual([100, 100])
    expect(rest.map((step) => step.observations)).toEqual([
      [101, 101],
      [102, 102],
      [200, 103],
      [201, 200],
    ])
    expect(rest.map((step) => [...step.rewards])).toEqual([
      [1, 2],
      [1, 2],
      [0, 2],
      [1, 0],
    ])
    expect(rest.map((step) => step.terminated)).toEqual([
      [false, false],
      [true, false],
      [false, false],
      [false, false],
    ])
    expect(rest.map((step) => step.truncated)).toEqual([
      [false, false],
      [false, false],
      [false, true],
      [false, false],
    ])
    expect(rest.flatMap((step) => step.lastObservations)).toEqual(Array.from({ length: 8 }, () => null))
  })
  it('same-step: the last observation stands beside the first of the new episode', () => {
    const [, ...rest] = steps('same-step', 4)
    expect(rest.map((step) => step.observations)).toEqual([
      [101, 101],
      [200, 102],
      [201, 200],
      [300, 201],
    ])
    expect(rest.map((step) => step.lastObservations)).toEqual([
      [null, null],
      [102, null],
      [null, 103],
      [202, null],
    ])
    expect(rest.map((step) => [...step.rewards])).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
      [1, 2],
    ])
    expect(rest.map((step) => step.terminated)).toEqual([
      [false, false],
      [true, false],
      [false, false],
      [true, false],
    ])
    expect(rest.map((step) => step.truncated)).toEqual([
      [false, false],
      [false, false],
      [false, true],
      [false, false],
    ])
  })
  it('disabled: the caller resets those that have ended, and no others', () => {
    const vector = vectorEnvironment([counter(2), counter(3)], { autoreset: 'disabled' })
    vector.reset([7, 8])
    vector.step([0, 0])
    expect(vector.step([0, 0])).toMatchObject({ observations: [102, 102], terminated: [true, false] })
    expect(() => vector.step([0, 0])).toThrow('environment 0 is at the end of its episode')
    expect(vector.reset([9, null])).toEqual([200, 102])
    expect(vector.step([0, 0]).observations).toEqual([201, 103])
  })
})

describe('vectorEnvironment', () => {
  it('is the environments one by one', () => {
    const poles = [0.4, 0.5, 0.6].map((length) => cartPole({ length }))
    const vector = vectorEnvironment(poles, { autoreset: 'disabled' })
    const alone = [0.4, 0.5, 0.6].map((length) => cartPole({ length }))
    expect(vector.reset([1, 2, 3])).toEqual(alone.map((one, i) => one.reset(i + 1)))
    for (let t = 0; t < 7; t++) {
      const actions = [t % 2, 1, 0]
      const step = vector.step(actions)
      const wanted = alone.map((one, i) => one.step(actions[i] as number))
      expect(step.observations).toEqual(wanted.map((one) => one.observation))
      expect([...step.rewards]).toEqual(wanted.map((one) => one.reward))
    }
    expect(vector.size).toBe(3)
  })
  it('gives later episodes seeds of their own, the same ones for the same first seeds', () => {
    const run = (seeds: number[]) => {
      const environments = [counter(2), counter(2)]
      const vector = vectorEnvironment(environments, { autoreset: 'same-step' })
      vector.reset(seeds)
      for (let t = 0; t < 6; t++) vector.step([0, 0])
      return environments.map((one) => one.seeds)
    }
    const [one = [], other = []] = run([5, 5])
    expect(one).toHaveLength(4)
    expect(new Set([...one, ...other]).size).toBe(7)
    expect(run([5, 5])).toEqual([one, other])
    expect(run([6, 5])[1]).toEqual(other)
    for (const seed of one) expect(Number.isSafeInteger(seed) && seed >= 0).toBe(true)
  })
  it('refuses what does not fit', () => {
    const disabled = { autoreset: 'disabled' } as const
    expect(() => vectorEnvironment([], disabled)).toThrow('at least one')
    expect(() => vectorEnvironment([cartPole(), mountainCar()], disabled)).toThrow(
      'observationSpace of environment 1: expected vectors of 4 as in environment 0, got vectors of 2',
    )
    expect(() => vectorEnvironment([counter(2), pendulum()], disabled)).toThrow('environment 1')
    const vector = vectorEnvironment([counter(2), counter(3)], disabled)
    expect(() => vector.reset([1])).toThrow('seeds: expected one for each of 2 environments, got 1')
    vector.reset([null, 1])
    expect(() => vector.step([0])).toThrow('actions: expected one for each of 2 environments, got 1')
    expect(() => vector.step([0, 0])).toThrow('environment 0 has not been reset')
  })
})
