import { expect, it } from 'vitest'
import { randomMdp, randomPolicies } from '../../../test/random-problems.ts'
import { mdpEnvironment } from '../environment/mdp.ts'
import type { Environment } from '../environment.ts'
import { checkExperience } from '../experience.contract.ts'
import { actExperience } from './act.ts'

const mdp = randomMdp(3, 6, 3, 0.9, 1)
const behavior = randomPolicies(3, mdp, 1).tables[0] as Float64Array
const environment = (): Environment => mdpEnvironment(mdp, { maxSteps: 11 })

checkExperience('acting', actExperience(environment(), behavior, 3, 3, 2), 6, 3)

it('goes on in another process, with an environment that stands elsewhere', () => {
  const one = actExperience(environment(), behavior, 3, 3, 2)
  const { state } = one.gather(one.start(), 25)
  const other = actExperience(environment(), behavior, 3, 3, 2)
  other.gather(other.start(), 4)
  expect(other.gather(structuredClone(state), 30)).toEqual(one.gather(state, 30))
})

/** 0 -> 1 -> 2; action 1 ends the episode in 2, action 0 is cut off there. */
const line: Environment = {
  observationSpace: { kind: 'discrete', n: 3 },
  actionSpace: { kind: 'discrete', n: 2 },
  reset: () => (at = 0),
  step(action) {
    at++
    const over = at === 2
    return { observation: at, reward: at, terminated: over && action === 1, truncated: over && action === 0 }
  },
}
let at = 0

it.each([
  [1, -1],
  [0, 2],
])('with action %i an episode ends with bootstrap %i', (action, last) => {
  const always = Float64Array.from({ length: 6 }, (_, pair) => Number(pair % 2 === action))
  const experience = actExperience(line, always, 2, 1, 0)
  expect(experience.gather(experience.start(), 4).trajectory).toEqual({
    pair: Uint32Array.of(action, 2 + action, action, 2 + action),
    reward: Float64Array.of(1, 2, 1, 2),
    bootstrap: Int32Array.of(1, last, 1, last),
  })
})

it('begins every episode with a seed of its own, and draws other ones for other agents', () => {
  const seeds: number[] = []
  const counted: Environment = { ...line, reset: (seed) => (seeds.push(seed), (at = 0)) }
  const always = new Float64Array(6).fill(0.5)
  for (const agent of [0, 1]) {
    const experience = actExperience(counted, always, 2, 1, agent)
    experience.gather(experience.start(), 10)
  }
  expect(new Set(seeds).size).toBe(12)
})

it('does not trust where an environment stands that has thrown', () => {
  let fails = false
  const inner = environment()
  const failing: Environment = {
    ...inner,
    step(action) {
      if (fails) throw new Error('broken')
      return inner.step(action)
    },
  }
  const experience = actExperience(failing, behavior, 3, 3, 2)
  const { state } = experience.gather(experience.start(), 5)
  fails = true
  expect(() => experience.gather(state, 5)).toThrow('broken')
  fails = false
  const fresh = actExperience(environment(), behavior, 3, 3, 2)
  expect(experience.gather(state, 20)).toEqual(fresh.gather(state, 20))
})
