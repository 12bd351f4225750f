/** The kernel in plain TypeScript: clear before fast. The compiled kernel must agree with it bit for bit. */
import type { KernelProblem, KernelRun } from '../kernel.ts'
import { asynchronousRun } from './plain/asynchronous.ts'
import { independentRun } from './plain/independent.ts'
import { synchronousRun } from './plain/synchronous.ts'
import { modelWalker, replayWalker } from './walk.ts'

/** Starts a run. */
export function startPlain(problem: KernelProblem): KernelRun {
  const { experience } = problem
  if (experience.kind === 'generative') return synchronousRun(problem, experience.mdp)
  const walker =
    experience.kind === 'walk'
      ? modelWalker(experience.mdp, experience.behaviors, problem.seed)
      : replayWalker(experience.logs, problem.states, problem.actions)
  return problem.averaging === 'none' ? independentRun(problem, walker) : asynchronousRun(problem, walker)
}
