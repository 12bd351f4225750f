/** Experience by acting in an environment with numbered states and actions under a behaviour policy. One word of the stream `walk` a step. */
import { pick } from '../../numeric/alias.ts'
import { Purpose, nextWord, streamOf } from '../../numeric/stream.ts'
import type { Policy } from '../../mdp/policy.ts'
import { actionSampler } from '../../mdp/sampler.ts'
import type { Environment } from '../environment.ts'
import { drawSeed } from '../environment/seed.ts'
import { emptyTrajectory } from '../experience.ts'
import type { Experience } from '../experience.ts'

/** Where an acting agent stands: in an episode, which its seed and the actions taken give again. */
export interface ActState {
  /** the stream `walk` at the beginning of the episode */
  readonly walk: Uint32Array
  /** the stream `start` after the seed of the episode was drawn from it */
  readonly start: Uint32Array
  /** seed of the episode, an integer in [0, 2^53) */
  readonly episode: number
  /** steps taken in it */
  readonly steps: number
}

/** An episode under way: the environment stands in it. */
interface Episode {
  readonly begun: ActState
  steps: number
  /** the stream now */
  readonly walk: Uint32Array
  state: number
}

/** An environment, and who acts in it. */
class Actor {
  readonly #environment: Environment
  readonly #sampler: ReturnType<typeof actionSampler>
  readonly #actions: number

  constructor(environment: Environment, behavior: Policy, actions: number) {
    this.#environment = environment
    this.#sampler = actionSampler(behavior, actions)
    this.#actions = actions
  }

  begin(begun: ActState): Episode {
    return {
      begun,
      steps: 0,
      walk: begun.walk.slice(),
      state: this.#environment.reset(begun.episode) as number,
    }
  }

  /** Takes the next step of the episode in which the environment stands. */
  act(episode: Episode) {
    const action = pick(this.#sampler, episode.state, nextWord(episode.walk))
    const pair = episode.state * this.#actions + action
    const step = this.#environment.step(action)
    episode.state = step.observation as number
    episode.steps++
    return { ...step, pair }
  }

  /** The episode of a position, the environment standing where the position says. */
  resume(from: ActState): Episode {
    const episode = this.begin(from)
    while (episode.steps < from.steps) this.act(episode)
    return episode
  }
}

/**
 * The experience of one agent in an environment of its own. A truncated episode bootstraps from where it was cut off.
 * @param environment with discrete spaces; nobody else uses it
 * @param behavior [S * A]
 */
export function actExperience(
  environment: Environment,
  behavior: Policy,
  actions: number,
  seed: number,
  agent: number,
): Experience<ActState> {
  const actor = new Actor(environment, behavior, actions)
  let live: Episode | null = null
  return {
    start: () => nextEpisode(streamOf(seed, agent, Purpose.walk), streamOf(seed, agent, Purpose.start)),
    gather(from, steps) {
      const trajectory = emptyTrajectory(steps)
      let episode = live !== null && isAt(live, from) ? live : actor.resume(from)
      // what is thrown on the way leaves the environment anywhere
      live = null
      for (let t = 0; t < steps; t++) {
        const { pair, reward, terminated, truncated } = actor.act(episode)
        trajectory.pair[t] = pair
        trajectory.reward[t] = reward
        trajectory.bootstrap[t] = terminated ? -1 : episode.state
        if (terminated || truncated) episode = actor.begin(nextEpisode(episode.walk, episode.begun.start))
      }
      live = episode
      return { trajectory, state: { ...episode.begun, steps: episode.steps } }
    },
  }
}

/** The beginning of an episode whose seed is drawn from `start`. */
function nextEpisode(walk: Uint32Array, start: Uint32Array): ActState {
  const seeds = start.slice()
  const episode = drawSeed(seeds)
  return { walk: walk.slice(), start: seeds, episode, steps: 0 }
}

/** Whether the episode under way is where the position says. The streams decide: a seed may come twice. */
const isAt = ({ begun, steps }: Episode, { walk, start, steps: wanted }: ActState): boolean =>
  steps === wanted &&
  walk[0] === begun.walk[0] &&
  walk[1] === begun.walk[1] &&
  start[0] === begun.start[0] &&
  start[1] === begun.start[1]
