/** What the server rules of federated policy gradients share: their state, and which phase asks for what. */
import { meanVector } from '../numeric/mean-vector.ts'
import { addScaled } from '../numeric/vector.ts'
import { PG_PHASES } from '../protocol/pg-contract.ts'
import type { PgContract, PgPhase, PgTaskVector } from '../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../protocol/pg-messages.ts'
import type { ServerRule } from './rule.ts'

/** What the server knows between two phases. */
export interface PgServerState {
  /** averagings done */
  readonly round: number
  /** the phase of the round that is due */
  readonly phase: number
  /** the common parameters, [shared], or those of every cluster, [k * shared] */
  readonly theta: Float64Array
  /** [shared] the memory, the control variate or the momentum, where the algorithm has one */
  readonly direction: Float64Array | null
  /** [shared] the common parameters of the round before, where the algorithm needs them */
  readonly previous: Float64Array | null
}

/** The server's half of a policy-gradient algorithm. */
export type PgServerRule = ServerRule<PgServerState, PgTask, PgUpdate>

/** The vectors that a server rule moves. */
export type PgServerVectors = Pick<PgServerState, PgTaskVector>

/**
 * The server rule that closes every phase with `close`, which gives the vectors that change; the last phase of a round closes the round.
 * @param start the vectors before the first round, beside theta
 */
export function pgRule(
  contract: PgContract,
  close: (state: PgServerState, updates: readonly PgUpdate[]) => Partial<PgServerVectors>,
  start: Partial<PgServerVectors> = {},
): PgServerRule {
  const phases: readonly PgPhase[] = PG_PHASES[contract.algorithm]
  return {
    init: () => ({
      round: 0,
      phase: 0,
      theta: commonStart(contract),
      direction: null,
      previous: null,
      ...start,
    }),
    task({ round, phase, ...vectors }) {
      if (round === contract.rounds) return null
      const carried = (name: PgTaskVector): Float64Array | null =>
        phases[phase]?.task.includes(name) === true ? vectors[name] : null
      return {
        round,
        phase,
        theta: carried('theta'),
        direction: carried('direction'),
        previous: carried('previous'),
      }
    },
    fold(state, updates) {
      const last = state.phase === phases.length - 1
      return {
        ...state,
        ...close(state, updates),
        round: last ? state.round + 1 : state.round,
        phase: last ? 0 : state.phase + 1,
      }
    },
  }
}

/** The common part of the parameters to begin with, of every cluster: [k * shared]. */
export function commonStart({ initial, size, shared, clusters }: PgContract): Float64Array {
  const common = new Float64Array(clusters * shared)
  for (let j = 0; j < clusters; j++) common.set(initial.subarray(j * size, j * size + shared), j * shared)
  return common
}

/** (1/N) sum_i of the vectors of the Updates, in agent order. */
export const meanUpdate = (updates: readonly PgUpdate[]): Float64Array =>
  meanVector(updates.map(({ vector }) => vector))

/** theta + (alpha_g / N) sum_i (theta_{i,H} - theta). */
export const averaged = (
  { serverStepSize }: PgContract,
  theta: Float64Array,
  updates: readonly PgUpdate[],
): Float64Array => addScaled(theta, serverStepSize, meanUpdate(updates))
