/** Finite problems, and problems of which only the sizes are known, as an experiment file names them. */

/** The problem: a built-in family, an Mdp file, a module, or only the sizes of a problem whose model is unknown. */
export type EnvironmentSpec =
  | {
      readonly family: 'two-state'
      readonly actions: number
      readonly discount: number
      readonly range: readonly [number, number]
      readonly seed?: number
    }
  | {
      readonly family: 'garnet'
      readonly states: number
      readonly actions: number
      readonly branching: number
      readonly discount: number
      readonly seed?: number
    }
  | {
      readonly family: 'grid-world'
      readonly map: readonly string[]
      readonly slip: number
      readonly discount: number
      readonly stepReward: number
      readonly goalReward: number
      readonly holeReward: number
    }
  | {
      readonly family: 'frozen-lake'
      readonly map: '4x4' | '8x8' | readonly string[]
      readonly slippery: boolean
      readonly discount: number
    }
  | { readonly family: 'cliff-walking'; readonly slippery: boolean; readonly discount: number }
  | { readonly family: 'taxi'; readonly discount: number }
  | { readonly family: 'river-swim'; readonly states: number; readonly discount: number }
  | { readonly family: 'chain'; readonly states: number; readonly discount: number; readonly slip: number }
  | { readonly mdp: string; readonly layout?: 'SAS' | 'ASS'; readonly discount?: number }
  | {
      readonly states: number
      readonly actions: number
      readonly discount: number
      readonly rewardRange: readonly [number, number]
    }
