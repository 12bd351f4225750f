/** The built-in problem families. Each is a pure function of its options; the random ones draw from a stream besides. */

export type { ChainOptions } from './families/chain.ts'
export { chain } from './families/chain.ts'
export type { CliffWalkingOptions } from './families/cliff-walking.ts'
export { cliffWalking } from './families/cliff-walking.ts'
export type { FrozenLakeOptions } from './families/frozen-lake.ts'
export { frozenLake, LAKE_CELLS } from './families/frozen-lake.ts'
export type { GarnetOptions } from './families/garnet.ts'
export { garnet } from './families/garnet.ts'
export type { GridWorldOptions } from './families/grid-world.ts'
export { GRID_CELLS, gridWorld } from './families/grid-world.ts'
export { mapIssues } from './families/map.ts'
export type { RiverSwimOptions } from './families/river-swim.ts'
export { riverSwim } from './families/river-swim.ts'
export type { TaxiOptions } from './families/taxi.ts'
export { taxi } from './families/taxi.ts'
export type { TwoStateOptions } from './families/two-state.ts'
export { twoState } from './families/two-state.ts'

/** The names of the families, as an experiment file spells them. */
export const FAMILIES = [
  'two-state',
  'garnet',
  'grid-world',
  'frozen-lake',
  'cliff-walking',
  'taxi',
  'river-swim',
  'chain',
] as const

/** One of {@link FAMILIES}. */
export type Family = (typeof FAMILIES)[number]

/** Whether a family draws its numbers, and so differs from seed to seed unless it has a seed of its own. */
export const isRandom = (family: Family): boolean => family === 'two-state' || family === 'garnet'
