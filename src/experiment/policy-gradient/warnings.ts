/** What theory warns of before the variants of an experiment are believed. */
import { isPolicyGradient, type Experiment } from '../experiment.ts'
import { pgAdvice } from './advice.ts'
import { buildPgProblem } from './problem.ts'

/** The warnings of the policy-gradient variants by name, for the problem of the first seed. */
export async function pgWarnings({
  variants,
  seeds,
  folder,
}: Experiment): Promise<ReadonlyMap<string, readonly string[]>> {
  const warnings = new Map<string, readonly string[]>()
  const seed = seeds[0] ?? 0
  for (const { name, settings } of variants) {
    if (!isPolicyGradient(settings)) continue
    const problem = await buildPgProblem(settings, seed, folder)
    warnings.set(name, pgAdvice(settings, problem, seed).warnings)
  }
  return warnings
}
