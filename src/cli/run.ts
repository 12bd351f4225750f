/** `fedrl run`: simulates an experiment, or finishes a run that was stopped. */
import { join, relative } from 'node:path'
import { InputError } from '../experiment/errors.ts'
import { loadExperiment } from '../experiment/load.ts'
import { namingFile } from '../experiment/problem.ts'
import { isFederation } from '../experiment/run-folder.ts'
import { resume, run as runExperiment, type RunResult } from '../experiment/run.ts'
import type { Io } from './io.ts'
import { showProgress } from './progress-bar.ts'
import { chartOf } from './result-chart.ts'
import { notesText, resultsTable } from './results-table.ts'

/** The flags of `fedrl run`, as typed. */
export interface RunFlags {
  readonly seeds?: string
  readonly threads?: string
  readonly out?: string
  readonly set?: readonly string[]
  readonly yes?: boolean
  readonly resume?: string
}

/** What a person is told whose file has settings that a simulation does not use. */
const EVERYBODY = 'participation is for federations: in a simulation everybody takes part in every round'

/** More threads than this are a mistake. */
const MOST_THREADS = 1024

/**
 * The number of worker threads.
 * @throws InputError on anything but an integer in [1, 1024]
 */
export function parseThreads(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const threads = /^\d+$/.test(text) ? Number(text) : NaN
  if (threads >= 1 && threads <= MOST_THREADS) return threads
  throw new InputError('--threads', `expected an integer in [1, ${MOST_THREADS}], got ${text}`)
}

/** Carries the command out. */
export async function run(file: string | undefined, flags: RunFlags, io: Io): Promise<void> {
  const threads = parseThreads(flags.threads)
  const start = performance.now()
  const begin = beginning(file, flags, (line) => io.note(line))
  const display = showProgress(io)
  let result: RunResult
  try {
    result = await begin({
      ...(threads !== undefined && { threads }),
      ...(flags.out !== undefined && flags.resume === undefined && { out: flags.out }),
      // Asked for late: a module that never ends while it is checked is then ended by the first Ctrl-C.
      get signal() {
        return io.signal
      },
      onProgress: (progress) => display.update(progress),
    })
  } finally {
    display.stop()
  }
  await tellResult(result, start, io, {}, flags.resume ?? flags.out)
}

/**
 * Tells what a run came to.
 * @param start when it began, ms
 * @param more for the document
 * @param folder as the person calls it
 */
export async function tellResult(
  result: RunResult,
  start: number,
  io: Io,
  more: object,
  folder = relative('.', result.folder),
): Promise<void> {
  const seconds = (performance.now() - start) / 1000
  const text = io.json ? '' : await resultText(result, folder)
  io.result({ ...resultDocument(result, folder, seconds), ...more }, () => text)
}

type Begin = (options: Parameters<typeof runExperiment>[1]) => Promise<RunResult>

/** What the flags ask for: a new run of a file, or the rest of an old one. */
function beginning(
  file: string | undefined,
  { resume: folder, out, seeds, set, yes }: RunFlags,
  note: Io['note'],
): Begin {
  if (folder === undefined) {
    if (file === undefined) throw new InputError('fedrl run', 'expected an experiment file, or --resume DIR')
    return async (options) => {
      const experiment = await loadExperiment(file, {
        ...(seeds !== undefined && { seeds }),
        ...(set && { set }),
        ...(yes && { yes }),
      })
      if (experiment.participation !== undefined) note(EVERYBODY)
      return namingFile(file, () => runExperiment(experiment, options))
    }
  }
  const beside = Object.entries({
    FILE: file,
    '--out': out,
    '--seeds': seeds,
    '--set': set,
    '--yes': yes,
  }).find(([, value]) => value !== undefined)
  if (beside !== undefined) {
    throw new InputError(
      '--resume',
      `expected a run folder and nothing that could change the run, got ${beside[0]} too`,
    )
  }
  return async (options) => {
    if (await isFederation(folder))
      throw new InputError('--resume', `expected a simulation, got ${folder} with a federation, which the command that began it finishes`) // prettier-ignore
    return resume(folder, options)
  }
}

/** What `--json` prints of a finished run. @param run the folder as the person calls it */
const resultDocument = (
  { summary, trials, kernelCpuSeconds, memoryBytes }: RunResult,
  run: string,
  seconds: number,
) => ({
  run,
  name: summary.name,
  seeds: summary.seeds,
  variants: summary.variants,
  report: join(run, 'report.html'),
  agentSteps: summary.agentSteps,
  trials,
  seconds: Math.round(seconds * 1000) / 1000,
  memoryBytes: Math.round(memoryBytes),
  kernelCpuSeconds: Math.round(kernelCpuSeconds * 1000) / 1000,
})

/** A finished run in words: chart, table, notes. @param run the folder as the person calls it */
async function resultText({ folder, summary, trials }: RunResult, run: string): Promise<string> {
  const done = trials === 0 ? [`${run} was finished already: nothing to do.`] : []
  const seeds = summary.seeds.length
  const over =
    seeds === 1
      ? '1 seed; values at the last step'
      : `${seeds} seeds; mean and 95 % interval over seeds at the last step`
  const parts = [
    ...done,
    await chartOf(folder),
    resultsTable(summary.variants),
    over,
    notesText(summary.variants),
    `report: ${join(run, 'report.html')}`,
  ]
  return parts.filter((part) => part !== '').join('\n\n')
}
