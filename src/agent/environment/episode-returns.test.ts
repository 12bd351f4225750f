import { describe, expect, it } from 'vitest'
import { below, type Stream } from '../../numeric/stream.ts'
import type { Environment, Point } from '../environment.ts'
import { cartPole } from './cart-pole.ts'
import { episodeReturns } from './episode-returns.ts'

/** Episodes of 1 to 7 steps, as the seed says; the reward is the action. It keeps what happened. */
function counter(): Environment & { readonly seeds: number[]; readonly actions: number[][] } {
  const [seeds, actions]: [number[], number[][]] = [[], []]
  let left = 0
  return {
    seeds,
    actions,
    observationSpace: { kind: 'discrete', n: 10 },
    actionSpace: { kind: 'discrete', n: 1000 },
    reset(seed) {
      seeds.push(seed)
      actions.push([])
      left = 1 + (seed % 7)
      return left
    },
    step(action) {
      left--
      actions.at(-1)?.push(action as number)
      return {
        observation: left,
        reward: action as number,
        terminated: left === 0 && seeds.length % 2 === 0,
        truncated: left === 0,
      }
    },
  }
}
const random = { act: (_: Point, stream: Stream) => below(stream, 1000) }

describe('episode returns', () => {
  it('are the mean of the undiscounted sums', () => {
    const environment = counter()
    const mean = episodeReturns(environment, random, { episodes: 5, seed: 1, agent: 2 })
    expect(environment.seeds).toHaveLength(5)
    expect(new Set(environment.seeds).size).toBe(5)
    expect(mean).toBeCloseTo(environment.actions.flat().reduce((a, b) => a + b) / 5, 10)
  })
  it('an episode depends neither on the number of episodes nor on those before it', () => {
    const [few, many, other] = [counter(), counter(), counter()]
    episodeReturns(few, random, { episodes: 3, seed: 1, agent: 0 })
    episodeReturns(many, random, { episodes: 9, seed: 1, agent: 0 })
    episodeReturns(other, random, { episodes: 3, seed: 1, agent: 1 })
    expect(few.seeds).toEqual(many.seeds.slice(0, 3))
    expect(few.actions).toEqual(many.actions.slice(0, 3))
    expect(other.seeds).not.toEqual(few.seeds)
    // an early end must not shift what follows: the actions of the second episode are those without the first
    const short = counter()
    episodeReturns(short, { act: () => 0 }, { episodes: 3, seed: 1, agent: 0 })
    expect(short.seeds).toEqual(few.seeds)
  })
  it('clips actions to their box before they are taken', () => {
    const box = { kind: 'box', low: Float64Array.of(-1, 0), high: Float64Array.of(1, 2) } as const
    const taken: number[][] = []
    const environment: Environment = {
      observationSpace: box,
      actionSpace: box,
      reset: () => Float64Array.of(0, 0),
      step(action) {
        taken.push(Array.from(action as Float64Array))
        return {
          observation: Float64Array.of(0, 0),
          reward: 1,
          terminated: taken.length === 2,
          truncated: false,
        }
      },
    }
    const actions = [Float64Array.of(-3, 1), Float64Array.of(0.5, 7)]
    const policy = { act: () => actions[taken.length] ?? Float64Array.of(0, 0) }
    expect(episodeReturns(environment, policy, { episodes: 1, seed: 1, agent: 0 })).toBe(2)
    expect(taken).toEqual([
      [-1, 1],
      [0.5, 2],
    ])
    expect(Array.from(actions[0] ?? [])).toEqual([-3, 1])
  })
  it('of CartPole: pushing one way falls within some ten steps, a simple rule balances', () => {
    const options = { episodes: 20, seed: 4, agent: 0 }
    const right = episodeReturns(cartPole(), { act: () => 1 }, options)
    expect(right).toBeGreaterThan(8)
    expect(right).toBeLessThan(11)
    const rule = (observation: Point): number => {
      const [x = 0, v = 0, angle = 0, w = 0] = observation as Float64Array
      return angle + 0.5 * w + 0.05 * v + 0.02 * x > 0 ? 1 : 0
    }
    expect(episodeReturns(cartPole(), { act: rule }, options)).toBe(500)
  })
  it('refuse no episodes, and one that never ends', () => {
    for (const episodes of [0, 1.5, NaN])
      expect(() => episodeReturns(counter(), random, { episodes, seed: 0, agent: 0 })).toThrow(
        'an integer >= 1',
      )
    const endless = {
      ...counter(),
      step: () => ({ observation: 0, reward: 0, terminated: false, truncated: false }),
    }
    expect(() => episodeReturns(endless, { act: () => 0 }, { episodes: 1, seed: 0, agent: 0 })).toThrow(
      'did not end within 10000000 steps',
    )
  })
})
