/** FedSynQ: Woo, Joshi, Chi 2025, Algorithm 1. Averaging is equal, for every agent visits every pair equally often. */
import { synchronousQ } from '../agent/learner/synchronous-q.ts'
import type { Mdp } from '../mdp/mdp.ts'
import type { Stream } from '../numeric/stream.ts'
import type { QContract } from '../protocol/q-contract.ts'
import type { QTask, QUpdate } from '../protocol/q-messages.ts'
import { federatedQ } from '../server/federated-q.ts'
import type { QServerState } from '../server/federated-q.ts'
import type { Algorithm } from './algorithm.ts'

/** Every agent samples from `mdp` as a generative model, with streams of `seed`. */
export function fedSynQ(
  contract: QContract,
  mdp: Mdp,
  seed: number,
): Algorithm<Stream, QServerState, QTask, QUpdate> {
  return {
    learner: (agent) => synchronousQ(contract, agent, mdp, seed),
    rule: federatedQ({ ...contract, averaging: 'equal' }),
  }
}
