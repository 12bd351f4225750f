/** Carries out an experiment with agents that join over a transport; the run folder is that of a simulation, with `federation/` beside it. */
import { join, resolve } from 'node:path'
import type { Clock } from '../../federation/clock.ts'
import { openServer, type ServerNotice } from '../../federation/server.ts'
import type { Gate } from '../../federation/server/gate.ts'
import { Traffic } from '../../federation/server/traffic.ts'
import { participationOf } from '../../server/round-machine/participation.ts'
import { DEFAULT_LIMITS, type Listener } from '../../transport.ts'
import { guarded, writeAtomically } from '../disk.ts'
import { InputError } from '../errors.ts'
import type { Experiment } from '../experiment.ts'
import { parseManifest } from '../manifest.ts'
import { MANIFEST, readIfThere } from '../run-folder.ts'
import { resume, run, type RunOptions, type RunResult } from '../run.ts'
import { federationSize } from './check.ts'
import { diskStore, type DiskStore } from './disk-store.ts'
import { sentExperiment, withOwnLogs } from './sent.ts'
import { federatedExecutor, type Begin, type Serving } from './executor.ts'
import { identityOf } from './identity.ts'
import { statusOfExperiment } from './status.ts'
import { readTraffic, writeTraffic } from './traffic-file.ts'
import { watchAll, type Watch } from './watch.ts'

/** How an experiment is served. */
export interface ServeOptions extends Pick<RunOptions, 'signal' | 'onProgress' | 'write'> {
  /** the run folder, new, empty or of a run of this experiment that was stopped; default: a new one at `runs/<name>/<id>` */
  readonly out?: string
  /** what the person calls the experiment's file */
  readonly file: string
  /** all agents are on this machine, and take their logs from the file; default false: they bring them */
  readonly isLocal?: boolean
  readonly listener: Pick<Listener, 'connections'>
  readonly clock: Clock
  /** 32 hexadecimal digits, new at each call */
  readonly newSession: () => string
  /** names of agents by index, where they are known beforehand */
  readonly names?: readonly string[]
  /** who is let in; without it whoever gives a name that is free */
  readonly gate?: Gate
  readonly onNotice?: (notice: ServerNotice) => void
  /** told the run folder, absolute, once agents may join */
  readonly onBegun?: (folder: string) => void
  /** looks on */
  readonly watch?: Watch
}

/**
 * Carries out an experiment, from where it was stopped if it was.
 * What the person has to give again to finish a run that was stopped is the same command.
 * @throws InputError where the experiment cannot be carried out by a federation, or the folder holds something else; else as `run` and `resume`
 */
export async function serveExperiment(given: Experiment, options: ServeOptions): Promise<RunResult> {
  const experiment = options.isLocal === true ? given : withOwnLogs(given)
  const { out, file, listener, signal, onProgress, write = writeAtomically } = options
  const agents = federationSize(experiment, file)
  const watch = watchAll([options.watch ?? {}])
  const opened: Serving[] = []
  const begin: Begin = async (folder, onClosed) => {
    const sent = await sentExperiment(experiment)
    const guardedWrite = guarded(write)
    const store = timed(diskStore(folder, guardedWrite), options.clock, watch)
    const traffic = new Traffic(agents, await readTraffic(folder))
    const opening = openServer({
      agents,
      names: options.names ?? [],
      ...identityOf(sent),
      store,
      clock: options.clock,
      newSession: options.newSession,
      ...(options.gate && { gate: options.gate }),
      limits: DEFAULT_LIMITS,
      traffic,
      onNotice(notice) {
        if (notice.type === 'closed') onClosed(notice.position.round + 1)
        watch.notice(notice)
        options.onNotice?.(notice)
      },
    })
    const server = await opening.catch((error: unknown) => {
      throw error instanceof RangeError ? new InputError('--agents', error.message) : error
    })
    void server.accept(listener)
    const keepTraffic = async (): Promise<void> => {
      const names = await store.members()
      await writeTraffic(
        folder,
        names.map((name, agent) => ({ name, ...traffic.of(agent) })),
        guardedWrite,
      )
    }
    const serving = { server, store, keepTraffic }
    opened.push(serving)
    const toStatus = statusOfExperiment(sent, participationOf(experiment.participation ?? {}, agents))
    watch.begun({
      folder,
      run: identityOf(sent).run,
      status() {
        const snapshot = server.snapshot()
        return snapshot === null ? null : toStatus(snapshot)
      },
    })
    options.onBegun?.(folder)
    return serving
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
    const result = await begunOrNew(experiment, out, how)
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

async function begunOrNew(
  experiment: Experiment,
  out: string | undefined,
  how: RunOptions,
): Promise<RunResult> {
  if (out === undefined) return run(experiment, how)
  return (await isBegunIn(out, experiment)) ? resume(out, how) : run(experiment, { ...how, out })
}

/** The store, which tells how long its checkpoints take. */
const timed = (store: DiskStore, clock: Clock, watch: Required<Watch>): DiskStore => ({
  ...store,
  async save(run, lines, checkpoint) {
    const start = clock.now()
    await store.save(run, lines, checkpoint)
    watch.saved((clock.now() - start) / 1000)
  },
})

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
