/** Problems whose agents act in programs: an environment for each agent, gradients from rollouts, no truth. */
import { resolve } from 'node:path'
import type { Environment } from '../../../agent/environment.ts'
import { episodeReturns } from '../../../agent/environment/episode-returns.ts'
import type { GradientOracle } from '../../../agent/gradient-oracle.ts'
import { pooledOracle } from '../../../agent/gradient-oracle/pooled.ts'
import { rolloutOracle } from '../../../agent/gradient-oracle/rollouts.ts'
import { EXPERIMENT_FILE } from '../../problem.ts'
import { InputError } from '../../errors.ts'
import { BUILT_IN, parametersOf } from '../environments.ts'
import { loadEnvironmentModule, type EnvironmentFactory } from '../module.ts'
import type { PgProblem } from '../problem.ts'
import { nameOf, spacesOf, type Spaces } from '../settings-kind.ts'
import type { PgSettings, ProgramSpec } from '../spec.ts'
import { policyIn } from './policy.ts'
import { rolloutOptions } from './rollout-options.ts'

/** Settings whose environment is a program. */
export type ProgramSettings = PgSettings & { readonly environment: ProgramSpec }

/** The problem of programs that `settings` describe; see `buildPgProblem`. */
export async function environmentProblem(
  settings: ProgramSettings,
  seed: number,
  folder: string,
): Promise<PgProblem> {
  const { environment, agents } = settings
  const make = await factoryOf(environment, folder)
  const environments = Array.from({ length: agents.count }, (_, agent) =>
    make(parametersFor(settings, agent)),
  )
  const [first] = environments
  if (first === undefined) throw new RangeError('environmentProblem: expected at least one agent, got none')
  return problemIn(settings, seed, folder, first, (agent) => environments[agent] as Environment)
}

/** What the factory of a program is called with for an agent. */
export const parametersFor = (
  { environment, agents }: ProgramSettings,
  agent: number,
): EnvironmentParameters => ({
  ...environment.parameters,
  ...parametersOf(agents.parameters, agent, agents.count),
})

type EnvironmentParameters = Parameters<EnvironmentFactory>[0]

/**
 * The problem of programs, in the environments that `environmentOf` gives.
 * @param spaces that policies are made for
 */
export async function problemIn(
  settings: ProgramSettings,
  seed: number,
  folder: string,
  spaces: Spaces,
  environmentOf: (agent: number) => Environment,
): Promise<PgProblem> {
  const { environment, agents, algorithm } = settings
  const { discount } = environment
  const { observationSpace, actionSpace } = spaces
  const named = { name: nameOf(environment), observationSpace, actionSpace }
  const policy = await policyIn(algorithm.policy, named, folder)
  const oracle = (agent: number): GradientOracle<unknown> => {
    if (algorithm.gradient === 'exact') throw new RangeError('gradient exact: expected a finite problem')
    const { baseline, ...options } = rolloutOptions(algorithm.gradient, discount)
    if (baseline === 'value') throw new RangeError('baseline value: expected a finite problem')
    const { entropy } = algorithm
    return rolloutOracle(
      environmentOf(agent),
      policy,
      { ...options, baseline, entropy, discount },
      seed,
      agent,
    )
  }
  return {
    agents: agents.count,
    discount,
    policy,
    shape: [policy.size],
    oracle,
    pooled: () => pooledOracle(Array.from({ length: agents.count }, (_, agent) => oracle(agent))),
    truth: null,
    planted: null,
    episodeReturn: (agent, theta, evaluationSeed, episodes) =>
      episodeReturns(environmentOf(agent), policy.at(theta), {
        episodes,
        seed: evaluationSeed,
        agent,
      }),
  }
}

async function factoryOf(environment: ProgramSpec, folder: string): Promise<EnvironmentFactory> {
  if ('module' in environment) return loadEnvironmentModule(resolve(folder, environment.module))
  if ('family' in environment) return BUILT_IN[environment.family].make
  const spaces = spacesOf(environment) as Spaces
  return () => ({ ...spaces, reset: refuse, step: refuse })
}

/** Stands for the environments of agents where they are not known. */
function refuse(): never {
  const message = 'only the spaces are known here: the agents bring environments of their own'
  throw new InputError(EXPERIMENT_FILE, [{ path: ['environment'], message }])
}
