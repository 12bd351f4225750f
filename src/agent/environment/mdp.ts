/** A finite Mdp as an environment, for agents and policies that ask for no table. */
import { pick } from '../../numeric/alias.ts'
import { nextWord } from '../../numeric/stream.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import { drawStart, outcomeSampler, startSampler } from '../../mdp/sampler.ts'
import type { Environment } from '../environment.ts'
import { episodic } from './episodic.ts'

/**
 * The environment of an Mdp. The observation is the number of the state. An episode starts by `mdp.initial` (one word of its stream) and
 * terminates on entering a terminal state; a step takes one word. The reward is that of the transition drawn.
 * @param maxSteps steps after which an episode is cut off; by default never, so that without terminal states it does not end
 */
export function mdpEnvironment(mdp: Mdp, { maxSteps = Infinity }: { maxSteps?: number } = {}): Environment {
  const starts = startSampler(mdp.initial)
  const outcomes = outcomeSampler(mdp)
  let state = 0
  return episodic({
    name: 'Mdp',
    observationSpace: { kind: 'discrete', n: mdp.states },
    actionSpace: { kind: 'discrete', n: mdp.actions },
    maxSteps,
    begin(stream) {
      state = drawStart(starts, stream)
    },
    act(action, stream) {
      const pair = state * mdp.actions + (action as number)
      const outcome = (mdp.start[pair] as number) + pick(outcomes, pair, nextWord(stream))
      state = mdp.next[outcome] as number
      return mdp.reward[outcome] as number
    },
    ended: () => mdp.terminal[state] === 1,
    observe: () => state,
  })
}
