/** Episodes of a policy in an environment: a batch of them, written into a workspace that the next batch overwrites. */
import type { Stream } from '../../../numeric/stream.ts'
import type { Environment, Point } from '../../environment.ts'
import { clipTo } from '../../environment/clip.ts'
import { drawSeed } from '../../environment/seed.ts'
import type { PolicyAt } from '../../parametric-policy.ts'

/** M rollouts of at most K steps, one after the other. A rollout ends with its episode or after K steps. */
export interface Batch {
  /** [M + 1] rollout m consists of the steps offset[m] .. offset[m + 1] */
  readonly offset: Uint32Array
  /** what was observed before each step, and what was done, as it was drawn */
  readonly observation: readonly Point[]
  readonly action: readonly Point[]
  /** [M * K] */
  readonly reward: Float64Array
  /** [M * K] log pi of each action, where it was asked for */
  readonly logProbability: Float64Array
}

/** The two streams that rollouts are made from: seeds of episodes, and actions. */
export interface Streams {
  readonly start: Stream
  readonly walk: Stream
}

/** Makes batches in a workspace of its own. */
export interface Sampler {
  readonly batch: Batch
  /** Overwrites the batch; moves the streams on, the one of starts by two words a rollout. */
  sample(policy: PolicyAt, streams: Streams, withProbabilities: boolean): void
}

/** The sampler of `rollouts` rollouts of at most `horizon` steps. Actions in a box are clipped to it before they are taken. */
export function sampler(environment: Environment, rollouts: number, horizon: number): Sampler {
  const observation: Point[] = []
  const action: Point[] = []
  const batch = {
    offset: new Uint32Array(rollouts + 1),
    observation,
    action,
    reward: new Float64Array(rollouts * horizon),
    logProbability: new Float64Array(rollouts * horizon),
  }
  const clip = clipTo(environment.actionSpace)

  /** Makes a rollout from step `first` on; returns the step behind its last. */
  const rollout = (policy: PolicyAt, streams: Streams, withProbabilities: boolean, first: number): number => {
    let seen = environment.reset(drawSeed(streams.start))
    for (let t = first; t < first + horizon; t++) {
      const taken = policy.act(seen, streams.walk)
      keep(observation, t, seen)
      keep(action, t, taken)
      if (withProbabilities) batch.logProbability[t] = policy.logProbability(seen, taken)
      const step = environment.step(clip(taken))
      batch.reward[t] = step.reward
      seen = step.observation
      if (step.terminated || step.truncated) return t + 1
    }
    return first + horizon
  }

  return {
    batch,
    sample(policy, streams, withProbabilities) {
      let t = 0
      for (let m = 0; m < rollouts; m++) {
        t = rollout(policy, streams, withProbabilities, t)
        batch.offset[m + 1] = t
      }
    },
  }
}

/** Keeps a copy: an environment may write its next observation into the same vector. */
function keep(list: Point[], at: number, point: Point): void {
  const slot = list[at]
  if (typeof point === 'number') list[at] = point
  else if (slot instanceof Float64Array && slot.length === point.length) slot.set(point)
  else list[at] = point.slice()
}
