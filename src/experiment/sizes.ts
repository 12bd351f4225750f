/** How large a finite problem is, as far as an experiment file tells. */
import type { EnvironmentSpec } from './environment-spec.ts'

/** Sizes of a problem; families of fixed size are taken as 500 states of 6 actions. */
export interface Sizes {
  readonly pairs: number
  readonly states: number
  readonly actions: number
  /** outcomes of a pair */
  readonly outcomes: number
}

/** The sizes that the file tells; null for an Mdp file, which is read before the run and tells its own. */
export function sizesOf(environment: EnvironmentSpec): Sizes | null {
  if ('mdp' in environment) return null
  const sizes = (states: number, actions: number, outcomes: number): Sizes => ({
    states,
    actions,
    outcomes,
    pairs: states * actions,
  })
  if (!('family' in environment)) return sizes(environment.states, environment.actions, 0)
  switch (environment.family) {
    case 'two-state':
      return sizes(2, environment.actions, 2)
    case 'garnet':
      return sizes(environment.states, environment.actions, environment.branching)
    case 'river-swim':
      return sizes(environment.states, 2, 3)
    case 'chain':
      return sizes(environment.states, 2, 2)
    case 'grid-world':
      return sizes(environment.map.length * (environment.map[0]?.length ?? 1), 4, 3)
    case 'frozen-lake':
    case 'cliff-walking':
    case 'taxi':
      return sizes(500, 6, 3)
  }
}
