/** The environment that an agent brings: a module, made for the agent and held against what the experiment says. */
import { resolve } from 'node:path'
import type { Environment, Space } from '../../agent/environment.ts'
import { InputError } from '../errors.ts'
import { loadEnvironmentModule } from '../policy-gradient/module.ts'
import type { Spaces } from '../policy-gradient/settings-kind.ts'
import type { Parameters } from '../policy-gradient/spec.ts'
import type { Problem } from '../simulation.ts'

/**
 * The environment in a module, with the spaces of the experiment.
 * @param path of the module, as the user wrote it
 * @throws InputError naming the module
 */
export async function ownEnvironment(
  path: string,
  parameters: Parameters,
  wanted: Spaces,
): Promise<Environment> {
  const make = await loadEnvironmentModule(resolve(path))
  const environment = make(parameters)
  for (const key of ['observationSpace', 'actionSpace'] as const) {
    const [expects, got] = [sizeOf(wanted[key]), sizeOf(environment[key])]
    if (expects !== got)
      throw new InputError(path, [
        { path: [key], message: `expected ${expects}, as in the experiment, got ${got}` },
      ])
  }
  return environment
}

const sizeOf = (space: Space): string =>
  space.kind === 'discrete' ? `the integers 0 to ${space.n - 1}` : `vectors of ${space.low.length} numbers`

/** The environment in a module, with the states, the actions and the rewards of a finite problem. @throws InputError naming the module */
export async function ownFiniteEnvironment(path: string, problem: Problem): Promise<Environment> {
  const { states, actions, rewardRange } = problem
  const environment = await ownEnvironment(
    path,
    {},
    {
      observationSpace: { kind: 'discrete', n: states },
      actionSpace: { kind: 'discrete', n: actions },
    },
  )
  return withinRewards(path, environment, rewardRange)
}

/** The environment, which throws an InputError at a reward beyond the range: no update that was learned from one is taken. */
function withinRewards(
  path: string,
  environment: Environment,
  [low, high]: Problem['rewardRange'],
): Environment {
  let seed = 0
  let steps = 0
  return {
    ...environment,
    reset(given) {
      ;[seed, steps] = [given, 0]
      return environment.reset(given)
    },
    step(action) {
      const step = environment.step(action)
      steps++
      if (step.reward >= low && step.reward <= high) return step
      const message = `expected a reward in the experiment's rewardRange [${low}, ${high}], got ${step.reward}`
      throw new InputError(path, [{ path: [`reset(${seed})`, `step ${steps}`, 'reward'], message }])
    },
  }
}
