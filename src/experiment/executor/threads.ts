/** Trials spread over worker threads, each thread with one trial at a time and no barrier between them. */
import { Worker } from 'node:worker_threads'
import { RunError } from '../errors.ts'
import type { Executor, Hooks } from '../executor.ts'
import { describeTrial, type Product, type Trial } from '../trial.ts'
import { fromFailure, type Reply, type WorkerData } from './messages.ts'

/** A worker, and why it ended if it did. */
interface Thread {
  readonly worker: Worker
  /** a bug or a lack of memory that ended the worker */
  error: Error | null
}

function start(entry: URL, workerData: WorkerData): Thread {
  const thread: Thread = { worker: new Worker(entry, { workerData }), error: null }
  thread.worker.on('error', (error) => {
    thread.error = error instanceof Error ? error : new Error(String(error))
  })
  return thread
}

/** Has a worker carry out one trial. */
function ask(thread: Thread, trial: Trial, onProgress: Hooks['onProgress']): Promise<Product> {
  const { worker } = thread
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      worker.off('message', hear).off('exit', ended)
      action()
    }
    const hear = (reply: Reply): void => {
      if (reply.kind === 'progress') onProgress?.(trial, reply.agentSteps)
      else if (reply.kind === 'finished') settle(() => resolve(reply.product))
      else settle(() => reject(fromFailure(trial, reply.failure)))
    }
    const ended = (code: number): void => {
      const why = thread.error?.message ?? `exit code ${code}`
      settle(() => reject(new RunError(`${describeTrial(trial)}: the worker thread died: ${why}`)))
    }
    worker.on('message', hear).on('exit', ended)
    worker.postMessage(trial)
  })
}

/** Works through `trials` with one thread; the last product is kept while the next trial is under way. */
async function drive(
  thread: Thread,
  trials: Iterator<Trial>,
  hooks: Hooks,
  stopped: () => boolean,
): Promise<void> {
  let kept: Promise<void> = Promise.resolve()
  try {
    for (let next = trials.next(); !next.done && !stopped(); next = trials.next()) {
      const trial = next.value
      const product = await ask(thread, trial, hooks.onProgress)
      await kept
      kept = hooks.onFinished(trial, product)
      // a rejection is seen at the next await; until then it must not count as unhandled
      kept.catch(() => undefined)
    }
  } finally {
    await kept
  }
}

/**
 * The executor that spreads trials over `threads` worker threads.
 * @param entry the module that a worker runs: it answers each `Request` with `Reply`s
 * @param workerData what a worker is given at its start
 */
export function threaded(threads: number, entry: URL, workerData: WorkerData): Executor {
  return {
    async execute(trials, hooks) {
      hooks.signal?.throwIfAborted()
      const pool = Array.from({ length: threads }, () => start(entry, workerData))
      let failure: { readonly error: unknown } | null = null
      const stop = (error: unknown): void => {
        failure ??= { error }
        for (const { worker } of pool) void worker.terminate()
      }
      const abort = (): void => stop(hooks.signal?.reason)
      hooks.signal?.addEventListener('abort', abort)
      const queue = trials[Symbol.iterator]()
      await Promise.all(pool.map((thread) => drive(thread, queue, hooks, () => failure !== null).catch(stop)))
      hooks.signal?.removeEventListener('abort', abort)
      await Promise.all(pool.map(({ worker }) => worker.terminate()))
      if (failure !== null) throw (failure as { error: unknown }).error
    },
  }
}
