/** One batch after the other, in this thread. */
import { trialsIn } from '../batch.ts'
import type { CarryOut, Encode, Executor } from '../executor.ts'
import type { Rows } from '../row-columns.ts'
import { encodeProduct, type Outcome } from '../trial.ts'

/** The executor that calls `carryOut` in this thread, and keeps what `encode` makes of the outcomes. */
export function inThisThread<Kept>(carryOut: CarryOut, encode: Encode<Kept>): Executor<Kept> {
  return {
    async execute(batches, { signal, onProgress, onFinished }) {
      for (const batch of batches) {
        signal?.throwIfAborted()
        const outcomes = await carryOut(batch, {
          ...(signal && { signal }),
          onProgress: (agentSteps) => onProgress?.(batch, agentSteps),
        })
        for (const [i, trial] of trialsIn(batch).entries()) {
          await onFinished(trial, encode(trial, outcomes[i] as Outcome<Rows>))
        }
      }
    },
  }
}

/** {@link inThisThread} for runs: what is kept are products. */
export const inProcess = (carryOut: CarryOut): Executor => inThisThread(carryOut, encodeProduct)
