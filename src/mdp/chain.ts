/**
 * The Markov chain of states that an agent runs when it follows one policy. The start law is a node of its own, the restart, that takes
 * no time: every trajectory begins there, and a step that enters a terminal state goes there.
 */
import type { Mdp } from './mdp.ts'
import type { Policy } from './policy.ts'

/** n nodes, one for every state that the agent can reach, and node n, the restart. Row i holds the successors of node i, each once. */
export interface Chain {
  /** [n] the Mdp's state of each node */
  readonly states: Uint32Array
  /** [n + 2] where each node's successors start */
  readonly offset: Uint32Array
  /** [edges] node */
  readonly next: Uint32Array
  /** [edges] above 0 */
  readonly probability: Float64Array
  /** the same for the pairs: laws of the next node after each pair (state, action) that the agent can take */
  readonly pairs: {
    readonly offset: Uint32Array
    readonly next: Uint32Array
    readonly probability: Float64Array
  }
}

/** Sparse rows while they are being written. `scratch` sums up one row, by column. */
class Rows {
  readonly offset = [0]
  readonly column: number[] = []
  readonly value: number[] = []
  private readonly scratch: Float64Array
  private filled: number[] = []

  constructor(columns: number) {
    this.scratch = new Float64Array(columns)
  }

  add(column: number, probability: number): void {
    if (probability === 0) return
    if (this.scratch[column] === 0) this.filled.push(column)
    this.scratch[column] = (this.scratch[column] as number) + probability
  }

  /** Ends the row. */
  close(): void {
    for (const column of this.filled) {
      this.column.push(column)
      this.value.push(this.scratch[column] as number)
      this.scratch[column] = 0
    }
    this.filled = []
    this.offset.push(this.column.length)
  }

  /** With columns renamed by `to`. */
  finish(to: ArrayLike<number>) {
    return {
      offset: Uint32Array.from(this.offset),
      next: Uint32Array.from(this.column, (column) => to[column] as number),
      probability: Float64Array.from(this.value),
    }
  }
}

/**
 * The chain of an agent that follows `policy` and starts, and restarts after a terminated step, by `start`.
 * @param start [S] law of the first state; mass on terminal states is ignored
 * @throws RangeError when no state can be reached
 */
export function chainOf(mdp: Mdp, policy: Policy, start: Float64Array): Chain {
  const restart = mdp.states
  const node = new Int32Array(mdp.states + 1).fill(-1)
  const reached: number[] = []
  const steps = new Rows(mdp.states + 1)
  const pairs = new Rows(mdp.states + 1)
  const reach = (state: number): void => {
    if (state === restart || (node[state] as number) >= 0) return
    node[state] = reached.push(state) - 1
  }
  const first = Array.from(start.keys()).filter(
    (state) => (start[state] as number) > 0 && mdp.terminal[state] !== 1,
  )
  if (first.length === 0)
    throw new RangeError('chainOf: the start law has no mass on a state that is not terminal')
  first.forEach(reach)
  for (let at = 0; at < reached.length; at++)
    addState(mdp, policy, reached[at] as number, restart, steps, pairs, reach)
  for (const state of first) steps.add(state, start[state] as number)
  steps.close()
  node[restart] = reached.length
  return { states: Uint32Array.from(reached), ...steps.finish(node), pairs: pairs.finish(node) }
}

/** Writes the row of one state and those of its pairs, and reports the states that follow. */
function addState(
  mdp: Mdp,
  policy: Policy,
  state: number,
  restart: number,
  steps: Rows,
  pairs: Rows,
  reach: (state: number) => void,
): void {
  for (let pair = state * mdp.actions; pair < (state + 1) * mdp.actions; pair++) {
    const weight = policy[pair] as number
    if (weight === 0) continue
    for (let i = mdp.start[pair] as number; i < (mdp.start[pair + 1] as number); i++) {
      const probability = mdp.probability[i] as number
      if (probability === 0) continue
      const next = mdp.next[i] as number
      const to = mdp.terminal[next] === 1 ? restart : next
      reach(to)
      pairs.add(to, probability)
      steps.add(to, weight * probability)
    }
    pairs.close()
  }
  steps.close()
}
