/** What carrying out a claim takes: the experiments of its parts, with frozen draws written out as variants. */
import { join } from 'node:path'
import type { Part } from '../claim.ts'
import { isPolicyGradient, type Experiment, type Settings, type Variant } from '../experiment.ts'
import { loadExperiment } from '../load.ts'

/** A part and what is carried out for it. */
export interface PlannedPart {
  readonly part: Part
  readonly experiment: Experiment
}

/**
 * Reads the experiment of a part.
 * @param folder that holds the claim's files
 * @param quick fewer seeds and draws
 */
export async function planPart(part: Part, folder: string, quick: boolean): Promise<PlannedPart> {
  const seeds = part.draws?.trajectories ?? (quick ? part.quickSeeds : undefined)
  const experiment = await loadExperiment(
    join(folder, part.file),
    seeds === undefined ? {} : { seeds: String(seeds) },
  )
  if (part.draws === undefined) return { part, experiment }
  return { part, experiment: frozen(experiment, quick ? part.draws.quick : part.draws.full) }
}

/**
 * The experiment with every variant once for each of the draws 1 to `draws`.
 * @throws RangeError where the problem is not drawn at random
 */
export function frozen(experiment: Experiment, draws: number): Experiment {
  const numbers = Array.from({ length: draws }, (_, i) => i + 1)
  return {
    ...experiment,
    variants: experiment.variants.flatMap((variant) => numbers.map((draw) => withDraw(variant, draw))),
  }
}

function withDraw({ name, assignment, settings }: Variant, draw: number): Variant {
  const frozenSeeds = { 'environment.seed': draw, 'algorithm.initialSeed': draw }
  return {
    name: `${name}.draw=${draw}`,
    assignment: { ...assignment, ...frozenSeeds },
    settings: freeze(settings, draw),
  }
}

function freeze(settings: Settings, draw: number): Settings {
  if (isPolicyGradient(settings)) throw new RangeError('frozen: expected a variant of Q-learning')
  const { environment, algorithm } = settings
  if (!('family' in environment) || (environment.family !== 'two-state' && environment.family !== 'garnet')) {
    throw new RangeError('frozen: expected a problem that is drawn at random')
  }
  return {
    ...settings,
    environment: { ...environment, seed: draw },
    algorithm: { ...algorithm, initialSeed: draw },
  }
}
