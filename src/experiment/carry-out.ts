/** How a trial is really carried out: its problem is built, then simulated. */
import { truth } from './evaluator.ts'
import { buildProblem } from './problem.ts'
import { simulate } from './simulate.ts'
import type { CarryOut } from './trial.ts'

/** The {@link CarryOut} of an experiment whose relative paths refer to `folder`. */
export function carryOutIn(folder: string): CarryOut {
  return async ({ variant, seed, settings }, options) => {
    const problem = await buildProblem(settings, seed, folder)
    const finished = await simulate(settings, seed, problem, { variant, ...options })
    return { ...finished, bound: problem.model === null ? null : truth(problem.model.mdp).bound }
  }
}
