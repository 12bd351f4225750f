/** The executors of what names none: worker threads, or this thread where the program runs from its sources, which a worker cannot load. */
import { availableParallelism } from 'node:os'
import { ENCODERS } from '../encodings.ts'
import type { CarryOut, Executor } from '../executor.ts'
import { threadClock } from '../thread-clock.ts'
import { inProcess, inThisThread } from './in-process.ts'
import { poolOf, threaded, type Pool } from './threads.ts'

const isSource = import.meta.url.endsWith('.ts')
const entry = new URL('../worker.js', import.meta.url)

/** Carries batches out in this thread; what that takes is loaded by the first one, for where workers do it nobody else needs it. */
function carryOutHere(folder: string): CarryOut {
  const clock = threadClock()
  return async (batch, options) => (await import('../carry-out.ts')).carryOutIn(folder, clock)(batch, options)
}

/**
 * The executor of a run.
 * @param folder that relative paths of the experiment refer to
 */
export function usualExecutor(folder: string, threads: number = availableParallelism()): Executor {
  if (isSource) return inProcess(carryOutHere(folder))
  return threaded(threads, entry, { folder })
}

/**
 * The executors of several runs, one after the other.
 * @param folder that relative paths of all experiments refer to
 */
export function usualPool(folder: string, threads: number = availableParallelism()): Pool {
  if (!isSource) return poolOf(threads, entry, { folder })
  return {
    executor: (keep) => inThisThread(carryOutHere(folder), ENCODERS[keep]),
    close: () => Promise.resolve(),
  }
}
