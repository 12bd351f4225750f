/** An Mdp and behaviour policies made ready for sampling: alias tables, built once, shared by every agent that acts in them. */
import { ACTION_BITS, STATE_BITS, aliasTables, pick } from '../numeric/alias.ts'
import type { AliasTables } from '../numeric/alias.ts'
import { nextWord } from '../numeric/stream.ts'
import type { Stream } from '../numeric/stream.ts'
import type { Mdp } from './mdp.ts'
import type { Policy } from './policy.ts'

/** A law of start states: its support, and the alias table over it. */
export interface StartSampler {
  /** states of positive probability, ascending */
  readonly states: Uint32Array
  readonly tables: AliasTables
}

/** The alias tables over the outcomes of every pair; row z is pair z. Pairs of terminal states are never drawn from. */
export const outcomeSampler = (mdp: Mdp): AliasTables => aliasTables(mdp.probability, mdp.start, STATE_BITS)

/** The alias tables over the actions in every state; row s is state s. */
export function actionSampler(policy: Policy, actions: number): AliasTables {
  const start = Uint32Array.from({ length: policy.length / actions + 1 }, (_, state) => state * actions)
  return aliasTables(policy, start, ACTION_BITS)
}

/** The sampler of a law [S] of start states. */
export function startSampler(law: Float64Array): StartSampler {
  const states = Uint32Array.from(law.keys()).filter((state) => (law[state] as number) > 0)
  const probability = Float64Array.from(states, (state) => law[state] as number)
  return { states, tables: aliasTables(probability, Uint32Array.of(0, states.length), STATE_BITS) }
}

/** A start state; takes one word of the stream. */
export const drawStart = (sampler: StartSampler, stream: Stream): number =>
  sampler.states[pick(sampler.tables, 0, nextWord(stream))] as number
