/** `fedrl serve`: carries an experiment out with agents that join over WebSocket or NATS. */
import { InputError } from '../experiment/errors.ts'
import { federationSize } from '../experiment/federated/check.ts'
import { clock } from '../experiment/federated/clock.ts'
import { hang } from '../experiment/federated/gateway.ts'
import { joinLink, joinPage } from '../experiment/federated/join-page.ts'
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
import { newSession, noticeText, parseNames } from './live.ts'
import { liveLine } from './live-line.ts'
import { openLog, type LogFlags } from './log.ts'
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
  const watch = operated(served.experiment, endpoint, { page, ...log.options })
  const signal = AbortSignal.any([io.signal, lost])
  const start = performance.now()
  const display = showProgress(log.people)
  let mirror: Mirror | null = null
  try {
    if (flags.mirror === true) mirror = (await endpoint.openMirror?.(signal, log.people.note)) ?? null
    const options = { ...optionsOf(served, endpoint, gate, log.people, display, watch), signal }
    const result = await namingFile(file, () =>
      serveExperiment(served.experiment, {
        ...options,
        ...(mirror !== null && { mirror, onMirror: log.people.note }),
      }),
    )
    display.stop()
    await tellResult(result, start, io, { address: url })
  } catch (error) {
    throw lost.aborted ? lost.reason : error
  } finally {
    display.stop()
    gate?.close()
    await mirror?.close()
    await listener.close()
    log.close()
  }
}

/** @throws InputError where the flags do not fit together, or the file is no experiment that a federation can carry out */
async function servedOf(file: string, { out, agents, name, keys, seeds, set }: ServeFlags): Promise<Served> {
  if (out === undefined) throw new InputError('--out', 'expected the folder of the run, got none')
  if (name !== undefined && keys === undefined)
    throw new InputError('--name', 'belongs to --keys: it is what agents sign with their keys')
  const names = parseNames('--agents', agents)
  const experiment = await loadExperiment(file, {
    ...(seeds !== undefined && { seeds }),
    ...(set && { set }),
  })
  return { file, out, experiment, agents: federationSize(experiment, file), names }
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
  { file, out, names, agents }: Served,
  endpoint: Endpoint,
  gate: KeyGate | null,
  people: Pick<Io, 'interactive' | 'note'>,
  display: ProgressDisplay,
  watch: Watch,
): ServeOptions {
  return {
    file,
    out,
    names,
    listener: endpoint.listener,
    clock,
    newSession,
    ...(gate !== null && { gate }),
    watch: people.interactive ? watchAll([watch, liveLine((text) => display.beside(text))]) : watch,
    onProgress: (progress) => display.update(progress),
    onBegun() {
      for (const line of openingLines(endpoint, gate, agents)) people.note(line)
    },
    onNotice(notice) {
      const text = noticeText(notice)
      if (text !== null) people.note(text)
    },
  }
}

/** What a person is told once agents may join. */
function openingLines({ url, http }: Endpoint, gate: KeyGate | null, agents: number): string[] {
  const key = gate === null ? '' : ' --key NAME.key'
  const link = http === null ? '' : `, or in a browser: ${joinLink(url)}`
  const listening = `listening; agents join with: fedrl join ${url} --agent NAME${key}${link}`
  return gate === null || gate.allowed >= agents
    ? [listening]
    : [listening, `${gate.allowed} of ${agents} agents are let in so far; fedrl keys add lets in more, and the server sees it`] // prettier-ignore
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
