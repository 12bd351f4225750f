/** `fedrl serve`: carries an experiment out with agents that join over WebSocket or NATS. */
import { relative } from 'node:path'
import { InputError } from '../experiment/errors.ts'
import { federationSize } from '../experiment/federated/check.ts'
import { hang } from '../experiment/federated/gateway.ts'
import { joinLink, joinPage } from '../experiment/federated/join-page.ts'
import { operationsOf } from '../experiment/federated/operations.ts'
import { serveExperiment } from '../experiment/federated/serve.ts'
import { watchAll } from '../experiment/federated/watch.ts'
import { openKeyGate, type KeyGate } from '../experiment/federated/key-gate.ts'
import { loadExperiment } from '../experiment/load.ts'
import { namingFile } from '../experiment/problem.ts'
import { listenerOf, type ListenFlags } from './endpoint.ts'
import type { Mirror } from '../transport/mirror.ts'
import type { Endpoint } from './reach.ts'
import type { Io } from './io.ts'
import { clock, newSession, noticeText, parseNames } from './live.ts'
import { liveLine } from './live-line.ts'
import { openLog, type LogFlags } from './log.ts'
import { showProgress } from './progress-bar.ts'
import { resultDocument, resultText } from './run.ts'

/** The flags of `fedrl serve`, as typed. */
export interface ServeFlags extends ListenFlags, LogFlags {
  readonly out?: string
  readonly agents?: string
  readonly seeds?: string
  readonly set?: readonly string[]
}

/** Carries the command out. */
export async function serve(file: string, flags: ServeFlags, io: Io): Promise<void> {
  const { out, seeds, set } = flags
  if (out === undefined) throw new InputError('--out', 'expected the folder of the run, got none')
  const names = parseNames('--agents', flags.agents)
  const experiment = await loadExperiment(file, {
    ...(seeds !== undefined && { seeds }),
    ...(set && { set }),
  })
  const agents = federationSize(experiment, file)
  const page = await joinPage()
  const log = openLog(flags, io)
  const note = (line: string): void => log.people.note(line)
  if (flags.name !== undefined && flags.keys === undefined)
    throw new InputError('--name', 'belongs to --keys: it is what agents sign with their keys')
  const endpoint = await listenerOf(flags, out, (line) => log.guard(line))
  const { listener, url, isLocal, lost, http, answerWith } = endpoint
  const gate = flags.keys === undefined ? null : await gateOf(flags.keys, endpoint, (line) => log.guard(line))
  const { watch, gateway, status } = operationsOf(experiment, {
    hidesNames: !isLocal,
    page,
    ...log.options,
  })
  if (http !== null) hang(http, gateway)
  answerWith(status)
  const signal = AbortSignal.any([io.signal, lost])
  const start = performance.now()
  const display = showProgress(log.people)
  let mirror: Mirror | null = null
  try {
    if (flags.mirror === true) mirror = (await endpoint.openMirror?.(signal, note)) ?? null
    const result = await namingFile(file, () =>
      serveExperiment(experiment, {
        file,
        out,
        names,
        listener,
        clock,
        newSession,
        ...(gate !== null && { gate }),
        watch: log.people.interactive ? watchAll([watch, liveLine((text) => display.beside(text))]) : watch,
        signal,
        ...(mirror !== null && { mirror, onMirror: note }),
        onProgress: (progress) => display.update(progress),
        onBegun() {
          for (const line of openingLines(endpoint, gate, agents)) note(line)
        },
        onNotice(notice) {
          const text = noticeText(notice)
          if (text !== null) note(text)
        },
      }),
    )
    display.stop()
    const seconds = (performance.now() - start) / 1000
    const folder = relative('.', result.folder)
    const text = io.json ? '' : await resultText(result, folder)
    io.result({ ...resultDocument(result, folder, seconds), address: url }, () => text)
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
