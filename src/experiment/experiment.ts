/** An experiment as the rest of the program sees it: the file after validation, all defaults filled in. */
import type { EnvironmentSpec } from './environment-spec.ts'
import type { GivenParticipation } from './participation.ts'
import { PG_ALGORITHMS, type PgSettings } from './policy-gradient/spec.ts'

export type { EnvironmentSpec } from './environment-spec.ts'

/** How agents act while they gather experience. `table` is a path; region lists the states of each agent. */
export type BehaviorSpec =
  | 'uniform'
  | 'one-action'
  | { readonly dirichlet: number }
  | { readonly mixture: number }
  | { readonly epsilonGreedy: number }
  | { readonly region: readonly (readonly number[])[] }
  | { readonly table: string }

/**
 * Who learns: simulated agents with a behaviour, one agent for each recorded log (paths), or agents who bring their experience when they
 * join, logs or environments of their own; `behavior` is then that of those who act.
 */
export type AgentsSpec =
  | { readonly count: number; readonly behavior: BehaviorSpec }
  | { readonly logs: readonly string[] }
  | { readonly count: number; readonly experience: 'own'; readonly behavior: BehaviorSpec }

/** eta: constant, or a schedule that is constant within a round, n being the steps done before the round. */
export type StepSizeSpec =
  | number
  /** 1 / (1 + (1 - gamma) (n + 1)) */
  | { readonly rescaledLinear: true }
  /** (n + 2)^-omega */
  | { readonly polynomial: number }

/** Entries of the initial tables: one random table for all, a random table for each agent, or a constant. */
export type InitialSpec = 'shared' | 'perAgent' | number

/**
 * A Q-learning algorithm and its settings. `q-learning` is K independent learners: no averaging, no sync period.
 * `initialSeed` keys the streams of random initial tables in place of the run seed, so that all runs start from the same tables,
 * as an environment's `seed` gives all runs the same problem.
 */
export type AlgorithmSpec =
  | {
      readonly name: 'q-learning'
      readonly stepSize: StepSizeSpec
      readonly steps: number
      readonly initial: InitialSpec
      readonly initialSeed?: number
    }
  | {
      readonly name: 'fed-syn-q'
      readonly stepSize: StepSizeSpec
      readonly syncPeriod: number
      readonly steps: number
      readonly initial: InitialSpec
      readonly initialSeed?: number
    }
  | {
      readonly name: 'fed-asyn-q'
      readonly averaging: 'equal' | 'importance'
      readonly stepSize: StepSizeSpec
      readonly syncPeriod: number
      readonly steps: number
      readonly initial: InitialSpec
      readonly initialSeed?: number
    }

/** The metrics of Q-learning. The first five need the model. */
export const METRICS = [
  'error',
  'normalizedError',
  'rmse',
  'return',
  'gap',
  'samples',
  'rounds',
  'bytes',
] as const

/** One of {@link METRICS}. */
export type Metric = (typeof METRICS)[number]

/** One cell of the grid with a Q-learning algorithm: everything a simulation needs, nothing left to vary. */
export interface QSettings {
  readonly environment: EnvironmentSpec
  readonly agents: AgentsSpec
  readonly algorithm: AlgorithmSpec
  /** `every` in agent steps */
  readonly evaluate: { readonly every: number; readonly metrics: readonly Metric[] }
}

/** One cell of the grid: everything a simulation needs, nothing left to vary. */
export type Settings = QSettings | PgSettings

/** K: simulated agents, or one a log. */
export const agentsOf = ({ agents }: Pick<Settings, 'agents'>): number =>
  'logs' in agents ? agents.logs.length : agents.count

/** Whether a cell is one of policy gradients. */
export const isPolicyGradient = (settings: Settings): settings is PgSettings =>
  PG_ALGORITHMS.some((name) => name === settings.algorithm.name)

/** A named cell of the grid. */
export interface Variant {
  /** slug of [a-z0-9._=-], unique in the experiment; 'default' where nothing varies */
  readonly name: string
  /** what this cell sets, by path into the file */
  readonly assignment: Readonly<Record<string, unknown>>
  readonly settings: Settings
}

/** A named cell with a Q-learning algorithm. */
export interface QVariant extends Variant {
  readonly settings: QSettings
}

/** Whether a cell is one of Q-learning. */
export const isQLearning = (variant: Variant): variant is QVariant => !isPolicyGradient(variant.settings)

/** A whole experiment: variants x seeds. */
export interface Experiment {
  readonly name: string
  readonly seeds: readonly number[]
  /** in the order of the grid, the last key varying fastest */
  readonly variants: readonly Variant[]
  /** of a federation, as far as the file says; missing where it says nothing */
  readonly participation?: GivenParticipation
  /** the file as resolved: plain data with defaults filled in and `--set` applied, from which the same experiment can be parsed again */
  readonly document: Readonly<Record<string, unknown>>
  /** folder that relative paths refer to, absolute */
  readonly folder: string
}
