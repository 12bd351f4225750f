/** A federation in this process for tests: a server and agents over any transport, which can be thrown away and made again. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { takePart, type TakePartOptions } from '../src/federation/agent.ts'
import type { JournalStore } from '../src/federation/agent-journal.ts'
import type { Clock } from '../src/federation/clock.ts'
import type { RunKey, SavedRun } from '../src/federation/served-run.ts'
import type { ServerStore } from '../src/federation/server-store.ts'
import { modelPath } from '../src/experiment/parts.ts'
import type { Experiment } from '../src/experiment/experiment.ts'
import { inProcess } from '../src/experiment/executor/in-process.ts'
import { carryOutIn } from '../src/experiment/carry-out.ts'
import { serveExperiment, type ServeOptions } from '../src/experiment/federated/serve.ts'
import { invitee } from '../src/experiment/federated/join.ts'
import { experimentText } from '../src/experiment/manifest.ts'
import { parseExperiment } from '../src/experiment/parse.ts'
import { run, type RunResult } from '../src/experiment/run.ts'
import { sha256, trialsOf } from '../src/experiment/trial.ts'
import { writeAtomically, type Writer } from '../src/experiment/disk.ts'
import { Purpose, below, streamOf } from '../src/numeric/stream.ts'
import type { Connection, Listener } from '../src/transport.ts'

/** So many times as fast as that of the world, so that nobody waits long for an agent to come back. */
const HASTE = 50

/** The time of a test. */
export const clock: Clock = {
  now: () => HASTE * performance.now(),
  after(ms, ring) {
    const timer = setTimeout(ring, ms / HASTE)
    return () => clearTimeout(timer)
  },
}

const root = mkdtempSync(join(tmpdir(), 'fedrl-federation-'))
let folders = 0

/** A folder that is not there yet. */
export const newFolder = (): string => join(root, String(++folders))

let sessions = 0
export const newSession = (): string => String(++sessions).padStart(32, '0')

/** The experiment in a text. */
export function experimentOf(text: string): Experiment {
  const parsed = parseExperiment(text, { folder: root })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  return parsed.value
}

/** A file with an experiment, from which agents of this machine take the logs that it names. */
export function fileOf(experiment: Experiment): string {
  const path = join(root, `${++folders}.yaml`)
  writeFileSync(path, experimentText(experiment))
  return path
}

/** So many logs, alternately copies of these two. */
export function logsOf(count: number, one: string, other: string): string[] {
  return Array.from({ length: count }, (_, agent) => {
    const path = join(root, `log-${agent}.csv`)
    cpSync(agent % 2 === 0 ? one : other, path)
    return path
  })
}

/** A journal in memory; it outlives the agents that write it. */
export interface MemoryJournal extends JournalStore {
  readonly size: () => number
  /** the machine goes down: what was not synced is gone */
  readonly lose: () => void
}

/** An empty one, whose disk takes so many turns of the event loop for a sync. */
export function memoryJournal(turns = 0): MemoryJournal {
  let records: Uint8Array[] = []
  let synced = 0
  return {
    size: () => records.length,
    lose: () => void (records = records.slice(0, synced)),
    read() {
      synced = records.length
      return Promise.resolve(records)
    },
    async append(more) {
      await Promise.resolve()
      records = [...records, ...more.map((bytes) => bytes.slice())]
    },
    async sync() {
      const covered = records.length
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      synced = Math.min(records.length, Math.max(synced, covered))
    },
    async replace(all) {
      await Promise.resolve()
      records = all.map((bytes) => bytes.slice())
      synced = records.length
    },
    close: () => Promise.resolve(),
  }
}

/** A store of a server in memory. */
export function memoryStore(): ServerStore {
  let members: readonly string[] = []
  const saved = new Map<string, SavedRun>()
  const keyOf = ({ variant, seed }: RunKey): string => `${variant} ${seed}`
  return {
    members: () => Promise.resolve(members),
    async keepMembers(names) {
      await Promise.resolve()
      members = [...names]
    },
    load: (run) => Promise.resolve(saved.get(keyOf(run)) ?? null),
    async save(run, lines, checkpoint) {
      await Promise.resolve()
      const before = saved.get(keyOf(run))?.lines ?? []
      saved.set(keyOf(run), { checkpoint: checkpoint.slice(), lines: [...before, ...lines] })
    },
  }
}

