/** The chain: going on pays much at the far end, going back pays little at once (Strens 2000). */
import { familyMdp, outcomeList } from '../build.ts'
import type { Built } from '../mdp.ts'
import { uniformOver } from './map.ts'

/** The paper has 5 states and slip 0.2. */
export interface ChainOptions {
  readonly states: number
  readonly discount: number
  readonly slip: number
}

/** Strens's rewards 2 and 10, divided by 10. */
const SMALL_REWARD = 0.2
const LARGE_REWARD = 1

/**
 * Actions are on and back. On moves from state s to s + 1 and gives 0, or stays in the last state and gives 1; back leads to state 0 and
 * gives 0.2. With probability slip the other action happens, with its reward. rho is state 0. Rewards are those of the paper divided by
 * 10, so that they lie in [0, 1]. The outcome as chosen is listed first; none has probability 0.
 * @throws RangeError for fewer than 2 states or a slip outside [0, 1]
 */
export function chain({ states, discount, slip }: ChainOptions): Built {
  if (!Number.isInteger(states) || states < 2)
    throw new RangeError(`chain: states must be an integer >= 2, got ${states}`)
  if (!(slip >= 0 && slip <= 1)) throw new RangeError(`chain: slip must be in [0, 1], got ${slip}`)
  const outcomes = outcomeList(states * 4)
  for (let state = 0; state < states; state++)
    for (let action = 0; action < 2; action++)
      for (const [happens, probability] of [
        [action, 1 - slip],
        [1 - action, slip],
      ] as const) {
        if (probability === 0) continue
        const last = state === states - 1
        if (happens === 1) outcomes.add(state, action, 0, probability, SMALL_REWARD)
        else outcomes.add(state, action, last ? state : state + 1, probability, last ? LARGE_REWARD : 0)
      }
  return { mdp: familyMdp({ states, actions: 2, discount, initial: uniformOver(states, [0]) }, outcomes) }
}
