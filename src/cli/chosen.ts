/** The one cell of an experiment that a command looks at: a variant and a seed, its problem, and what its agents cover. */
import { coverageOf } from '../experiment/advice.ts'
import { InputError } from '../experiment/errors.ts'
import { isQLearning, type QVariant, type Variant } from '../experiment/experiment.ts'
import { loadExperiment } from '../experiment/load.ts'
import { buildProblem, namingFile } from '../experiment/problem.ts'
import type { Problem } from '../experiment/simulation.ts'
import { nearest } from '../numeric/suggest.ts'
import type { Coverage } from '../mdp/coverage.ts'

/** Flags that choose. */
export interface ChosenFlags {
  readonly variant?: string
  readonly seed?: string
  readonly set?: readonly string[]
}

/** A cell of the grid, built. */
export interface Chosen {
  readonly name: string
  readonly variant: QVariant
  readonly seed: number
  readonly problem: Problem
}

function variantOf(variants: readonly Variant[], name: string | undefined): Variant {
  const found = name === undefined ? variants[0] : variants.find((variant) => variant.name === name)
  if (found !== undefined) return found
  const names = variants.map((variant) => variant.name)
  const guess = name === undefined ? undefined : nearest(name, names)
  const hint = guess === undefined ? names.slice(0, 10).join(', ') : `did you mean ${guess}?`
  throw new InputError('--variant', `expected a variant of the file (${hint}), got ${name}`)
}

function seedOf(seeds: readonly number[], given: string | undefined): number {
  if (given === undefined) return seeds[0] as number
  const seed = /^\d+$/.test(given) ? Number(given) : NaN
  if (Number.isSafeInteger(seed)) return seed
  throw new InputError('--seed', `expected an integer in [0, 2^53), got ${given}`)
}

/**
 * The cell that the flags name, by default the first variant and the first seed.
 * @throws InputError on a bad file or flag
 */
export async function choose(
  file: string,
  { variant: name, seed: given, set }: ChosenFlags,
): Promise<Chosen> {
  const experiment = await loadExperiment(file, set === undefined ? {} : { set })
  const variant = variantOf(experiment.variants, name)
  if (!isQLearning(variant))
    throw new InputError(
      file,
      `expected a variant of Q-learning, whose agents have behaviours and a coverage; got ${variant.settings.algorithm.name} in variant ${variant.name}`,
    )
  const seed = seedOf(experiment.seeds, given)
  return {
    name: experiment.name,
    variant,
    seed,
    problem: await namingFile(file, () => buildProblem(variant.settings, seed, experiment.folder)),
  }
}

/**
 * What the agents of the cell cover.
 * @throws InputError where they act in no known model
 */
export function coverageOfChosen({ problem }: Chosen): Coverage {
  const covered = coverageOf(problem)
  if (covered !== null) return covered
  throw new InputError(
    'environment',
    'expected a model, since agents that act need one; only logs do without',
  )
}
