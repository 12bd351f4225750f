/**
 * The simulation fast path: many agents of tabular Q-learning at once, one averaging a call.
 *
 * It computes what real agents and a real server would, bit for bit, and is fast because of three facts: a fixed behaviour makes
 * trajectories independent of the tables, so they are drawn first, many agents side by side; entries that nobody visited do not
 * change under either averaging; and all agents restart from one table, so they are run one after the other on one shared table,
 * each one's touched entries being folded and put back. A round costs O(K tau), whatever S and A.
 */
import type { InitialSettings } from './numeric/initial-table.ts'
import type { Log } from './mdp/log.ts'
import type { Mdp } from './mdp/mdp.ts'
import type { PolicySet } from './mdp/policy.ts'

/** Where the agents' experience comes from. */
export type KernelExperience =
  /** each agent walks in the Mdp under its behaviour policy */
  | { readonly kind: 'walk'; readonly mdp: Mdp; readonly behaviors: PolicySet }
  /** agent k replays logs[k] */
  | { readonly kind: 'replay'; readonly logs: readonly Log[] }
  /** every step draws a successor for every pair (FedSynQ) */
  | { readonly kind: 'generative'; readonly mdp: Mdp }

/** A run to be simulated. */
export interface KernelProblem extends InitialSettings {
  /** K */
  readonly agents: number
  readonly discount: number
  /** keys the agents' streams */
  readonly seed: number
  /** the longest round that will be asked for, steps: sizes the memory */
  readonly syncPeriod: number
  /** `none`: independent learners, a table each */
  readonly averaging: 'equal' | 'importance' | 'none'
  readonly experience: KernelExperience
}

/** A run under way. */
export interface KernelRun {
  /** [S * A] the common table, or [K * S * A] without averaging; changes in place with every round */
  readonly table: Float64Array
  /** [K] how many entries each agent reported in the last round */
  readonly reported: Uint32Array
  /**
   * Takes `steps` local steps with every agent, then averages.
   * @param steps in [1, syncPeriod]
   * @param stepSize eta of the whole round
   */
  round(steps: number, stepSize: number): void
}
