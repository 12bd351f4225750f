/** Episodes that only measure a policy: nothing is learned from them. */
import { Purpose, streamOf } from '../../numeric/stream.ts'
import type { Environment } from '../environment.ts'
import type { PolicyAt } from '../parametric-policy.ts'
import { clipTo } from './clip.ts'
import { drawSeed } from './seed.ts'

/** An episode that is longer than this is taken for one that never ends. */
const MOST_STEPS = 10_000_000

/** Which episodes are measured. */
export interface EvaluationOptions {
  /** number of episodes, >= 1 */
  readonly episodes: number
  /** integer in [0, 2^53) */
  readonly seed: number
  /** index of the agent that is measured */
  readonly agent: number
}

/**
 * The mean undiscounted return of a policy's evaluation episodes. The seeds of their resets are drawn from the stream (seed, agent,
 * `evaluation`), the actions of an episode from (its own seed, agent, `evaluation`): what an episode does depends neither on how many
 * there are nor on those before it. Actions in a box are clipped to it, as they are where gradients are estimated.
 * @throws RangeError on less than one episode; Error on an episode that does not end within 10^7 steps
 */
export function episodeReturns(
  environment: Environment,
  policy: Pick<PolicyAt, 'act'>,
  { episodes, seed, agent }: EvaluationOptions,
): number {
  if (!Number.isInteger(episodes) || episodes < 1)
    throw new RangeError(`episodeReturns: episodes must be an integer >= 1, got ${episodes}`)
  const seeds = streamOf(seed, agent, Purpose.evaluation)
  let sum = 0
  for (let episode = 0; episode < episodes; episode++)
    sum += returnOf(environment, policy, drawSeed(seeds), agent)
  return sum / episodes
}

/** The undiscounted return of one episode. */
function returnOf(
  environment: Environment,
  policy: Pick<PolicyAt, 'act'>,
  seed: number,
  agent: number,
): number {
  const stream = streamOf(seed, agent, Purpose.evaluation)
  const clip = clipTo(environment.actionSpace)
  let observation = environment.reset(seed)
  let sum = 0
  for (let step = 0; step < MOST_STEPS; step++) {
    const next = environment.step(clip(policy.act(observation, stream)))
    sum += next.reward
    if (next.terminated || next.truncated) return sum
    observation = next.observation
  }
  throw new Error(
    `episodeReturns: the episode of seed ${seed} did not end within ${MOST_STEPS} steps; the environment needs a limit of time`,
  )
}
