/** An executor carries out trials: here in this thread, or spread over worker threads. What comes out does not depend on which. */
import type { Product, Trial } from './trial.ts'

/** What an executor tells and asks while it works. */
export interface Hooks {
  /** when it is aborted, all work stops at once and `execute` rejects with its reason */
  readonly signal?: AbortSignal
  /** agent-steps of an unfinished trial done so far */
  readonly onProgress?: (trial: Trial, agentSteps: number) => void
  /** keeps a finished trial; work goes on meanwhile, but not without bound */
  readonly onFinished: (trial: Trial, product: Product) => Promise<void>
}

/** Carries out trials in any order. */
export interface Executor {
  /**
   * Resolves when every trial is finished and kept. At the first failure it starts no further trial, waits for what is being kept
   * and rejects.
   */
  execute(trials: Iterable<Trial>, hooks: Hooks): Promise<void>
}
