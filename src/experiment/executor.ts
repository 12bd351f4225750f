/** An executor carries out batches of trials: here in this thread, or spread over worker threads. What comes out does not depend on which. */
import type { Batch } from './batch.ts'
import type { Rows } from './row-columns.ts'
import type { Outcome, Product, Trial } from './trial.ts'

/** What is kept of a finished trial: its files as bytes, or what it measured alone. */
export type Encode<Kept> = (trial: Trial, outcome: Outcome<Rows>) => Kept

/**
 * Carries out one batch, and gives the outcomes in its order; rejects when `signal` is aborted.
 * `onProgress` hears of agent-steps done so far, all agents and trials of the batch together.
 */
export type CarryOut = (
  batch: Batch,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (agentSteps: number) => void },
) => Promise<readonly Outcome<Rows>[]>

/** What an executor tells and asks while it works. */
export interface Hooks<Kept = Product> {
  /** of the run, absolute, where what is kept goes into one */
  readonly folder?: string
  /** when it is aborted, all work stops at once and `execute` rejects with its reason */
  readonly signal?: AbortSignal
  /** agent-steps of an unfinished batch done so far */
  readonly onProgress?: (batch: Batch, agentSteps: number) => void
  /** keeps a finished trial; work goes on meanwhile, but not without bound */
  readonly onFinished: (trial: Trial, kept: Kept) => Promise<void>
}

/** Carries out batches in any order. */
export interface Executor<Kept = Product> {
  /**
   * Resolves when every trial is finished and kept. At the first failure it starts no further batch, waits for what is being kept
   * and rejects.
   */
  execute(batches: Iterable<Batch>, hooks: Hooks<Kept>): Promise<void>
}
