/** Rollouts in plain TypeScript: the twin of the compiled walker, and its substitute for problems that do not fit into that one's memory. */
import type { Mdp } from '../../../mdp/mdp.ts'
import { outcomeSampler } from '../../../mdp/sampler.ts'
import { pick } from '../../../numeric/alias.ts'
import { choose } from '../../../numeric/choose.ts'
import { exp } from '../../../numeric/elementary.ts'
import { rowMax } from '../../../numeric/q-update.ts'
import { nextWord } from '../../../numeric/stream.ts'
import type { Stream } from '../../../numeric/stream.ts'
import type { Rollouts, Walker } from './rollouts.ts'

/** The walker of `mdp` for batches of `rollouts` rollouts of at most `horizon` steps. */
export function plainWalker(mdp: Mdp, rollouts: number, horizon: number): Walker {
  const { states, actions } = mdp
  const outcomes = outcomeSampler(mdp)
  const batch = emptyRollouts(mdp, rollouts, horizon)
  const weights = new Float64Array(states * actions)
  const seen = new Uint8Array(states)
  let visits = 0

  const visit = (theta: Float64Array, state: number): void => {
    if (seen[state] === 1) return
    seen[state] = 1
    batch.visited[visits++] = state
    const [from, end] = [state * actions, (state + 1) * actions]
    const most = rowMax(theta, from, actions)
    let total = 0
    for (let z = from; z < end; z++) {
      weights[z] = exp((theta[z] as number) - most)
      total += weights[z] as number
    }
    for (let z = from; z < end; z++) batch.policy[z] = (weights[z] as number) / total
  }

  /** Takes a step in `state`, writes it as number `at`, and gives the next state. */
  const step = (state: number, at: number, stream: Stream): number => {
    const pair = state * actions + choose(weights, nextWord(stream), state * actions, actions)
    const outcome = (mdp.start[pair] as number) + pick(outcomes, pair, nextWord(stream))
    batch.pair[at] = pair
    batch.reward[at] = mdp.reward[outcome] as number
    return mdp.next[outcome] as number
  }

  const starts = new Uint32Array(rollouts)
  return {
    rollouts: batch,
    starts,
    walk(theta, stream) {
      seen.fill(0)
      visits = 0
      let at = 0
      for (let m = 0; m < rollouts; m++) {
        let state = starts[m] as number
        for (const end = at + horizon; at < end && mdp.terminal[state] === 0; at++) {
          visit(theta, state)
          state = step(state, at, stream)
        }
        batch.offset[m + 1] = at
      }
      return visits
    },
  }
}

/** A workspace for the rollouts of a batch. */
function emptyRollouts({ states, actions }: Mdp, rollouts: number, horizon: number): Rollouts {
  return {
    offset: new Uint32Array(rollouts + 1),
    pair: new Uint32Array(rollouts * horizon),
    reward: new Float64Array(rollouts * horizon),
    visited: new Uint32Array(states),
    policy: new Float64Array(states * actions),
  }
}
