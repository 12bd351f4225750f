/** Problems whose agents act in programs: an environment for each agent, gradients from rollouts, no truth. */
import { resolve } from 'node:path'
import type { Environment } from '../../../agent/environment.ts'
import { episodeReturns } from '../../../agent/environment/episode-returns.ts'
import type { GradientOracle } from '../../../agent/gradient-oracle.ts'
import { pooledOracle } from '../../../agent/gradient-oracle/pooled.ts'
import { rolloutOracle } from '../../../agent/gradient-oracle/rollouts.ts'
import { BUILT_IN, parametersOf } from '../environments.ts'
import { loadEnvironmentModule, type EnvironmentFactory } from '../module.ts'
import type { PgProblem } from '../problem.ts'
import { nameOf } from '../settings-kind.ts'
import type { PgSettings, ProgramSpec } from '../spec.ts'
import { policyIn } from './policy.ts'
import { rolloutOptions } from './rollout-options.ts'

/** Settings whose environment is a program. */
type ProgramSettings = PgSettings & { readonly environment: ProgramSpec }

/** The problem of programs that `settings` describe; see `buildPgProblem`. */
export async function environmentProblem(
  settings: ProgramSettings,
  seed: number,
  folder: string,
): Promise<PgProblem> {
  const { environment, agents, algorithm } = settings
  const { discount } = environment
  const make = await factoryOf(environment, folder)
  const environments = Array.from({ length: agents.count }, (_, agent): Environment => {
    const own = parametersOf(agents.parameters, agent, agents.count)
    return make({ ...environment.parameters, ...own })
  })
  const [first] = environments
  if (first === undefined) throw new RangeError('environmentProblem: expected at least one agent, got none')
  const policy = await policyIn(algorithm.policy, { name: nameOf(environment), ...first }, folder)
  const oracle = (agent: number): GradientOracle<unknown> => {
    if (algorithm.gradient === 'exact') throw new RangeError('gradient exact: expected a finite problem')
    const { baseline, ...options } = rolloutOptions(algorithm.gradient, discount)
    if (baseline === 'value') throw new RangeError('baseline value: expected a finite problem')
    const { entropy } = algorithm
    return rolloutOracle(
      environments[agent] as Environment,
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
    pooled: () => pooledOracle(environments.map((_, agent) => oracle(agent))),
    truth: null,
    planted: null,
    episodeReturn: (agent, theta, evaluationSeed, episodes) =>
      episodeReturns(environments[agent] as Environment, policy.at(theta), {
        episodes,
        seed: evaluationSeed,
        agent,
      }),
  }
}

async function factoryOf(environment: ProgramSpec, folder: string): Promise<EnvironmentFactory> {
  if ('module' in environment) return loadEnvironmentModule(resolve(folder, environment.module))
  return BUILT_IN[environment.family].make
}
