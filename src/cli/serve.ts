/** `fedrl serve`: carries an experiment out with agents that join over WebSocket or NATS. */
import { InputError } from '../experiment/errors.ts'
import { federationSize } from '../experiment/federated/check.ts'
import { clock } from '../experiment/federated/clock.ts'
import { hang } from '../experiment/federated/gateway.ts'
import { joinPage } from '../experiment/federated/join-page.ts'
import { operationsOf, type OperationsOptions } from '../experiment/federated/operations.ts'
import { serveExperiment, type ServeOptions } from '../experiment/federated/serve.ts'
import { watchAll, type Watch } from '../experiment/federated/watch.ts'
import { openKeyGate, type KeyGate } from '../experiment/federated/key-gate.ts'
import type { Experiment } from '../experiment/experiment.ts'
import { loadExperiment } from '../experiment/load.ts'
import { namingFile } from '../experiment/problem.ts'
import { listenerOf, type ListenFlags } from './endpoint.ts'
import type { Mirror } from '../transport/mirror.ts'
import type { Endpoint } from './reach.ts'
import type { Io } from './io.ts'
import { newSession, noticeLines, parseNames, runFolderOf } from './live.ts'
import { liveLine } from './live-line.ts'
import { openLog, type LogFlags } from './log.ts'
import { takePauses, type Pauses } from './pauses.ts'
import { showProgress, type ProgressDisplay } from './progress-bar.ts'
import { tellResult } from './run.ts'

/** The flags of `fedrl serve`, as typed. */
export interface ServeFlags extends ListenFlags, LogFlags {
  readonly out?: string
  readonly agents?: string
  readonly seeds?: string
  readonly set?: readonly string[]
}

/** What is served, as it was typed and read. */
interface Served {
  readonly file: string
  readonly out: string
  readonly toFinish: string
  /** the person gave no folder, and hears which one it is */
  readonly isNewFolder: boolean
  readonly experiment: Experiment
  /** K */
  readonly agents: number
  readonly names: readonly string[]
}

/** Carries the command out. */
export async function serve(file: string, flags: ServeFlags, io: Io): Promise<void> {
  const served = await servedOf(file, flags)
  const page = await joinPage()
  const log = openLog(flags, io)
  const guard = (line: string): void => log.guard(line)
  const endpoint = await listenerOf(flags, served.out, guard)
  const { listener, url, lost } = endpoint
  const gate = flags.keys === undefined ? null : await gateOf(flags.keys, endpoint, guard)
  const watch = operated(served.experiment, endpoint, {
    ...(endpoint.joinLink !== null && { page }),
    ...log.options,
  })
  let isLogged = false
  const signal = AbortSignal.any([io.signal, lost])
  const start = performance.now()
  const display = showProgress(log.people)
  const pauses = takePauses()
  let mirror: Mirror | null = null
  try {
    if (flags.mirror === true) mirror = (await endpoint.openMirror?.(signal, log.people.note)) ?? null
    const watches = watchAll([watch, { ended: () => (isLogged = true) }])
    const options = { ...optionsOf(served, endpoint, gate, log.people, display, watches, pauses), signal }
    const result = await namingFile(file, () =>
      serveExperiment(served.experiment, {
        ...options,
        ...(mirror !== null && { mirror, onMirror: log.people.note }),
      }),
    )
    display.stop()
    await tellResult(result, start, io, { address: url })
  } catch (error) {
    throw lost.aborted ? log.failure(lost.reason, false) : log.failure(error, isLogged)
  } finally {
    display.stop()
    pauses.close()
    gate?.close()
    await mirror?.close()
    await listener.close()
    log.close()
  }
}

/** @throws InputError where the flags do not fit together, or the file is no experiment that a federation can carry out */
async function servedOf(file: string, { out, agents, name, keys, seeds, set }: ServeFlags): Promise<Served> {
  if (name !== undefined && keys === undefined)
    throw new InputError('--name', 'belongs to --keys: it is what agents sign with their keys')
  const names = parseNames('--agents', agents)
  const experiment = await loadExperiment(file, {
    ...(seeds !== undefined && { seeds }),
    ...(set && { set }),
  })
  const size = federationSize(experiment, file)
  const folder = await runFolderOf(out, experiment)
  return { file, ...folder, isNewFolder: out === undefined, experiment, agents: size, names }
}

/** Lets the server answer whoever asks how it stands. */
function operated(
  experiment: Experiment,
  { isLocal, http, answerWith }: Endpoint,
  options: Omit<OperationsOptions, 'hidesNames'>,
): Watch {
  const { watch, gateway, status } = operationsOf(experiment, { hidesNames: !isLocal, ...options })
  if (http !== null) hang(http, gateway)
  answerWith(status)
  return watch
}

/** What the experiment is carried out with, and what a person hears of it. */
function optionsOf(
  served: Served,
  endpoint: Endpoint,
  gate: KeyGate | null,
  people: Pick<Io, 'interactive' | 'note'>,
  display: ProgressDisplay,
  watch: Watch,
  pauses: Pauses,
): ServeOptions {
  const { file, out, toFinish, names } = served
  const lineOf = noticeLines()
  return {
    file,
    out,
    toFinish,
    names,
    listener: endpoint.listener,
    clock,
    newSession,
    ...(gate !== null && { gate }),
    watch: people.interactive ? watchAll([watch, liveLine((text) => display.beside(text))]) : watch,
    onProgress: (progress) => display.update(progress),
    onBegun(_folder, pause) {
      for (const line of openingLines(endpoint, gate, served)) people.note(line)
      pauses.begun(pause)
    },
    onNotice(notice) {
      const line = lineOf(notice)
      if (line !== null) people.note(line)
    },
  }
}

/** What a person is told once agents may join. */
function openingLines(
  { url, joinLink, httpUrl }: Endpoint,
  gate: KeyGate | null,
  { agents, out, isNewFolder }: Served,
): string[] {
  const key = gate === null ? '' : ' --key NAME.key'
  const link = joinLink === null ? '' : `, or in a browser: ${joinLink}`
  const allowed = gate?.allowed ?? agents
  return [
    `listening; agents join with: fedrl join ${url} --agent NAME${key}${link}`,
    ...(httpUrl === null ? [] : [`status and metrics: ${httpUrl}/status and ${httpUrl}/metrics`]),
    ...(isNewFolder ? [`run folder: ${out}; where the server is stopped, --out ${out} goes on`] : []),
    ...(allowed < agents
      ? [
          `${allowed} of ${agents} agents are let in so far; fedrl keys add lets in more, and the server sees it`,
        ]
      : []),
  ]
}

/** The gate of a server that listens; where there is none, it listens no more. */
async function gateOf(
  keys: string,
  { listener, servers }: Endpoint,
  onNote: (line: string) => void,
): Promise<KeyGate> {
  try {
    return await openKeyGate(keys, { servers, onNote })
  } catch (error) {
    await listener.close()
    throw error
  }
}
