/** One trial after the other, in this thread. */
import type { Executor } from '../executor.ts'
import { encodeProduct, type CarryOut } from '../trial.ts'

/** The executor that calls `carryOut` in this thread. */
export function inProcess(carryOut: CarryOut): Executor {
  return {
    async execute(trials, { signal, onProgress, onFinished }) {
      for (const trial of trials) {
        signal?.throwIfAborted()
        const finished = await carryOut(trial, {
          ...(signal && { signal }),
          onProgress: (agentSteps) => onProgress?.(trial, agentSteps),
        })
        await onFinished(trial, encodeProduct(trial, finished))
      }
    },
  }
}
