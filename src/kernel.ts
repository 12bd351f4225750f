/**
 * The simulation fast path: many agents of tabular Q-learning at once.
 *
 * It computes what real agents and a real server would, bit for bit, and is fast because of three facts: a fixed behaviour makes
 * trajectories independent of the tables, so they are drawn first, many agents side by side; entries that nobody visited do not
 * change under either averaging; and all agents restart from one table, so they are run one after the other on one shared table,
 * each one's touched entries being folded and put back. A round costs O(K tau), whatever S and A.
 */
import type { Log } from './mdp/log.ts'
import type { Mdp } from './mdp/mdp.ts'
import type { PolicySet } from './mdp/policy.ts'
import type { Initial } from './numeric/initial-table.ts'

/** Where the agents' experience comes from. */
export type KernelExperience =
  /** each agent walks in the Mdp under its behaviour policy */
  | { readonly kind: 'walk'; readonly mdp: Mdp; readonly behaviors: PolicySet }
  /** agent k replays logs[k] */
  | { readonly kind: 'replay'; readonly logs: readonly Log[] }
  /** every step draws a successor for every pair (FedSynQ) */
  | { readonly kind: 'generative'; readonly mdp: Mdp }

/** What may differ between two variants that share every draw. */
export interface Lane {
  readonly discount: number
  /** `none`: independent learners, a table each; only alone in its run */
  readonly averaging: 'equal' | 'importance' | 'none'
}

/** One seed of the variants in the lanes. */
export interface Member {
  /** keys the agents' streams */
  readonly seed: number
  /** keys the streams of random initial tables */
  readonly initialSeed: number
  /** of a single reward; random initial entries lie in (low, high] / (1 - discount) */
  readonly rewardRange: readonly [low: number, high: number]
  readonly experience: KernelExperience
  /** for each lane [S * A]: what `distance` measures from, NaN where a pair does not count; absent where nothing is known */
  readonly truth?: readonly Float64Array[]
}

/** Runs to be simulated together: lanes x members, of the same sizes. What comes out does not depend on what runs together. */
export interface KernelProblem {
  readonly states: number
  readonly actions: number
  /** K, of each member */
  readonly agents: number
  /** the longest round that will be asked for, steps: sizes the memory */
  readonly syncPeriod: number
  readonly initial: Initial
  /** [S] 1 for terminal states, or null when none is known */
  readonly terminal: Uint8Array | null
  /** one or two */
  readonly lanes: readonly Lane[]
  /** one or more, all with the same kind of experience */
  readonly members: readonly Member[]
}

/** Runs under way. */
export interface KernelRun {
  /**
   * Carries out whole rounds: local steps with every agent, then an averaging.
   * @param rounds >= 1
   * @param steps in [1, syncPeriod]
   * @param stepSizes eta of each lane, the same in all these rounds
   */
  advance(rounds: number, steps: number, stepSizes: readonly number[]): void
  /** a copy of the common table [S * A], or [K * S * A] without averaging */
  table(member: number, lane: number): Float64Array
  /** max |Q - truth| over the pairs that count; for independent learners its mean over agents; NaN where no truth is known */
  distance(member: number, lane: number): number
  /** [K] how many entries each agent reported in the last round */
  reported(member: number): Uint32Array
}
