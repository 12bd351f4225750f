/** What is known of an environment before it is built, and how messages name it. */
import { ACROBOT } from '../../agent/environment/acrobot.ts'
import { CART_POLE } from '../../agent/environment/cart-pole.ts'
import { MOUNTAIN_CAR } from '../../agent/environment/mountain-car.ts'
import type { ParameterTable } from '../../agent/environment/parameters.ts'
import { PENDULUM } from '../../agent/environment/pendulum.ts'
import { ENVIRONMENTS, type FiniteSpec, type PgEnvironmentSpec, type ProgramSpec } from './spec.ts'

/** The parameters of each environment with Gymnasium's dynamics. */
export const PARAMETERS: Readonly<Record<(typeof ENVIRONMENTS)[number], ParameterTable>> = {
  'CartPole-v1': CART_POLE,
  'Acrobot-v1': ACROBOT,
  'MountainCar-v0': MOUNTAIN_CAR,
  'Pendulum-v1': PENDULUM,
}

/** What an environment shows and takes. */
export interface Spaces {
  /** numbers in an observation */
  readonly numbers: number
  /** actions, or numbers in an action where they are vectors */
  readonly outputs: number
  readonly continuous: boolean
}

const SPACES: Readonly<Record<(typeof ENVIRONMENTS)[number], Spaces>> = {
  'CartPole-v1': { numbers: 4, outputs: 2, continuous: false },
  'Acrobot-v1': { numbers: 6, outputs: 3, continuous: false },
  'MountainCar-v0': { numbers: 2, outputs: 3, continuous: false },
  'Pendulum-v1': { numbers: 3, outputs: 1, continuous: true },
}

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
export const spacesOf = (environment: ProgramSpec): Spaces | null =>
  isBuiltIn(environment) ? SPACES[environment.family] : null
