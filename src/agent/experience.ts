/** Where an agent's transitions come from: a simulated walk in an Mdp, or a recorded log. It never leaves the agent. */

/** Consecutive steps of one agent, by column. */
export interface Trajectory {
  /** state * A + action of each step */
  readonly pair: Uint32Array
  readonly reward: Float64Array
  /** the state to bootstrap from, or -1 after a terminated step */
  readonly bootstrap: Int32Array
}

/** A source of experience whose whole position is `State`: plain data, so that it can be kept and taken up again. */
export interface Experience<State> {
  /** the position before the first step */
  start(): State
  /** the next `steps` steps from a position, and the position after them */
  /** @param into where the steps may go, `steps` of them; else they have memory of their own */
  gather(
    state: State,
    steps: number,
    into?: Trajectory,
  ): { readonly trajectory: Trajectory; readonly state: State }
}

/** An empty trajectory of `steps` steps, to be filled. In one piece of memory: to get three takes as long as many steps. */
export function emptyTrajectory(steps: number): Trajectory {
  const memory = new ArrayBuffer(16 * steps)
  return {
    pair: new Uint32Array(memory, 8 * steps, steps),
    reward: new Float64Array(memory, 0, steps),
    bootstrap: new Int32Array(memory, 12 * steps, steps),
  }
}

/** Steps gathered at a time: bounds the memory of a long round. */
const CHUNK = 65536

/** Of the last call: most are for as many steps. */
let reused = emptyTrajectory(0)

/**
 * Gathers `steps` steps in pieces of bounded memory, as if in one.
 * @param learn told each piece, which it must not keep, and how many steps came before it
 * @returns the position after them
 */
export function gatherInChunks<State>(
  experience: Experience<State>,
  from: State,
  steps: number,
  learn: (trajectory: Trajectory, done: number) => void,
): State {
  let state = from
  const size = Math.min(CHUNK, steps)
  if (reused.pair.length !== size) reused = emptyTrajectory(size)
  for (let done = 0; done < steps; done += CHUNK) {
    const rest = Math.min(CHUNK, steps - done)
    const gathered = experience.gather(state, rest, rest === size ? reused : emptyTrajectory(rest))
    learn(gathered.trajectory, done)
    state = gathered.state
  }
  return state
}
