/** A finite Markov decision process as plain data, and the questions that its shape alone answers. */

/**
 * A finite Mdp. Pairs are numbered z = state * actions + action; the outcomes of pair z are those from start[z] to start[z + 1].
 * A terminal state is worth 0: the step that enters it bootstraps from nothing and redraws the state from `initial` in the same
 * step, so no step is ever taken in it. Its own outcomes are kept and ignored (it may have none).
 */
export interface Mdp {
  /** S >= 1 */
  readonly states: number
  /** A >= 1 */
  readonly actions: number
  /** gamma in [0, 1) */
  readonly discount: number
  /** rho, [S], sums to 1; terminal states have probability 0 */
  readonly initial: Float64Array
  /** [S] 1 for a terminal state, else 0 */
  readonly terminal: Uint8Array
  /** [S * A + 1] */
  readonly start: Uint32Array
  /** [outcomes] next state */
  readonly next: Uint32Array
  /** [outcomes] probability; those of one pair sum to 1 within 1e-9, and are not renormalised */
  readonly probability: Float64Array
  /** [outcomes] reward of the transition */
  readonly reward: Float64Array
}

/** How a grid world is laid out, for drawing: cell (row, column) holds state `state[row * columns + column]`, or none (-1). */
export interface Grid {
  readonly rows: number
  readonly columns: number
  readonly state: Int32Array
  /** one character a cell: S start, G goal, H or C hole or cliff, # wall, . free */
  readonly cells: string
  /** what the actions point at, in order: 'left' | 'down' | 'right' | 'up' | 'stay' */
  readonly directions: readonly string[]
}

/** A family's Mdp and, where it has one, its picture. */
export interface Built {
  readonly mdp: Mdp
  readonly grid?: Grid
}

/** One outcome: state, action, next state, probability, reward. */
export type Outcome = readonly [
  state: number,
  action: number,
  next: number,
  probability: number,
  reward: number,
]

/** The smallest and the largest reward of any outcome that can happen; [0, 0] when none can. */
export function rewardRange(mdp: Mdp): [low: number, high: number] {
  let low = Infinity
  let high = -Infinity
  for (let state = 0; state < mdp.states; state++) {
    if (mdp.terminal[state] === 1) continue
    for (
      let i = mdp.start[state * mdp.actions] as number;
      i < (mdp.start[(state + 1) * mdp.actions] as number);
      i++
    ) {
      if ((mdp.probability[i] as number) === 0) continue
      low = Math.min(low, mdp.reward[i] as number)
      high = Math.max(high, mdp.reward[i] as number)
    }
  }
  return low <= high ? [low, high] : [0, 0]
}
