/** A variant of a policy-gradient experiment as the rest of the program sees it: after validation, all defaults filled in. */
import type { EnvironmentSpec } from '../environment-spec.ts'

/** Finite problems with a model. */
export type FiniteSpec = Extract<EnvironmentSpec, { family: string } | { mdp: string }>

/** Numbers by name, e.g. { length: 0.5 }. */
export type Parameters = Readonly<Record<string, number>>

/** Environments with Gymnasium's dynamics. */
export const ENVIRONMENTS = ['CartPole-v1', 'Acrobot-v1', 'MountainCar-v0', 'Pendulum-v1'] as const

/** A space as a file gives it; null stands for an end at infinity. */
export type SpaceSpec =
  | { readonly kind: 'discrete'; readonly n: number }
  | {
      readonly kind: 'box'
      readonly low: readonly (number | null)[]
      readonly high: readonly (number | null)[]
    }

/**
 * Environments that are programs: a built-in one, a module that exports a factory as its default, or those that agents bring when they join,
 * of which only the spaces are known.
 */
export type ProgramSpec =
  | {
      readonly family: (typeof ENVIRONMENTS)[number]
      readonly discount: number
      readonly parameters: Parameters
    }
  | { readonly module: string; readonly discount: number; readonly parameters: Parameters }
  | {
      readonly observationSpace: SpaceSpec
      readonly actionSpace: SpaceSpec
      readonly discount: number
      readonly parameters: Parameters
    }

/** What agents act in. */
export type PgEnvironmentSpec = FiniteSpec | ProgramSpec

/**
 * Rewards of each agent in a finite problem. A path: JSON [agent][state][action]. Drawn, from streams of (seed, agent):
 * - heterogeneity h in [0, 1]: R_i = (1 - h) R + h R_i', R and R_i' with entries uniform in [0, 1]; with `pairs`, agents 2j and 2j + 1 have
 *   R + h D_j and R - h D_j, D_j within [-1/2, 1/2], so that the average is R for every even number of agents;
 * - dirichlet: agent i's entries are S * A times a point of the symmetric Dirichlet distribution, small concentrations being agents
 *   that care for few pairs;
 * - clusters: agents i with equal i mod k have rewards around the table of their cluster: R_i = (1 - spread) C_{i mod k} + spread R_i';
 * - goals: of a grid world, agent k is rewarded for reaching cell goals[k mod n] = [row, column].
 */
export type RewardsSpec =
  | string
  | { readonly heterogeneity: number; readonly pairs: boolean }
  | { readonly dirichlet: number }
  | { readonly clusters: number; readonly spread: number }
  | { readonly goals: readonly (readonly [row: number, column: number])[] }

/** Own dynamics: P_i = (1 - h) P + h P_i', P_i' drawn like a Garnet over the successors of P; or an Mdp file for each agent. */
export type DynamicsSpec = { readonly heterogeneity: number } | { readonly mdps: readonly string[] }

/** Who learns. */
export interface PgAgentsSpec {
  /** N */
  readonly count: number
  readonly rewards?: RewardsSpec
  readonly dynamics?: DynamicsSpec
  /** rewards are costs, to be minimised: their sign is turned */
  readonly costs: boolean
  /** of environments beyond tables, by name: a value for each agent, agent k taking values[k mod n]; or evenly spread over a range */
  readonly parameters?: Readonly<
    Record<string, readonly number[] | { readonly from: number; readonly to: number }>
  >
}

/** What logits are linear in. `matrix` is a JSON or .npy file [S, F] of features of finite states. */
export type FeaturesSpec =
  | 'one-hot'
  | { readonly tiles: number; readonly tilings: number }
  | { readonly radialBasis: number }
  | { readonly fourier: number }
  | { readonly matrix: string }

/** theta -> pi: tabular softmax, softmax of linear logits, or a multilayer perceptron. `ownHead`: the last layer stays with the agent. */
export type PolicySpec =
  | 'softmax'
  | { readonly linear: FeaturesSpec }
  | {
      readonly mlp: readonly number[]
      readonly activation: 'tanh' | 'identity'
      readonly ownHead: boolean
    }

/** Longest horizon of a rollout, steps. */
export const MOST_HORIZON = 1e6

/** How gradients come about. `rollouts` is the batch size, `horizon` the length at which a rollout is cut. */
export type GradientSpec =
  | 'exact'
  | {
      readonly estimator: 'gpomdp' | 'reinforce'
      readonly rollouts: number
      readonly horizon: number | 'auto'
      readonly baseline: 'none' | 'value' | 'leave-one-out'
    }

/** The algorithms. */
export const PG_ALGORITHMS = [
  'local',
  'central',
  'fedpg',
  'fast-fedpg',
  'scaffold',
  'fedsvrpg-m',
  'softpavg',
  'projpavg',
  'qavg',
  'ifca',
] as const

/** A policy-gradient algorithm and its settings. */
export interface PgAlgorithmSpec {
  readonly name: (typeof PG_ALGORITHMS)[number]
  readonly policy: PolicySpec
  readonly gradient: GradientSpec
  /** temperature of the entropy bonus, in units of reward, 0 for none */
  readonly entropy: number
  /** H */
  readonly localSteps: number
  /** eta */
  readonly stepSize: number | 'auto'
  /** alpha_g */
  readonly serverStepSize: number
  /** T, averagings */
  readonly rounds: number
  /** theta at the start: the policy's own (zeros, for a perceptron drawn), every entry this value, or normal with this deviation */
  readonly initial: 'policy' | number | { readonly normal: number }
  /** of `fast-fedpg` */
  readonly reuseMemorySampleAtStep0?: boolean
  /** beta of `fedsvrpg-m`, in (0, 1] */
  readonly momentum?: number
  /** k of `ifca` */
  readonly clusters?: number
  /** local steps of each agent from the common policy, after the last round */
  readonly personalize?: { readonly steps: number; readonly stepSize: number }
}

/** The metrics of policy gradients. Those of {@link MODEL_METRICS} need a finite problem. */
export const PG_METRICS = [
  'J',
  'gap',
  'gradientNorm',
  'squaredGradientNorm',
  'agentJ',
  'worstJ',
  'drift',
  'personalJ',
  'assignment',
  'episodeReturn',
  'worstEpisodeReturn',
  'samples',
  'rounds',
  'bytes',
] as const

/** Metrics that are computed from the model. */
export const MODEL_METRICS: readonly PgMetric[] = [
  'J',
  'gap',
  'gradientNorm',
  'squaredGradientNorm',
  'agentJ',
  'worstJ',
  'personalJ',
  'assignment',
]

/** Metrics that are means over evaluation episodes. */
export const EPISODE_METRICS: readonly PgMetric[] = ['episodeReturn', 'worstEpisodeReturn']

/** One of {@link PG_METRICS}. */
export type PgMetric = (typeof PG_METRICS)[number]

/** One cell of the grid: everything a simulation needs, nothing left to vary. */
export interface PgSettings {
  readonly environment: PgEnvironmentSpec
  readonly agents: PgAgentsSpec
  readonly algorithm: PgAlgorithmSpec
  readonly evaluate: {
    /** in rounds */
    readonly every: number
    readonly metrics: readonly PgMetric[]
    /** evaluation episodes of each agent, for episode returns */
    readonly episodes: number
  }
}
