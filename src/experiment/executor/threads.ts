/** Batches spread over worker threads, each thread with one at a time and no barrier between them. */
import { Worker } from 'node:worker_threads'
import { RunError } from '../errors.ts'
import type { Executor, Hooks } from '../executor.ts'
import { trialsIn, type Batch } from '../batch.ts'
import type { Product } from '../trial.ts'
import { describeBatch, fromFailure, type Reply, type WorkerData } from './messages.ts'

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

/** Has a worker carry out one batch. */
function ask(thread: Thread, batch: Batch, onProgress: Hooks['onProgress']): Promise<readonly Product[]> {
  const { worker } = thread
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      worker.off('message', hear).off('exit', ended)
      action()
    }
    const hear = (reply: Reply): void => {
      if (reply.kind === 'progress') onProgress?.(batch, reply.agentSteps)
      else if (reply.kind === 'finished') settle(() => resolve(reply.products))
      else settle(() => reject(fromFailure(batch, reply.failure)))
    }
    const ended = (code: number): void => {
      const why = thread.error?.message ?? `exit code ${code}`
      settle(() => reject(new RunError(`${describeBatch(batch)}: the worker thread died: ${why}`)))
    }
    worker.on('message', hear).on('exit', ended)
    worker.postMessage(batch)
  })
}

/** Batches of a thread that may be on their way to the disk while it works on: syncs that wait together cost little more than one. */
const MOST_UNKEPT = 8

/** Works through `batches` with one thread; finished batches are kept while the next ones are under way. */
async function drive(
  thread: Thread,
  batches: Iterator<Batch>,
  hooks: Hooks,
  stopped: () => boolean,
  stop: (error: unknown) => void,
): Promise<void> {
  const unkept: Promise<void>[] = []
  try {
    for (let next = batches.next(); !next.done && !stopped(); next = batches.next()) {
      const products = await ask(thread, next.value, hooks.onProgress)
      if (unkept.length >= MOST_UNKEPT) await unkept.shift()
      const kept = keep(next.value, products, hooks)
      kept.catch(stop)
      unkept.push(kept)
    }
  } finally {
    await Promise.all(unkept)
  }
}

/** Keeps the trials of a batch, one after the other. */
async function keep(batch: Batch, products: readonly Product[], { onFinished }: Hooks): Promise<void> {
  for (const [i, trial] of trialsIn(batch).entries()) await onFinished(trial, products[i] as Product)
}

/**
 * The executor that spreads batches over `threads` worker threads.
 * @param entry the module that a worker runs: it answers each `Request` with `Reply`s
 * @param workerData what a worker is given at its start
 */
export function threaded(threads: number, entry: URL, workerData: WorkerData): Executor {
  return {
    async execute(batches, hooks) {
      hooks.signal?.throwIfAborted()
      const pool = Array.from({ length: threads }, () => start(entry, workerData))
      let failure: { readonly error: unknown } | null = null
      const stop = (error: unknown): void => {
        failure ??= { error }
        for (const { worker } of pool) void worker.terminate()
      }
      const abort = (): void => stop(hooks.signal?.reason)
      hooks.signal?.addEventListener('abort', abort)
      const queue = batches[Symbol.iterator]()
      await Promise.all(
        pool.map((thread) => drive(thread, queue, hooks, () => failure !== null, stop).catch(stop)),
      )
      hooks.signal?.removeEventListener('abort', abort)
      await Promise.all(pool.map(({ worker }) => worker.terminate()))
      if (failure !== null) throw (failure as { error: unknown }).error
    },
  }
}
