import { expect, it } from 'vitest'
import { randomMdp, randomPolicies } from '../../../test/random-problems.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { checkExperience } from '../experience.contract.ts'
import { walkExperience } from './walk.ts'

const mdp = randomMdp(3, 6, 3, 0.9, 1)
const behavior = randomPolicies(3, mdp, 1).tables[0] as Float64Array

checkExperience('a walk', walkExperience(mdp, behavior, mdp.initial, 3, 2), 6, 3)

/** A line 0 -> 1 -> 2 with one action, rewards 10 and 20; state 2 is terminal. Rows of states 0 and 1 only. */
const line: Mdp = {
  states: 3,
  actions: 1,
  discount: 0.9,
  initial: Float64Array.of(1, 0, 0),
  terminal: Uint8Array.of(0, 0, 1),
  start: Uint32Array.of(0, 1, 2, 2),
  next: Uint32Array.of(1, 2),
  probability: Float64Array.of(1, 1),
  reward: Float64Array.of(10, 20),
}

it('bootstraps from nothing where an episode ends, and starts again in the same step', () => {
  const experience = walkExperience(line, Float64Array.of(1, 1, 1), line.initial, 1, 0)
  expect(experience.gather(experience.start(), 4).trajectory).toEqual({
    pair: Uint32Array.of(0, 1, 0, 1),
    reward: Float64Array.of(10, 20, 10, 20),
    bootstrap: Int32Array.of(1, -1, 1, -1),
  })
})

it('starts, and starts again, by the law of its agent and not by that of the Mdp', () => {
  const experience = walkExperience(line, Float64Array.of(1, 1, 1), Float64Array.of(0, 1, 0), 1, 0)
  expect([...experience.gather(experience.start(), 3).trajectory.pair]).toEqual([1, 1, 1])
})

it('follows its steps: every next state is the one before it', () => {
  const experience = walkExperience(mdp, behavior, mdp.initial, 3, 2)
  const { pair, bootstrap } = experience.gather(experience.start(), 300).trajectory
  const states = Array.from(pair, (one) => Math.floor(one / mdp.actions))
  const wrong = states.slice(1).filter((state, t) => bootstrap[t] !== -1 && bootstrap[t] !== state)
  expect(wrong).toEqual([])
  expect(bootstrap).toContain(-1)
})

it('takes steps that the model has: the reward of the outcome it sampled, and where that leads', () => {
  const experience = walkExperience(mdp, behavior, mdp.initial, 3, 2)
  const { pair, reward, bootstrap } = experience.gather(experience.start(), 300).trajectory
  const known = (t: number): boolean => {
    const z = pair[t] as number
    return Array.from(mdp.next.subarray(mdp.start[z], mdp.start[z + 1])).some(
      (next, i) =>
        mdp.reward[(mdp.start[z] as number) + i] === reward[t] &&
        bootstrap[t] === (mdp.terminal[next] === 1 ? -1 : next),
    )
  }
  expect(Array.from(pair.keys()).filter((t) => !known(t))).toEqual([])
})

it('tells agents and seeds apart', () => {
  const pairs = [
    [3, 2],
    [3, 1],
    [4, 2],
  ].map(([seed, agent]) => {
    const experience = walkExperience(mdp, behavior, mdp.initial, seed as number, agent as number)
    return experience.gather(experience.start(), 60).trajectory.pair.join()
  })
  expect(new Set(pairs).size).toBe(3)
})
