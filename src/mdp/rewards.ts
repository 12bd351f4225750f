/** Other rewards for the same dynamics. Nothing but `reward` is new in the Mdps that come out: all else is shared. */
import type { Mdp } from './mdp.ts'

/**
 * The Mdp in which every outcome of (s, a) gives `rewards[s * A + a]`.
 * @param rewards [S * A]
 * @throws RangeError when there are not S * A of them
 */
export function withRewards(mdp: Mdp, rewards: Float64Array): Mdp {
  const pairs = mdp.states * mdp.actions
  if (rewards.length !== pairs)
    throw new RangeError(`withRewards: expected ${pairs} rewards, one a pair, got ${rewards.length}`)
  const reward = new Float64Array(mdp.next.length)
  for (let z = 0; z < pairs; z++) reward.fill(rewards[z] as number, mdp.start[z], mdp.start[z + 1])
  return { ...mdp, reward }
}

/**
 * The Mdp in which a step that ends in `goal` gives 1, a step within the goal included, and any other step 0. The goal ends no episode
 * that did not end there before, so that agents with goals of their own share their dynamics.
 * @param goal a state
 */
export const withGoal = (mdp: Mdp, goal: number): Mdp => ({
  ...mdp,
  reward: Float64Array.from(mdp.next, (next) => (next === goal ? 1 : 0)),
})

/** The Mdp whose rewards are those of `mdp` with the sign turned: costs to minimise become rewards to maximise. */
export const withTurnedSign = (mdp: Mdp): Mdp => ({
  ...mdp,
  // 0 - x, not -x: no negative zeros
  reward: mdp.reward.map((reward) => 0 - reward),
})
