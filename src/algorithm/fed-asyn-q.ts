/** FedAsynQ, with equal or importance averaging: Woo, Joshi, Chi 2025, Algorithm 2. */
import type { Experience } from '../agent/experience.ts'
import { asynchronousQ } from '../agent/learner/asynchronous-q.ts'
import type { QContract } from '../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../protocol/q-messages.ts'
import { federatedQ } from '../server/federated-q.ts'
import type { QServerState } from '../server/federated-q.ts'
import type { Algorithm } from './algorithm.ts'

/** `experience(agent)` is where that agent's transitions come from. */
export function fedAsynQ<State>(
  contract: QContract,
  experience: (agent: number) => Experience<State>,
): Algorithm<State, QServerState, QTask, QUpdate> {
  return { learner: (agent) => asynchronousQ(contract, agent, experience(agent)), rule: federatedQ(contract) }
}
