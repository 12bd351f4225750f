/** Q-learning: one agent, or K that learn alone; Watkins and Dayan 1992. */
import type { Experience } from '../agent/experience.ts'
import { independentQ } from '../agent/learner/independent-q.ts'
import type { QContract } from '../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../protocol/q-messages.ts'
import { collect } from '../server/collect.ts'
import type { CollectState } from '../server/collect.ts'
import type { Algorithm } from './algorithm.ts'

/** `experience(agent)` is where that agent's transitions come from. */
export function qLearning<State>(
  contract: QContract,
  experience: (agent: number) => Experience<State>,
): Algorithm<State, CollectState, QTask, QUpdate> {
  return { learner: (agent) => independentQ(contract, agent, experience(agent)), rule: collect(contract) }
}
