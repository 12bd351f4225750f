/** What is known of an environment before it is built, and how messages name it. */
import type { Environment } from '../../agent/environment.ts'
import { BUILT_IN } from './environments.ts'
import { ENVIRONMENTS, type FiniteSpec, type PgEnvironmentSpec, type ProgramSpec } from './spec.ts'

/** Whether the environment is one of those with Gymnasium's dynamics. */
export const isBuiltIn = (
  environment: PgEnvironmentSpec,
): environment is Extract<PgEnvironmentSpec, { family: (typeof ENVIRONMENTS)[number] }> =>
  'family' in environment && ENVIRONMENTS.some((name) => name === environment.family)

/** Whether the environment is a finite problem with a model. */
export const isFiniteSpec = (environment: PgEnvironmentSpec): environment is FiniteSpec =>
  !('module' in environment) && !isBuiltIn(environment)

/** How messages name the environment. */
export const nameOf = (environment: PgEnvironmentSpec): string => {
  if ('module' in environment) return 'a module'
  return 'family' in environment ? environment.family : 'an Mdp file'
}

/** Observations and actions of an environment that is a program; null of a module, which is not loaded yet. */
export const spacesOf = (
  environment: ProgramSpec,
): Pick<Environment, 'observationSpace' | 'actionSpace'> | null =>
  isBuiltIn(environment) ? BUILT_IN[environment.family].make(environment.parameters) : null
