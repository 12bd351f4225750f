/** Experience by acting in an Mdp under a behaviour policy. Two words of the stream `walk` a step, whatever happens. */
import { pick, type AliasTables } from '../../numeric/alias.ts'
import { Purpose, nextWord, streamOf } from '../../numeric/stream.ts'
import type { Mdp } from '../../mdp/mdp.ts'
import type { Policy } from '../../mdp/policy.ts'
import {
  actionSampler,
  drawStart,
  outcomeSampler,
  startSampler,
  type StartSampler,
} from '../../mdp/sampler.ts'
import { emptyTrajectory } from '../experience.ts'
import type { Experience } from '../experience.ts'

/** Where a walking agent stands: its state and the positions of its two streams. */
export interface WalkState {
  readonly state: number
  readonly walk: Uint32Array
  readonly start: Uint32Array
}

/** The walk of an agent, by the seed and its index. */
export type Walk = (seed: number, agent: number) => Experience<WalkState>

/**
 * The walk of one agent.
 * @param law [S] where the agent starts, and starts again after a terminated step
 */
export const walkExperience = (
  mdp: Mdp,
  behavior: Policy,
  law: Float64Array,
  seed: number,
  agent: number,
): Experience<WalkState> => walksIn(mdp)(behavior, law)(seed, agent)

/** Walks in an Mdp by behaviour policy and start law: what agents have in common is built once. */
export function walksIn(mdp: Mdp): (behavior: Policy, law: Float64Array) => Walk {
  const outcomes = outcomeSampler(mdp)
  return (behavior, law) => {
    const actions = actionSampler(behavior, mdp.actions)
    const starts = startSampler(law)
    return (seed, agent) => walk({ mdp, outcomes, actions, starts }, seed, agent)
  }
}

/** What a step is drawn from. */
interface Samplers {
  readonly mdp: Mdp
  readonly outcomes: AliasTables
  readonly actions: AliasTables
  readonly starts: StartSampler
}

function walk(
  { mdp, outcomes, actions, starts }: Samplers,
  seed: number,
  agent: number,
): Experience<WalkState> {
  return {
    start() {
      const start = streamOf(seed, agent, Purpose.start)
      return { state: drawStart(starts, start), walk: streamOf(seed, agent, Purpose.walk), start }
    },
    gather(from, steps, into) {
      const trajectory = into ?? emptyTrajectory(steps)
      const walk = from.walk.slice()
      const start = from.start.slice()
      let state = from.state
      for (let t = 0; t < steps; t++) {
        const pair = state * mdp.actions + pick(actions, state, nextWord(walk))
        const outcome = (mdp.start[pair] as number) + pick(outcomes, pair, nextWord(walk))
        const next = mdp.next[outcome] as number
        const terminated = mdp.terminal[next] === 1
        trajectory.pair[t] = pair
        trajectory.reward[t] = mdp.reward[outcome] as number
        trajectory.bootstrap[t] = terminated ? -1 : next
        state = terminated ? drawStart(starts, start) : next
      }
      return { trajectory, state: { state, walk, start } }
    },
  }
}
