/**
 * Carries out an experiment: every trial that is not yet finished, each kept as soon as it is; then rows, report and summary. A run
 * that was stopped at any moment and resumed ends in the same files as one that was not.
 */
import { availableParallelism } from 'node:os'
import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { guarded, writeAtomically, type Writer } from './disk.ts'
import { Damaged, InputError, Interrupted, RunError } from './errors.ts'
import type { Executor } from './executor.ts'
import { batchesOf } from './batch.ts'
import { usualExecutor } from './executor/usual.ts'
import { isPolicyGradient, type Experiment } from './experiment.ts'
import { loadExperiment } from './load.ts'
import { checkMemory } from './memory.ts'
import { difference, experimentText, manifestOf } from './manifest.ts'
import { checkProblems, refuseOwnExperience } from './problems.ts'
import { isDone, mergedRows, writeProduct } from './parts.ts'
import type { Progress } from './progress.ts'
import {
  createRunFolder,
  discardRunFolder,
  EXPERIMENT,
  lockRunFolder,
  PARTS,
  readRun,
  ROWS,
  SUMMARY,
  type RunFolder,
} from './run-folder.ts'
import { samplingOf } from './sampling.ts'
import { summarise, type Summary } from './summary.ts'
import { startTally } from './tally.ts'
import { keyOf, trialsOf, type Account, type Trial } from './trial.ts'
import { writeReport } from './write-report.ts'

/** How a run is carried out; none of it changes the results. */
export interface RunOptions {
  /** default: available cores */
  readonly threads?: number
  /** told how far the run has come, again and again */
  readonly onProgress?: (progress: Progress) => void
  /** stops the run at once; finished trials are kept */
  readonly signal?: AbortSignal
  /** default: {@link writeAtomically} */
  readonly write?: Writer
  /** default: worker threads */
  readonly executor?: Executor
  /** the command that finishes the run in this folder; default: `fedrl run --resume` */
  readonly toFinish?: (folder: string) => string
}

/** A finished run. */
export interface RunResult {
  /** absolute */
  readonly folder: string
  readonly summary: Summary
  /** trials carried out by this call */
  readonly trials: number
  /** what was reckoned before the run that it takes, all threads together, from the sizes in the file */
  readonly memoryBytes: number
  /** CPU time that the kernel took for them, all threads together */
  readonly kernelCpuSeconds: number
}

/**
 * Carries out `experiment` in a new folder.
 * @param options.out the folder itself, new or empty; default: a new one at `runs/<name>/<id>`
 * @throws InputError on a folder that is not empty or cannot be written, and on input files that are wrong: then nothing is left behind
 * @throws RunError when the disk is full or a worker dies, Interrupted when `signal` is aborted: then the folder can be resumed
 */
export async function run(
  experiment: Experiment,
  options: RunOptions & { readonly out?: string } = {},
): Promise<RunResult> {
  if (options.executor === undefined) refuseOwnExperience(experiment)
  checkMemory(experiment, threadsOf(options))
  await checkProblems(experiment)
  const executor = options.executor ?? usualExecutor(experiment.folder, options.threads)
  const manifest = await manifestOf(experiment, experimentText(experiment))
  const write = guarded(options.write ?? writeAtomically)
  const folder = await createRunFolder(experiment, manifest, write, options.out)
  return carryOn(experiment, folder, { ...options, write, executor }, [])
}

/**
 * Finishes a run that was stopped. A run that is finished is left as it is.
 * @param folder of the run
 * @throws InputError where it is no run, is being written by another process, or was begun with another fedrl, experiment or input files
 */
export async function resume(folder: string, options: RunOptions = {}): Promise<RunResult> {
  const path = resolve(folder)
  const { manifest: begun } = await readRun(path)
  const release = await lockRunFolder(path)
  try {
    const { summary } = await readRun(path)
    if (summary !== null) {
      await rm(join(path, PARTS), { recursive: true, force: true })
      return { folder: path, summary, trials: 0, memoryBytes: 0, kernelCpuSeconds: 0 }
    }
    const experiment = await loadExperiment(join(path, EXPERIMENT), { yes: true })
    const changed = difference(
      begun,
      await manifestOf(experiment, await readFile(join(path, EXPERIMENT), 'utf8')),
    )
    if (changed !== null) throw new InputError(path, `cannot be resumed: ${changed}`)
    const done = await doneTrials(path, experiment)
    const executor = options.executor ?? usualExecutor(experiment.folder, options.threads)
    const write = guarded(options.write ?? writeAtomically)
    return await carryOn(
      experiment,
      { path, manifest: begun, isNew: false, release },
      { ...options, write, executor },
      done,
    )
  } finally {
    await release()
  }
}

