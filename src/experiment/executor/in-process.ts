/** One batch after the other, in this thread. */
import { trialsIn } from '../batch.ts'
import type { CarryOut, Executor } from '../executor.ts'
import { encodeProduct, type Outcome } from '../trial.ts'

/** The executor that calls `carryOut` in this thread. */
export function inProcess(carryOut: CarryOut): Executor {
  return {
    async execute(batches, { signal, onProgress, onFinished }) {
      for (const batch of batches) {
        signal?.throwIfAborted()
        const outcomes = await carryOut(batch, {
          ...(signal && { signal }),
          onProgress: (agentSteps) => onProgress?.(batch, agentSteps),
        })
        for (const [i, trial] of trialsIn(batch).entries()) {
          await onFinished(trial, encodeProduct(trial, outcomes[i] as Outcome))
        }
      }
    },
  }
}
