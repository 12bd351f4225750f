import { describe, expect, it } from 'vitest'
import { chain, cliffWalking, frozenLake } from '../../mdp/families.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { drawStart, outcomeSampler, startSampler } from '../../mdp/sampler.ts'
import { pick } from '../../numeric/alias.ts'
import { NOBODY, Purpose, below, nextWord, streamOf } from '../../numeric/stream.ts'
import { checkEnvironment } from './check.ts'
import { mdpEnvironment } from './mdp.ts'

const lake = frozenLake({ map: '4x4', slippery: true, discount: 0.9 }).mdp

/** Counts one more at `index`. */
const tally = (counts: Float64Array, index: number): void => {
  counts[index] = (counts[index] as number) + 1
}

/** P(next | state, action), from the outcomes. */
function law(mdp: Mdp, state: number, action: number): Map<number, number> {
  const pair = state * mdp.actions + action
  const probabilities = new Map<number, number>()
  for (let i = mdp.start[pair] as number; i < (mdp.start[pair + 1] as number); i++) {
    const next = mdp.next[i] as number
    probabilities.set(next, (probabilities.get(next) ?? 0) + (mdp.probability[i] as number))
  }
  return probabilities
}

describe('a finite Mdp as an environment', () => {
  it('moves by the probabilities of the Mdp and ends in its terminal states', () => {
    const environment = mdpEnvironment(lake)
    const seen = Array.from({ length: lake.states * lake.actions }, () => new Map<number, number>())
    const stream = streamOf(3, 0, Purpose.evaluation)
    let state = -1
    let wrong = 0
    for (let n = 0, seed = 0; n < 60_000; n++) {
      if (state < 0) state = environment.reset(seed++) as number
      const action = below(stream, lake.actions)
      const { observation, terminated, truncated } = environment.step(action)
      const counts = seen[state * lake.actions + action] as Map<number, number>
      counts.set(observation as number, (counts.get(observation as number) ?? 0) + 1)
      if (terminated !== (lake.terminal[observation as number] === 1) || truncated) wrong++
      state = terminated ? -1 : (observation as number)
    }
    expect(wrong).toBe(0)
    let judged = 0
    for (const [pair, counts] of seen.entries()) {
      const total = [...counts.values()].reduce((a, b) => a + b, 0)
      const wanted = law(lake, Math.floor(pair / lake.actions), pair % lake.actions)
      for (const next of counts.keys()) expect(wanted.get(next)).toBeGreaterThan(0)
      if (total < 500) continue
      judged++
      // 5 standard errors
      for (const [next, p] of wanted)
        expect(Math.abs((counts.get(next) ?? 0) / total - p)).toBeLessThanOrEqual(
          5 * Math.sqrt((p * (1 - p)) / total) + 1e-9,
        )
    }
    expect(judged).toBeGreaterThan(20)
  })

  it('gives the reward of the transition', () => {
    const cliff = cliffWalking({ slippery: false, discount: 0.9 }).mdp
    const environment = mdpEnvironment(cliff)
    environment.reset(1)
    // up is -1; right of the start lies the cliff, -100
    expect(environment.step(0)).toMatchObject({ reward: -1, terminated: false })
    environment.reset(1)
    expect(environment.step(1)).toMatchObject({ reward: -100 })
  })

  it('starts by the law of the Mdp', () => {
    const initial = Float64Array.of(0.5, 0, 0.25, 0, 0.25)
    const environment = mdpEnvironment({ ...chain({ states: 5, slip: 0.2, discount: 0.9 }).mdp, initial })
    const counts = new Float64Array(5)
    for (let seed = 0; seed < 8000; seed++) tally(counts, environment.reset(seed) as number)
    for (const [state, p] of initial.entries())
      expect(Math.abs((counts[state] as number) / 8000 - p)).toBeLessThanOrEqual(
        5 * Math.sqrt((p * (1 - p)) / 8000),
      )
  })

  it('is cut off after maxSteps, by default never', () => {
    const endless = chain({ states: 5, slip: 0.2, discount: 0.9 }).mdp
    const limited = mdpEnvironment(endless, { maxSteps: 3 })
    limited.reset(0)
    expect([1, 2, 3].map(() => limited.step(0).truncated)).toEqual([false, false, true])
    const free = mdpEnvironment(endless)
    free.reset(0)
    for (let t = 0; t < 1000; t++) expect(free.step(0).truncated).toBe(false)
    expect(checkEnvironment(free, { maxSteps: 50 })[0]?.message).toContain(
      'did not end within 50 random steps',
    )
    expect(checkEnvironment(limited)).toEqual([])
    expect(checkEnvironment(mdpEnvironment(lake))).toEqual([])
  })

  it('takes one word for the start and one for a step of the stream of its seed', () => {
    const environment = mdpEnvironment(lake)
    const outcomes = outcomeSampler(lake)
    for (let seed = 0; seed < 50; seed++) {
      const twin = streamOf(seed, NOBODY, Purpose.environment)
      let state = environment.reset(seed) as number
      expect(state).toBe(drawStart(startSampler(lake.initial), twin))
      for (let over = false, t = 0; !over; t++) {
        const pair = state * lake.actions + (t % 4)
        const step = environment.step(t % 4)
        state = lake.next[(lake.start[pair] as number) + pick(outcomes, pair, nextWord(twin))] as number
        expect(step.observation).toBe(state)
        over = step.terminated
      }
    }
  })
})
