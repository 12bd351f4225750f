/**
 * A batch is what one thread carries out at a time: one or two variants that share every draw, at one or more seeds. Two variants
 * run in the two lanes of the kernel on one trajectory; several seeds of few agents share a block, so that memory waits overlap, and
 * several of few steps share what it takes to make a kernel ready.
 * What comes out of a trial does not depend on its batch.
 */
import {
  agentsOf,
  isPolicyGradient,
  type Experiment,
  type QSettings,
  type Settings,
  type Variant,
} from './experiment.ts'
import { stepsOf, type Trial } from './trial.ts'

/** Trials carried out together: the seeds of the first variant, then those of the second. */
export interface Batch {
  readonly variants: readonly Pick<Variant, 'name' | 'settings'>[]
  readonly seeds: readonly number[]
}

/** Agents that fill a block: with fewer, seeds are put together. */
const FULL_BLOCK = 16
/** Agent-steps beside which the making of a kernel is small: seeds of fewer are put together too. */
const WORTH_A_KERNEL = 200_000
/** No more seeds than this together. */
const MOST_SEEDS = 8
/** S * A of all seeds together is held below this, for each seed may have a problem of its own. */
const MOST_PAIRS = 1_000_000

/** The trials of a batch, in its order. */
export const trialsIn = ({ variants, seeds }: Batch): Trial[] =>
  variants.flatMap(({ name, settings }) => seeds.map((seed) => ({ variant: name, seed, settings })))

/**
 * The trials that are pending, as batches.
 * @param threads work is left for all of them
 */
export function* batchesOf(
  { variants, seeds }: Experiment,
  isPending: (trial: Trial) => boolean,
  threads: number,
): Generator<Batch> {
  for (const lanes of laneGroups(variants)) {
    const together = seedsTogether(lanes[0].settings, Math.ceil(seeds.length / threads))
    let batch: Batch = { variants: [], seeds: [] }
    for (const seed of seeds) {
      const pending = lanes.filter(({ name, settings }) => isPending({ variant: name, seed, settings }))
      const fits = sameVariants(pending, batch.variants) && batch.seeds.length < together
      if (!fits && batch.seeds.length > 0) yield batch
      const before = fits ? batch.seeds : []
      batch = { variants: pending, seeds: pending.length > 0 ? [...before, seed] : [] }
    }
    if (batch.seeds.length > 0) yield batch
  }
}

type Lanes = readonly [Variant, ...Variant[]]

const sameVariants = (a: readonly Variant[], b: Batch['variants']): boolean =>
  a.length === b.length && a.every(({ name }, i) => name === b[i]?.name)

/** Variants two by two where their draws are equal, in the order of the first of each pair. */
function laneGroups(variants: readonly Variant[]): Lanes[] {
  const groups: [Variant, ...Variant[]][] = []
  const open = new Map<string, [Variant, ...Variant[]]>()
  for (const variant of variants) {
    const key = drawsKey(variant.settings)
    const partner = key === null ? undefined : open.get(key)
    if (partner !== undefined && key !== null) {
      partner.push(variant)
      open.delete(key)
      continue
    }
    const group: [Variant, ...Variant[]] = [variant]
    groups.push(group)
    if (key !== null) open.set(key, group)
  }
  return groups
}

/** Settings with equal keys draw the same trajectories: they differ in averaging, step size or discount at most. */
function drawsKey(settings: Settings): string | null {
  if (isPolicyGradient(settings) || settings.algorithm.name === 'q-learning') return null
  const { environment, agents, algorithm, evaluate } = settings
  const drawn = { ...algorithm, averaging: null, stepSize: null }
  // A behaviour around Q* depends on the discount, and so do the draws.
  const aroundOptimum =
    'behavior' in agents && typeof agents.behavior === 'object' && 'epsilonGreedy' in agents.behavior
  const world = aroundOptimum ? environment : { ...environment, discount: null }
  return JSON.stringify([world, agents, drawn, evaluate])
}

/** How many seeds share a block. */
function seedsTogether(settings: Settings, most: number): number {
  if (isPolicyGradient(settings)) return 1
  const steps = stepsOf({ variant: '', seed: 0, settings })
  const wanted = Math.ceil(Math.max(FULL_BLOCK / agentsOf(settings), WORTH_A_KERNEL / steps))
  const fitting = Math.floor(MOST_PAIRS / pairsOf(settings))
  return Math.max(1, Math.min(wanted, MOST_SEEDS, most, fitting))
}

/** S * A where the file tells it, else as many as may be. */
function pairsOf({ environment, agents }: QSettings): number {
  if ('logs' in agents) return MOST_PAIRS
  if ('family' in environment) {
    const states = 'states' in environment ? environment.states : 500
    return states * ('actions' in environment ? environment.actions : 6)
  }
  return MOST_PAIRS
}
