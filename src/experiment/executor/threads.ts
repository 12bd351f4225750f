/** Batches spread over worker threads, each thread with one at a time and no barrier between them. */
import { Worker } from 'node:worker_threads'
import { RunError } from '../errors.ts'
import type { Executor, Hooks } from '../executor.ts'
import { trialsIn, type Batch } from '../batch.ts'
import type { Encodings } from '../encodings.ts'
import { describeBatch, fromFailure, type Reply, type Request, type WorkerData } from './messages.ts'

/** A worker, and why it ended if it did. */
interface Thread {
  readonly worker: Worker
  isAlive: boolean
  /** a bug or a lack of memory that ended the worker */
  error: Error | null
}

function start(entry: URL, workerData: WorkerData): Thread {
  const thread: Thread = { worker: new Worker(entry, { workerData }), isAlive: true, error: null }
  thread.worker.on('error', (error) => {
    thread.error = error instanceof Error ? error : new Error(String(error))
  })
  thread.worker.on('exit', () => {
    thread.isAlive = false
  })
  return thread
}

/** Has a worker carry out one batch. */
function ask<Kept>(
  thread: Thread,
  { batch, keep }: Request,
  onProgress: Hooks<Kept>['onProgress'],
): Promise<readonly Kept[]> {
  const { worker } = thread
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      worker.off('message', hear).off('exit', ended)
      action()
    }
    const hear = (reply: Reply<Kept>): void => {
      if (reply.kind === 'progress') onProgress?.(batch, reply.agentSteps)
      else if (reply.kind === 'finished') settle(() => resolve(reply.kept))
      else settle(() => reject(fromFailure(batch, reply.failure)))
    }
    const ended = (code: number): void => {
      const why = thread.error?.message ?? `exit code ${code}`
      settle(() => reject(new RunError(`${describeBatch(batch)}: the worker thread died: ${why}`)))
    }
    worker.on('message', hear).on('exit', ended)
    worker.postMessage({ batch, keep })
  })
}

/** Batches of a thread that may be on their way to the disk while it works on: syncs that wait together cost little more than one. */
const MOST_UNKEPT = 8

/** Works through `batches` with one thread; finished batches are kept while the next ones are under way. */
async function drive<Kept>(
  thread: Thread,
  batches: Iterator<Batch>,
  keep: Request['keep'],
  hooks: Hooks<Kept>,
  stopped: () => boolean,
  stop: (error: unknown) => void,
): Promise<void> {
  const unkept: Promise<void>[] = []
  try {
    for (let next = batches.next(); !next.done && !stopped(); next = batches.next()) {
      const finished = await ask<Kept>(thread, { batch: next.value, keep }, hooks.onProgress)
      if (unkept.length >= MOST_UNKEPT) await unkept.shift()
      const kept = keepAll(next.value, finished, hooks)
      kept.catch(stop)
      unkept.push(kept)
    }
  } finally {
    await Promise.all(unkept)
  }
}

/** Keeps the trials of a batch, one after the other. */
async function keepAll<Kept>(
  batch: Batch,
  finished: readonly Kept[],
  { onFinished }: Hooks<Kept>,
): Promise<void> {
  for (const [i, trial] of trialsIn(batch).entries()) await onFinished(trial, finished[i] as Kept)
}

/** Worker threads that outlive what they carry out, so that they are started, and their code is compiled, once for several executions. */
export interface Pool {
  /** the executor that spreads batches over these threads; one execution at a time */
  executor<Name extends keyof Encodings>(keep: Name): Executor<Encodings[Name]>
  /** ends the threads; without it the process goes on */
  close(): Promise<void>
}

/**
 * A pool of `threads` worker threads, which are started when they are first needed.
 * @param entry the module that a worker runs: it answers each `Request` with `Reply`s
 * @param workerData what a worker is given at its start
 */
export function poolOf(threads: number, entry: URL, workerData: WorkerData): Pool {
  let pool: Thread[] = []
  const close = async (): Promise<void> => {
    await Promise.all(pool.map(({ worker }) => worker.terminate()))
    pool = []
  }
  const execute = async <Kept>(
    keep: Request['keep'],
    batches: Iterable<Batch>,
    hooks: Hooks<Kept>,
  ): Promise<void> => {
    hooks.signal?.throwIfAborted()
    const alive = pool.filter(({ isAlive }) => isAlive)
    pool = Array.from({ length: threads }, (_, i) => alive[i] ?? start(entry, workerData))
    let failure: { readonly error: unknown } | null = null
    const stop = (error: unknown): void => {
      failure ??= { error }
      for (const { worker } of pool) void worker.terminate()
    }
    const abort = (): void => stop(hooks.signal?.reason)
    hooks.signal?.addEventListener('abort', abort)
    const queue = batches[Symbol.iterator]()
    await Promise.all(
      pool.map((thread) => drive(thread, queue, keep, hooks, () => failure !== null, stop).catch(stop)),
    )
    hooks.signal?.removeEventListener('abort', abort)
    if (failure === null) return
    await close()
    throw (failure as { error: unknown }).error
  }
  return {
    executor: (keep) => ({ execute: (batches, hooks) => execute(keep, batches, hooks) }),
    close,
  }
}

/** The executor of a run: the threads of a {@link Pool} of its own, which end with the execution. */
export function threaded(threads: number, entry: URL, workerData: WorkerData): Executor {
  return {
    async execute(batches, hooks) {
      const pool = poolOf(threads, entry, workerData)
      try {
        await pool.executor('products').execute(batches, hooks)
      } finally {
        await pool.close()
      }
    },
  }
}
