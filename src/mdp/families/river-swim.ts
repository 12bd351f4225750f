/** RiverSwim: swimming against the current pays much, at the far end only (Strehl and Littman 2008). */
import { familyMdp, outcomeList } from '../build.ts'
import type { Built } from '../mdp.ts'
import { uniformOver } from './map.ts'

/** The paper has 6 states. */
export interface RiverSwimOptions {
  readonly states: number
  readonly discount: number
}

/** Strehl and Littman's probabilities of the action `right`; [step back, stay, step on]. Other papers use 0.05, 0.6, 0.35. */
const LEFT_BANK = { stay: 0.7, on: 0.3 }
const MIDSTREAM = { back: 0.1, stay: 0.6, on: 0.3 }
const RIGHT_BANK = { back: 0.7, stay: 0.3 }
/** Their rewards 5 and 10,000, divided by 10,000. */
const SMALL_REWARD = 0.0005
const LARGE_REWARD = 1

/**
 * Actions are left and right. Left always succeeds, and in state 0, where it stays, gives 0.0005; right is carried back by the current;
 * staying in the last state by going right gives 1; all else gives 0. rho is uniform over states 1 and 2 (state 1 alone of two states).
 * Rewards are those of the paper divided by 10,000, so that they lie in [0, 1].
 * @throws RangeError for fewer than 2 states
 */
export function riverSwim({ states, discount }: RiverSwimOptions): Built {
  if (!Number.isInteger(states) || states < 2)
    throw new RangeError(`riverSwim: states must be an integer >= 2, got ${states}`)
  const last = states - 1
  const outcomes = outcomeList(states * 4)
  for (let state = 0; state < states; state++)
    outcomes.add(state, 0, Math.max(state - 1, 0), 1, state === 0 ? SMALL_REWARD : 0)
  outcomes.add(0, 1, 0, LEFT_BANK.stay, 0)
  outcomes.add(0, 1, 1, LEFT_BANK.on, 0)
  for (let state = 1; state < last; state++) {
    outcomes.add(state, 1, state - 1, MIDSTREAM.back, 0)
    outcomes.add(state, 1, state, MIDSTREAM.stay, 0)
    outcomes.add(state, 1, state + 1, MIDSTREAM.on, 0)
  }
  outcomes.add(last, 1, last - 1, RIGHT_BANK.back, 0)
  outcomes.add(last, 1, last, RIGHT_BANK.stay, LARGE_REWARD)
  const initial = uniformOver(states, states === 2 ? [1] : [1, 2])
  return { mdp: familyMdp({ states, actions: 2, discount, initial }, outcomes) }
}
