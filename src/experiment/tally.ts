/** Counts what a run has done while trials finish in any order. */
import type { Experiment } from './experiment.ts'
import type { Progress } from './progress.ts'
import { trialsIn, type Batch } from './batch.ts'
import { keyOf, stepsOf, type Trial } from './trial.ts'

/** The count of a run under way. */
export interface Tally {
  /** agent-steps of a batch done so far, its trials together */
  readonly advance: (batch: Batch, agentSteps: number) => void
  readonly finish: (trial: Trial) => void
  readonly finished: () => number
  readonly now: () => Progress
}

/** Keeps count of trials and agent-steps, and tells `onProgress` of each change. */
export function startTally(
  { variants, seeds }: Experiment,
  done: readonly Trial[],
  onProgress: ((progress: Progress) => void) | undefined,
): Tally {
  const steps = variants.reduce(
    (sum, { name, settings }) => sum + seeds.length * stepsOf({ variant: name, seed: 0, settings }),
    0,
  )
  const stepsBefore = done.reduce((sum, trial) => sum + stepsOf(trial), 0)
  const running = new Map<string, number>()
  let finished = done.length
  let stepsFinished = stepsBefore
  const now = (): Progress => ({
    trials: variants.length * seeds.length,
    trialsDone: finished,
    steps,
    stepsDone: [...running.values()].reduce((sum, some) => sum + some, stepsFinished),
    stepsBefore,
  })
  onProgress?.(now())
  return {
    advance(batch, agentSteps) {
      const trials = trialsIn(batch)
      for (const trial of trials)
        running.set(keyOf(trial), Math.min(agentSteps / trials.length, stepsOf(trial)))
      onProgress?.(now())
    },
    finish(trial) {
      running.delete(keyOf(trial))
      finished++
      stepsFinished += stepsOf(trial)
      onProgress?.(now())
    },
    finished: () => finished,
    now,
  }
}
