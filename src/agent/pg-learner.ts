/**
 * What the learners of federated policy gradients share: their state, and the border between the parameters that all agents have in
 * common and an agent's own head. An algorithm works on all d of them; only the common ones are sent.
 */
import type { PgContract } from '../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../protocol/pg-messages.ts'
import type { Learner } from './learner.ts'

/** What an agent knows between two Tasks. `Position` is that of its source of gradients. */
export interface PgAgentState<Position> {
  /** [d] the parameters it had last: theta[shared .. d) is its own head */
  readonly theta: Float64Array
  readonly position: Position
  /** what corrects its local steps, where the algorithm keeps something of the agent: its gradient g_i, its control variate c_i */
  readonly kept: Float64Array | null
  /** the cluster it joined last; 0 where there are none */
  readonly cluster: number
}

/** The agent's half of a policy-gradient algorithm. */
export type PgLearner<Position> = Learner<PgAgentState<Position>, PgTask, PgUpdate>

/** The work of a phase: from all parameters of the agent, [d], to those it has then, what it sends and what it keeps. */
export type PgWork<Position> = (
  theta: Float64Array,
  state: PgAgentState<Position>,
  task: PgTask,
) => {
  readonly theta: Float64Array
  readonly position: Position
  /** [d] a gradient or a change; [0 .. shared) of it is sent */
  readonly vector: Float64Array
  /** [shared] */
  readonly control?: Float64Array
  readonly kept?: Float64Array
}

/**
 * The learner of `agent` that answers every Task with `work`.
 * @param start the position before the first Task
 * @param kept what the agent keeps at the start
 */
export function pgLearner<Position>(
  contract: PgContract,
  agent: number,
  start: () => Position,
  work: PgWork<Position>,
  kept: Float64Array | null = null,
): PgLearner<Position> {
  return {
    init: () => ({ theta: contract.initial.slice(0, contract.size), position: start(), kept, cluster: 0 }),
    apply(state, task) {
      const from = task.theta === null ? state.theta : withHead(task.theta, state.theta)
      const done = work(from, state, task)
      return {
        state: {
          theta: done.theta,
          position: done.position,
          kept: done.kept ?? null,
          cluster: state.cluster,
        },
        update: {
          agent,
          round: task.round,
          phase: task.phase,
          vector: done.vector.slice(0, contract.shared),
          control: done.control ?? null,
          cluster: null,
        },
      }
    },
  }
}

/** The common parameters, [shared], followed by the head of `own`, [d]. */
function withHead(common: Float64Array, own: Float64Array): Float64Array {
  const theta = own.slice()
  theta.set(common)
  return theta
}

/**
 * All parameters of an agent, [d]: the common ones, those of its cluster where there are clusters, and its own head.
 * @param theta the server's, [shared] or [k * shared]
 */
export function agentParameters<Position>(
  { shared }: PgContract,
  state: PgAgentState<Position>,
  theta: Float64Array,
): Float64Array {
  return withHead(theta.subarray(state.cluster * shared, (state.cluster + 1) * shared), state.theta)
}

/**
 * A vector that a Task carries, or that an agent keeps, in this phase.
 * @throws Error when it is not there
 */
export function brought(vector: Float64Array | null, name: string, { round, phase }: PgTask): Float64Array {
  if (vector === null) throw new Error(`round ${round}, phase ${phase}: expected ${name}, got none`)
  return vector
}
