/** The problem of one (variant, seed) of policy gradients: what agents act in, their policies, and the truth where it is known. */
import type { GradientOracle } from '../../agent/gradient-oracle.ts'
import type { ParametricPolicy } from '../../agent/parametric-policy.ts'
import type { Grid, Mdp } from '../../mdp/mdp.ts'
import type { Objective } from '../../mdp/policy-gradient.ts'
import { environmentProblem } from './problem/environments.ts'
import { finiteProblem } from './problem/finite.ts'
import { isFiniteSpec } from './settings-kind.ts'
import type { PgSettings } from './spec.ts'

/** What is known of a finite problem. */
export interface FiniteTruth {
  /** of each agent */
  readonly mdps: readonly Mdp[]
  /** the Mdp whose rewards are the agents' average; null where dynamics differ, so that there is none */
  readonly average: Mdp | null
  /** J_i as a function of an agent's parameters */
  readonly own: readonly Objective[]
  /** J of the average Mdp; null where there is none */
  readonly common: Objective | null
  readonly grid?: Grid
}

/** A problem, built. */
export interface PgProblem {
  /** N */
  readonly agents: number
  readonly discount: number
  readonly policy: ParametricPolicy
  /** how theta, [d], stands in a model: [S, A], [F, A] or [d] */
  readonly shape: readonly number[]
  /** what an agent, counted from 0, can ask of its own objective */
  oracle(agent: number): GradientOracle<unknown>
  /** what one learner with the experience of all agents can ask: N times the samples, on the average problem */
  pooled(): GradientOracle<unknown>
  /** null where no model is known */
  readonly truth: FiniteTruth | null
  /** planted clusters: that of each agent, [N]; null where there are none */
  readonly planted: Uint32Array | null
  /** mean undiscounted return of an agent's evaluation episodes at theta, [d] */
  episodeReturn(agent: number, theta: Float64Array, seed: number, episodes: number): number
}

/**
 * The problem that `settings` describe, for one run seed.
 * @param folder that relative paths refer to
 * @throws InputError naming the file, line and agent at fault; the experiment file, which is not known here, by the caller
 */
export function buildPgProblem(settings: PgSettings, seed: number, folder: string): Promise<PgProblem> {
  const { environment } = settings
  return isFiniteSpec(environment)
    ? finiteProblem({ ...settings, environment }, seed, folder)
    : environmentProblem({ ...settings, environment }, seed, folder)
}
