/** The executor of a run that names none. */
import { availableParallelism } from 'node:os'
import { carryOutIn } from '../carry-out.ts'
import type { Executor } from '../executor.ts'
import { threadClock } from '../thread-clock.ts'
import { inProcess } from './in-process.ts'
import { threaded } from './threads.ts'

/**
 * Worker threads, or this thread where the program runs from its TypeScript sources, which a worker cannot load.
 * @param folder that relative paths of the experiment refer to
 */
export function usualExecutor(folder: string, threads: number = availableParallelism()): Executor {
  if (import.meta.url.endsWith('.ts')) return inProcess(carryOutIn(folder, threadClock()))
  return threaded(threads, new URL('../worker.js', import.meta.url), { folder })
}
