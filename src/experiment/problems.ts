/** The problems of an experiment as its first seed sees them, each distinct one built once. */
import { InputError } from './errors.ts'
import { isPolicyGradient, isQLearning, type Experiment, type QSettings } from './experiment.ts'
import { buildProblem, EXPERIMENT_FILE } from './problem.ts'
import type { Problem } from './simulation.ts'

/** Settings that are equal here have the same problem at the same seed. */
export const problemKey = ({ environment, agents }: QSettings): string =>
  JSON.stringify([environment, agents])

/** The problem of the first seed for each {@link problemKey} of the variants of Q-learning, one at a time. */
export async function* firstProblems({
  variants,
  seeds,
  folder,
}: Experiment): AsyncGenerator<[key: string, problem: Problem]> {
  const done = new Set<string>()
  for (const { settings } of variants.filter(isQLearning)) {
    const key = problemKey(settings)
    if (done.has(key)) continue
    done.add(key)
    yield [key, await buildProblem(settings, seeds[0] ?? 0, folder)]
  }
}

/**
 * Builds every problem once, so that files which are wrong are told before anything is written.
 * @throws InputError naming what is wrong
 */
export async function checkProblems(experiment: Experiment): Promise<void> {
  const variants = experiment.variants.filter(isQLearning).filter(({ settings }) => canBeWrong(settings))
  for await (const _ of firstProblems({ ...experiment, variants }));
  await checkPgProblems(experiment)
}

/** Why a simulation refuses experience that only the agents have. */
const NOT_SIMULATED =
  'what agents learn from is their own, so this cannot be simulated: fedrl serve carries it out, and agents join'

/**
 * Refuses experience that only the agents have.
 * @param message why, and what else does it
 * @throws InputError
 */
export function refuseOwnExperience({ variants }: Experiment, message = NOT_SIMULATED): void {
  for (const { settings } of variants) {
    if ('experience' in settings.agents)
      throw new InputError(EXPERIMENT_FILE, [{ path: ['agents', 'experience'], message }])
    if ('observationSpace' in settings.environment)
      throw new InputError(EXPERIMENT_FILE, [{ path: ['environment'], message }])
  }
}

/** Builds every distinct problem of policy gradients once, of the first seed. */
async function checkPgProblems({ variants, seeds, folder }: Experiment): Promise<void> {
  const done = new Set<string>()
  for (const { settings } of variants) {
    if (!isPolicyGradient(settings)) continue
    const { environment, agents, algorithm } = settings
    const key = JSON.stringify([environment, agents, algorithm.policy])
    if (done.has(key)) continue
    done.add(key)
    const { buildPgProblem } = await import('./policy-gradient/problem.ts')
    await buildPgProblem(settings, seeds[0] ?? 0, folder)
  }
}

/** Families are right once the file is; files, and behaviours that must fit the problem, show their faults when they are read. */
const canBeWrong = ({ environment, agents }: QSettings): boolean =>
  !('family' in environment) ||
  'logs' in agents ||
  (typeof agents.behavior === 'object' && ('region' in agents.behavior || 'table' in agents.behavior))
