/** Carries out an experiment with agents that join over a transport; the run folder is that of a simulation, with `federation/` beside it. */
import { join, resolve } from 'node:path'
import type { Mirror } from '../../transport/mirror.ts'
import { guarded, writeAtomically, type Writer } from '../disk.ts'
import { InputError } from '../errors.ts'
import type { Experiment } from '../experiment.ts'
import { parseManifest } from '../manifest.ts'
import { MANIFEST, readIfThere } from '../run-folder.ts'
import { resume, run, type RunOptions, type RunResult } from '../run.ts'
import { federationSize } from './check.ts'
import { sentExperiment, withOwnLogs } from './sent.ts'
import { openServing, type MeetingPoint } from './serving.ts'
import { federatedExecutor, type Begin, type Serving } from './executor.ts'
import { identityOf } from './identity.ts'
import { mirroredFolder, type MirroredFolder } from './mirror.ts'
import { watchAll, type Watch } from './watch.ts'

/** How an experiment is served. */
export interface ServeOptions extends MeetingPoint, Pick<RunOptions, 'signal' | 'onProgress' | 'write'> {
  /** the run folder, new, empty or of a run of this experiment that was stopped; default: a new one at `runs/<name>/<id>` */
  readonly out?: string
  /** what finishes a run that was stopped; default: the same command again */
  readonly toFinish?: string
  /** what the person calls the experiment's file */
  readonly file: string
  /** all agents are on this machine, and take their logs from the file; default false: they bring them */
  readonly isLocal?: boolean
  /** told the run folder, absolute, once agents may join, and what pauses the run and resumes it */
  readonly onBegun?: (folder: string, pause: (isPaused: boolean) => void) => void
  /** looks on */
  readonly watch?: Watch
  /** a copy of what is kept, which another machine can go on from; needs `out` */
  readonly mirror?: Mirror
  /** told what became of the mirror */
  readonly onMirror?: (line: string) => void
}

/**
 * Carries out an experiment, from where it was stopped if it was.
 * @throws InputError where the experiment cannot be carried out by a federation, or the folder holds something else; else as `run` and `resume`
 */
export async function serveExperiment(given: Experiment, options: ServeOptions): Promise<RunResult> {
  const experiment = options.isLocal === true ? given : withOwnLogs(given)
  const agents = federationSize(experiment, options.file)
  const watch = watchAll([options.watch ?? {}])
  const mirrored = await mirroredOf(experiment, options)
  const write = mirrored?.write ?? options.write ?? writeAtomically
  const opened: Serving[] = []
  const begin: Begin = async (folder, first, onClosed) => {
    await mirrored?.begun(folder)
    const copy = mirrored === null ? {} : { copy: mirrored.record }
    const serving = await openServing(
      experiment,
      { ...options, ...copy, agents, folder, first, write, watch },
      onClosed,
    )
    opened.push(serving)
    options.onBegun?.(folder, (isPaused) => serving.server.pause(isPaused))
    return serving
  }
  try {
    const result = await begunOrNew(experiment, options.out, howToRun(experiment, begin, write, options))
    await mirrored?.finish()
    watch.ended(undefined)
    return result
  } catch (error) {
    watch.ended(error)
    throw error
  } finally {
    for (const { server, store } of opened) {
      server.close()
      await store.close()
    }
  }
}

/** How a run is carried out whose trials agents work on. */
const howToRun = (
  experiment: Experiment,
  begin: Begin,
  write: Writer,
  { signal, onProgress, toFinish = 'the same command again' }: ServeOptions,
): RunOptions => ({
  executor: federatedExecutor(experiment, begin),
  threads: 1,
  write,
  toFinish: () => toFinish,
  ...(signal && { signal }),
  ...(onProgress && { onProgress }),
})

/** The run folder with the mirror of it, where there is one. */
async function mirroredOf(experiment: Experiment, options: ServeOptions): Promise<MirroredFolder | null> {
  const { out, mirror, newSession, write = writeAtomically, onMirror = () => undefined } = options
  if (mirror === undefined || out === undefined) return null
  return mirroredFolder(experiment, {
    mirror,
    out: resolve(out),
    isBegun: await isBegunIn(out, experiment),
    run: identityOf(await sentExperiment(experiment)).run,
    session: newSession(),
    write: guarded(write),
    onNote: onMirror,
  })
}

async function begunOrNew(
  experiment: Experiment,
  out: string | undefined,
  how: RunOptions,
): Promise<RunResult> {
  if (out === undefined) return run(experiment, how)
  return (await isBegunIn(out, experiment)) ? resume(out, how) : run(experiment, { ...how, out })
}

/** Whether the folder holds a run of this experiment. @throws InputError where it holds one of another */
async function isBegunIn(out: string, experiment: Experiment): Promise<boolean> {
  const text = await readIfThere(join(resolve(out), MANIFEST))
  const manifest = text === null ? null : parseManifest(text)
  if (manifest === null) return false
  if (manifest.experiment === identityOf(experiment).run) return true
  throw new InputError(
    '--out',
    `expected a new folder or one with a run of this experiment, got ${out} with a run of another (or of this one before it was changed)`,
  )
}
