/** How a batch is really carried out: its problems are built, then simulated together. */
import { truth } from './evaluator.ts'
import type { CarryOut } from './executor.ts'
import type { Settings } from './experiment.ts'
import { buildProblem } from './problem.ts'
import { problemKey } from './problems.ts'
import { simulate } from './simulate.ts'
import type { Problem } from './simulation.ts'

/**
 * The {@link CarryOut} of an experiment whose relative paths refer to `folder`.
 * @param cpuSeconds a clock of the CPU time of this thread
 */
export function carryOutIn(folder: string, cpuSeconds: () => number): CarryOut {
  return async ({ variants, seeds }, options) => {
    const built = new Map<string, readonly Problem[]>()
    for (const { settings } of variants) {
      const key = problemKey(settings)
      if (!built.has(key)) built.set(key, await buildAll(settings, seeds, folder))
    }
    const lanes = variants.map(({ name, settings }) => ({
      variant: name,
      settings,
      problems: built.get(problemKey(settings)) ?? [],
    }))
    const finished = await simulate(lanes, seeds, { cpuSeconds, ...options })
    const models = lanes.flatMap(({ problems }) => problems.map(({ model }) => model))
    return finished.map((one, i) => ({ ...one, bound: boundOf(models[i] ?? null) }))
  }
}

async function buildAll(settings: Settings, seeds: readonly number[], folder: string): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const seed of seeds) problems.push(await buildProblem(settings, seed, folder))
  return problems
}

const boundOf = (model: Problem['model']): number | null => (model === null ? null : truth(model.mdp).bound)
