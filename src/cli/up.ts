/** `fedrl up`: a whole federation on this machine, to try it: the server here, the agents in processes of their own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { InputError, RunError } from '../experiment/errors.ts'
import { federationSize } from '../experiment/federated/check.ts'
import { clock } from '../experiment/federated/clock.ts'
import { refuseOwnExperience } from '../experiment/problems.ts'
import { serveExperiment, type ServeOptions } from '../experiment/federated/serve.ts'
import { loadExperiment } from '../experiment/load.ts'
import { namingFile } from '../experiment/problem.ts'
import { EXPERIMENT, FEDERATION } from '../experiment/run-folder.ts'
import { listenWebSocket } from '../transport/websocket.ts'
import type { Io } from './io.ts'
import { FROM_STDIN } from './join.ts'
import { newSession, noticeLines, runFolderOf } from './live.ts'
import { liveLine } from './live-line.ts'
import { showProgress, type ProgressDisplay } from './progress-bar.ts'
import { tellResult } from './run.ts'

/** The flags of `fedrl up`, as typed. */
export interface UpFlags {
  readonly processes?: string
  readonly out?: string
  readonly seeds?: string
  readonly set?: readonly string[]
}

/** So long a process of agents has to leave, ms. */
const LEAVING_MS = 2000

/** So long they look for the server, which is this process and may be kept from running, s. */
const PATIENCE = '600'

/** More processes than these are a mistake. */
const MOST_PROCESSES = 1024

function parseProcesses(text: string | undefined): number {
  if (text === undefined) return availableParallelism()
  const count = /^\d+$/.test(text) ? Number(text) : NaN
  if (count >= 1 && count <= MOST_PROCESSES) return count
  throw new InputError('--processes', `expected an integer in [1, ${MOST_PROCESSES}], got ${text}`)
}

/** Why agents whose experience is their own cannot be started here. */
const OWN =
  'what agents learn from is their own, and fedrl up knows none of it: fedrl serve carries it out, and each agent joins with fedrl join --logs or --module'

/** Carries the command out. */
export async function up(file: string, { processes, out, seeds, set }: UpFlags, io: Io): Promise<void> {
  const most = parseProcesses(processes)
  const experiment = await loadExperiment(file, {
    ...(seeds !== undefined && { seeds }),
    ...(set && { set }),
  })
  await namingFile(file, async () => refuseOwnExperience(experiment, OWN))
  const names = Array.from({ length: federationSize(experiment, file) }, (_, agent) => `agent-${agent}`)
  const groups = inGroups(names, Math.min(most, names.length))
  const listener = await listenWebSocket()
  const failure = new AbortController()
  const children = new AgentProcesses(listener.address, io, (error) => failure.abort(error))
  const start = performance.now()
  const display = showProgress(io)
  const options: ServeOptions = {
    ...tellingOf(io, display),
    ...(await runFolderOf(out, experiment)),
    file,
    isLocal: true,
    names,
    listener,
    clock,
    newSession,
    signal: AbortSignal.any([io.signal, failure.signal]),
    onBegun: (folder) => children.startAll(groups, folder),
  }
  try {
    const result = await namingFile(file, () => serveExperiment(experiment, options))
    display.stop()
    await tellResult(result, start, io, { processes: groups.length })
  } catch (error) {
    throw failure.signal.aborted ? failure.signal.reason : error
  } finally {
    display.stop()
    await children.stop()
    await listener.close()
  }
}

/** What a person sees while it goes on: who comes and goes they know. */
function tellingOf(
  io: Io,
  display: ProgressDisplay,
): Pick<ServeOptions, 'watch' | 'onProgress' | 'onNotice'> {
  const lineOf = noticeLines()
  return {
    ...(io.interactive && { watch: liveLine((text) => display.beside(text)) }),
    onProgress: (progress) => display.update(progress),
    onNotice(notice) {
      const line = lineOf(notice)
      if (line !== null && notice.type !== 'joined' && notice.type !== 'left') io.note(line)
    },
  }
}

/** Names in `count` groups of neighbours whose sizes differ by at most one. */
const inGroups = (names: readonly string[], count: number): string[][] =>
  Array.from({ length: count }, (_, i) =>
    names.slice(Math.floor((i * names.length) / count), Math.floor(((i + 1) * names.length) / count)),
  )

/** The processes of agents. One that is killed is started again, and goes on from its journal; one that fails ends the run. */
class AgentProcesses {
  readonly #url: string
  readonly #io: Io
  readonly #onFailure: (error: Error) => void
  readonly #running = new Set<ChildProcess>()
  #stopped = false

  constructor(url: string, io: Io, onFailure: (error: Error) => void) {
    this.#url = url
    this.#io = io
    this.#onFailure = onFailure
  }

  /** Starts a process for each group of names. @param folder of the run, whose experiment names the logs and modules of this machine */
  startAll(groups: readonly (readonly string[])[], folder: string): void {
    for (const [i, group] of groups.entries())
      this.#start(group, folder, join(folder, FEDERATION, 'agents', String(i)))
  }

  #start(names: readonly string[], folder: string, state: string): void {
    const command = [...process.execArgv, process.argv[1] as string, 'join', this.#url]
    const what = ['--agent', FROM_STDIN, '--file', join(folder, EXPERIMENT), '--state', state]
    const flags = [...what, '--wait', PATIENCE, '--json']
    const child = spawn(process.execPath, [...command, ...flags], { stdio: ['pipe', 'ignore', 'pipe'] })
    // one that ends before it has read them says why itself
    child.stdin.on('error', () => undefined).end(names.join(','))
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4096)))
    this.#running.add(child)
    child.on('error', (error) => {
      this.#running.delete(child)
      this.#onFailure(error)
    })
    child.on('close', (code, signal) => {
      this.#running.delete(child)
      if (this.#stopped || code === 0) return
      if (signal === null)
        return this.#onFailure(
          new RunError(`the process of ${names[0]} failed: ${said.trim().split('\n').at(-1)}`),
        )
      this.#io.note(`the process of ${names[0]} was killed (${signal}); it is started again`)
      this.#start(names, folder, state)
    })
  }

  /** Ends those that are left: they are asked to leave, and killed where they do not. */
  async stop(): Promise<void> {
    this.#stopped = true
    const ended = [...this.#running].map((child) => once(child, 'close'))
    for (const child of this.#running) child.kill('SIGTERM')
    const late = setTimeout(() => {
      for (const child of this.#running) child.kill('SIGKILL')
    }, LEAVING_MS)
    await Promise.all(ended)
    clearTimeout(late)
  }
}