/** Thrown where a test lets something go down. */
export class Crash extends Error {}

/** Draws from a seed how long things last. */
export function chances(seed: number): (most: number) => number {
  const stream = streamOf(seed, 0, Purpose.walk)
  return (most) => 1 + below(stream, most)
}

/** The connection, which is lost after so many frames, sent and received. */
export function cutAfter(connection: Connection, frames: number): Connection {
  let left = frames
  const count = (): void => {
    if (--left === 0) connection.close('cut')
  }
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const frame of connection.frames) {
      count()
      if (left > 0) yield frame
    }
  }
  return {
    peer: connection.peer,
    frames: counted(),
    closed: connection.closed,
    close: (reason) => connection.close(reason),
    async send(frame) {
      await connection.send(frame)
      count()
    },
  }
}

/** What passes over a connection, in both directions. */
export interface Tap {
  sent(frame: Uint8Array): Promise<void> | void
  received(frame: Uint8Array): void
}

/** The connection, whose frames are told; `sent` may take its time before a frame is on its way. */
export function tapped(connection: Connection, { sent, received }: Tap): Connection {
  async function* told(): AsyncGenerator<Uint8Array> {
    for await (const frame of connection.frames) {
      received(frame)
      yield frame
    }
  }
  return {
    peer: connection.peer,
    frames: told(),
    closed: connection.closed,
    close: (reason) => connection.close(reason),
    async send(frame) {
      await sent(frame)
      await connection.send(frame)
    },
  }
}

/** The journal of agents that go down at the append after so many: before it, after it, or with their machine, so that what was not synced is lost. */
export function crashingJournal(journal: MemoryJournal, appends: number): JournalStore {
  let left = appends
  return {
    ...journal,
    async append(records) {
      if (--left > 0) return journal.append(records)
      if (appends % 3 > 0) await journal.append(records)
      if (appends % 3 === 2) journal.lose()
      throw new Crash('the agents went down')
    },
  }
}

/** Writes files until so many are written, and then goes down. */
export function crashingWriter(files: number): Writer {
  let left = files
  return async (path, chunks) => {
    if (--left <= 0) throw new Crash('the server went down')
    await writeAtomically(path, chunks)
  }
}

/** Agents that are started again whenever they go down. */
export async function keepTakingPart(
  start: () => TakePartOptions,
  crashes: { agents: number },
): Promise<'finished' | 'left'> {
  for (;;) {
    try {
      return await takePart(start())
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      crashes.agents++
    }
  }
}

/** Agents of this process, with what they need. */
export const agentsOptions = (
  names: readonly string[],
  connect: () => Promise<Connection>,
  journal: JournalStore,
  more: Partial<TakePartOptions> = {},
): TakePartOptions => ({
  names,
  client: 'test',
  wantsExperiment: true,
  open: invitee(),
  clock,
  connect,
  journal: () => Promise.resolve(journal),
  patienceMs: 30_000,
  ...more,
})

/** The sha256 of every model of a run, in the order of its trials. */
export const modelsOf = (experiment: Experiment, folder: string): Promise<string[]> =>
  Promise.all(
    [...trialsOf(experiment)].map(async (trial) => sha256(await readFile(modelPath(folder, trial)))),
  )

/** A text file of a run. */
export const textOf = (folder: string, name: string): Promise<string> => readFile(join(folder, name), 'utf8')

/** Carries an experiment out as `fedrl run` does, in this thread. */
export async function simulated(experiment: Experiment): Promise<RunResult> {
  const executor = inProcess(carryOutIn(experiment.folder, () => 0))
  return run(experiment, { out: newFolder(), executor, threads: 1 })
}

/** Serves an experiment in this process. */
export const served = (
  experiment: Experiment,
  listener: Pick<Listener, 'connections'>,
  more: Partial<ServeOptions> = {},
): Promise<RunResult> =>
  serveExperiment(experiment, {
    out: newFolder(),
    file: 'experiment.yaml',
    listener,
    clock,
    newSession,
    ...more,
  })

export { takePart }

/** Removes what the tests wrote. */
export const removeFolders = (): void => rmSync(root, { recursive: true, force: true })