const threadsOf = ({ threads }: RunOptions): number => threads ?? availableParallelism()

async function doneTrials(path: string, experiment: Experiment): Promise<Trial[]> {
  const done: Trial[] = []
  for (const trial of trialsOf(experiment)) if (await isDone(path, trial)) done.push(trial)
  return done
}

type Settled = RunOptions & { readonly write: Writer; readonly executor: Executor }

/** From any state of the folder to the finished run. */
async function carryOn(
  experiment: Experiment,
  folder: RunFolder,
  options: Settled,
  done: readonly Trial[],
): Promise<RunResult> {
  const keys = new Set(done.map(keyOf))
  const tally = startTally(experiment, done, options.onProgress)
  let kernelCpuSeconds = 0
  const memoryBytes = checkMemory(experiment, threadsOf(options))
  try {
    const batches = batchesOf(experiment, (trial) => !keys.has(keyOf(trial)), threadsOf(options))
    await options.executor.execute(batches, {
      folder: folder.path,
      ...(options.signal && { signal: options.signal }),
      onProgress: tally.advance,
      onFinished: async (trial, product) => {
        kernelCpuSeconds += product.kernelCpuSeconds
        await writeProduct(folder.path, trial, product, options.write)
        tally.finish(trial)
      },
    })
    options.signal?.throwIfAborted()
    const summary = await finish(experiment, folder, options.write)
    await folder.release()
    return {
      folder: folder.path,
      summary,
      trials: tally.finished() - done.length,
      memoryBytes,
      kernelCpuSeconds,
    }
  } catch (error) {
    throw await settleFailure(error, folder, options, tally.now())
  }
}

/** Rows, report, summary, in this order: the summary says that all else is there. */
async function finish(
  experiment: Experiment,
  { path, manifest }: RunFolder,
  write: Writer,
): Promise<Summary> {
  const accounts: Account[] = []
  await write(
    join(path, ROWS),
    mergedRows(path, trialsOf(experiment), (account) => accounts.push(account)),
  )
  const summary = summarise(
    experiment,
    manifest,
    accounts,
    await samplingOf(experiment),
    await warningsOf(experiment),
  )
  await writeReport(path, { experiment, summary, bound: largestBound(accounts) }, write)
  await write(join(path, SUMMARY), [new TextEncoder().encode(`${JSON.stringify(summary, null, 2)}\n`)])
  await rm(join(path, PARTS), { recursive: true, force: true })
  return summary
}

/** What theory warns of, by variant. */
async function warningsOf(experiment: Experiment): Promise<ReadonlyMap<string, readonly string[]>> {
  if (!experiment.variants.some(({ settings }) => isPolicyGradient(settings))) return new Map()
  const { pgWarnings } = await import('./policy-gradient/warnings.ts')
  return pgWarnings(experiment)
}

/** The bound that holds for every trial; null where a trial has none. */
const largestBound = (accounts: readonly Account[]): number | null =>
  accounts.reduce<number | null>(
    (largest, { bound }) => (largest === null || bound === null ? null : Math.max(largest, bound)),
    0,
  )

/** Lets go of the folder and gives the error that the caller should see. */
async function settleFailure(
  error: unknown,
  folder: RunFolder,
  { signal, toFinish = (path) => `fedrl run --resume ${path}` }: RunOptions,
  progress: Progress,
): Promise<unknown> {
  if (error instanceof InputError && folder.isNew && progress.trialsDone === 0) {
    await discardRunFolder(folder)
    return error
  }
  await folder.release()
  if (error instanceof Damaged) return error
  const kept = `${progress.trialsDone} of ${progress.trials} trials are kept; to finish: ${toFinish(folder.path)}`
  if (signal?.aborted === true) return new Interrupted(`stopped: ${kept}`, { cause: error })
  return error instanceof RunError ? new RunError(`${error.message}\n${kept}`, { cause: error }) : error
}
