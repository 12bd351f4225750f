/** Carries out an experiment with agents that join over a transport; the run folder is that of a simulation, with `federation/` beside it. */
import { join, resolve } from 'node:path'
import type { Clock } from '../../federation/clock.ts'
import { openServer, type ServerNotice } from '../../federation/server.ts'
import { DEFAULT_LIMITS, type Listener } from '../../transport.ts'
import { guarded, writeAtomically } from '../disk.ts'
import { InputError } from '../errors.ts'
import type { Experiment } from '../experiment.ts'
import { experimentText, parseManifest } from '../manifest.ts'
import { MANIFEST, readIfThere } from '../run-folder.ts'
import { resume, run, type RunOptions, type RunResult } from '../run.ts'
import { sha256 } from '../trial.ts'
import { federationSize } from './check.ts'
import { diskStore } from './disk-store.ts'
import { federatedExecutor, type Begin, type Serving } from './executor.ts'

/** How an experiment is served. */
export interface ServeOptions extends Pick<RunOptions, 'signal' | 'onProgress' | 'write'> {
  /** the run folder, new, empty or of a run of this experiment that was stopped; default: a new one at `runs/<name>/<id>` */
  readonly out?: string
  /** what the person calls the experiment's file */
  readonly file: string
  readonly listener: Pick<Listener, 'connections'>
  readonly clock: Clock
  /** 32 hexadecimal digits, new at each call */
  readonly newSession: () => string
  /** names of agents by index, where they are known beforehand */
  readonly names?: readonly string[]
  readonly onNotice?: (notice: ServerNotice) => void
  /** told the run folder, absolute, once agents may join */
  readonly onBegun?: (folder: string) => void
}

/**
 * Carries out an experiment, from where it was stopped if it was.
 * What the person has to give again to finish a run that was stopped is the same command.
 * @throws InputError where the experiment cannot be carried out by a federation, or the folder holds something else; else as `run` and `resume`
 */
export async function serveExperiment(experiment: Experiment, options: ServeOptions): Promise<RunResult> {
  const { out, file, listener, signal, onProgress, write = writeAtomically } = options
  const agents = federationSize(experiment, file)
  const opened: Serving[] = []
  const begin: Begin = async (folder, onClosed) => {
    const store = diskStore(folder, guarded(write))
    const opening = openServer({
      agents,
      names: options.names ?? [],
      ...identityOf(experiment),
      store,
      clock: options.clock,
      newSession: options.newSession,
      limits: DEFAULT_LIMITS,
      onNotice(notice) {
        if (notice.type === 'closed') onClosed(notice.position.round + 1)
        options.onNotice?.(notice)
      },
    })
    const server = await opening.catch((error: unknown) => {
      throw error instanceof RangeError ? new InputError('--agents', error.message) : error
    })
    void server.accept(listener)
    opened.push({ server, store })
    options.onBegun?.(folder)
    return { server, store }
  }
  const how: RunOptions = {
    executor: federatedExecutor(experiment, begin),
    threads: 1,
    write,
    toFinish: () => 'the same command again',
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  }
  try {
    if (out === undefined) return await run(experiment, how)
    return (await isBegunIn(out, experiment))
      ? await resume(out, how)
      : await run(experiment, { ...how, out })
  } finally {
    for (const { server, store } of opened) {
      server.close()
      await store.close()
    }
  }
}

/** What agents hear of the experiment, and what names it. */
export function identityOf(experiment: Experiment): {
  readonly run: string
  readonly experiment: Uint8Array
} {
  const text = experimentText(experiment)
  return { run: sha256(text), experiment: new TextEncoder().encode(text) }
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
