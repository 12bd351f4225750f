/**
 * How a batch is really carried out: its problems are built, then simulated together. What policy gradients take is a hundred modules,
 * which the first batch of theirs loads.
 */
import { trialsIn, type Batch } from './batch.ts'
import type { CarryOut } from './executor.ts'
import { truth } from './evaluator.ts'
import { isPolicyGradient, type QSettings } from './experiment.ts'
import type { PgSettings } from './policy-gradient/spec.ts'
import { buildProblem } from './problem.ts'
import { problemKey } from './problems.ts'
import type { Rows } from './row-columns.ts'
import { simulateInColumns, type SimulateOptions } from './simulate.ts'
import type { Problem } from './simulation.ts'
import type { Outcome, Trial } from './trial.ts'

/**
 * The {@link CarryOut} of an experiment whose relative paths refer to `folder`.
 * @param cpuSeconds a clock of the CPU time of this thread
 */
export function carryOutIn(folder: string, cpuSeconds: () => number): CarryOut {
  return async (batch, given) => {
    const options = { cpuSeconds, ...given }
    const outcomes: Outcome<Rows>[] = []
    for (const { variant, seed, settings } of trialsIn(batch)) {
      if (!isPolicyGradient(settings)) return qLearning(batch, folder, options)
      outcomes.push(await policyGradient({ variant, seed, settings }, folder, options))
    }
    return outcomes
  }
}

/** A trial of policy gradients. */
async function policyGradient(
  trial: Trial & { readonly settings: PgSettings },
  folder: string,
  options: SimulateOptions,
): Promise<Outcome> {
  const [{ buildPgProblem }, { simulatePolicyGradient }] = await Promise.all([
    import('./policy-gradient/problem.ts'),
    import('./policy-gradient/simulate.ts'),
  ])
  const problem = await buildPgProblem(trial.settings, trial.seed, folder)
  return simulatePolicyGradient({ ...trial, problem }, options)
}

/** A batch of Q-learning: all its trials on one kernel. */
async function qLearning(
  { variants, seeds }: Batch,
  folder: string,
  options: SimulateOptions,
): Promise<Outcome<Rows>[]> {
  const built = new Map<string, readonly Problem[]>()
  const lanes = []
  for (const { name, settings } of variants) {
    if (isPolicyGradient(settings)) throw new RangeError(`carryOut: ${name} is no variant of Q-learning`)
    const key = problemKey(settings)
    const problems = built.get(key) ?? (await buildAll(settings, seeds, folder))
    built.set(key, problems)
    lanes.push({ variant: name, settings, problems })
  }
  const finished = await simulateInColumns(lanes, seeds, options)
  const models = lanes.flatMap(({ problems }) => problems.map(({ model }) => model))
  return finished.map(({ q, shape, ...one }, i) => ({
    ...one,
    tensors: { q: { shape, data: q } },
    bound: boundOf(models[i] ?? null),
  }))
}

async function buildAll(settings: QSettings, seeds: readonly number[], folder: string): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const seed of seeds) problems.push(await buildProblem(settings, seed, folder))
  return problems
}

const boundOf = (model: Problem['model']): number | null => (model === null ? null : truth(model.mdp).bound)
