/** What is known of an environment before it is built, and how messages name it. */
import type { Environment, Space } from '../../agent/environment.ts'
import { BUILT_IN } from './environments.ts'
import {
  ENVIRONMENTS,
  type FiniteSpec,
  type PgEnvironmentSpec,
  type ProgramSpec,
  type SpaceSpec,
} from './spec.ts'

/** Whether the environment is one of those with Gymnasium's dynamics. */
export const isBuiltIn = (
  environment: PgEnvironmentSpec,
): environment is Extract<PgEnvironmentSpec, { family: (typeof ENVIRONMENTS)[number] }> =>
  'family' in environment && ENVIRONMENTS.some((name) => name === environment.family)

/** Whether the environment is a finite problem with a model. */
export const isFiniteSpec = (environment: PgEnvironmentSpec): environment is FiniteSpec =>
  !('module' in environment) && !('observationSpace' in environment) && !isBuiltIn(environment)

/** How messages name the environment. */
export const nameOf = (environment: PgEnvironmentSpec): string => {
  if ('module' in environment) return 'a module'
  if ('observationSpace' in environment) return 'an environment of which only the spaces are known'
  return 'family' in environment ? environment.family : 'an Mdp file'
}

/** Observations and actions. */
export type Spaces = Pick<Environment, 'observationSpace' | 'actionSpace'>

/** Observations and actions of an environment that is a program; null of a module, which is not loaded yet. */
export function spacesOf(environment: ProgramSpec): Spaces | null {
  if ('module' in environment) return null
  if (isBuiltIn(environment)) return BUILT_IN[environment.family].make(environment.parameters)
  return {
    observationSpace: spaceOf(environment.observationSpace),
    actionSpace: spaceOf(environment.actionSpace),
  }
}

/** A space as a file gives it. */
const spaceOf = (spec: SpaceSpec): Space =>
  spec.kind === 'discrete'
    ? spec
    : {
        kind: 'box',
        low: Float64Array.from(spec.low, (end) => end ?? -Infinity),
        high: Float64Array.from(spec.high, (end) => end ?? Infinity),
      }

/** A space as a file gives it, from the space. */
export const specOf = (space: Space): SpaceSpec =>
  space.kind === 'discrete'
    ? { kind: 'discrete', n: space.n }
    : { kind: 'box', low: Array.from(space.low, finiteOrNull), high: Array.from(space.high, finiteOrNull) }

const finiteOrNull = (end: number): number | null => (Number.isFinite(end) ? end : null)
