/** `fedrl serve`: carries an experiment out with agents that join over WebSocket. */
import { relative } from 'node:path'
import { InputError } from '../experiment/errors.ts'
import { serveExperiment } from '../experiment/federated/serve.ts'
import { loadExperiment } from '../experiment/load.ts'
import { namingFile } from '../experiment/problem.ts'
import { TransportError } from '../transport.ts'
import { listenWebSocket, type WebSocketListener } from '../transport/websocket.ts'
import type { Io } from './io.ts'
import { clock, expectLoopback, newSession, noticeText, parseNames } from './live.ts'
import { showProgress } from './progress-bar.ts'
import { resultDocument, resultText } from './run.ts'

/** The flags of `fedrl serve`, as typed. */
export interface ServeFlags {
  readonly listen?: string
  readonly out?: string
  readonly agents?: string
  readonly seeds?: string
  readonly set?: readonly string[]
}

const USUAL = '127.0.0.1:7070'

/** Listens at `host:port`. @throws InputError where that is none, is not of this machine alone, or is taken */
export async function listenAt(flag: string, text: string): Promise<WebSocketListener> {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === '' || Number(port) > 65535)
    throw new InputError(flag, `expected host:port, as in ${USUAL}, got ${text}`)
  expectLoopback(flag, host)
  try {
    return await listenWebSocket({ host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) })
  } catch (error) {
    throw error instanceof TransportError ? new InputError(flag, error.message) : error
  }
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
  const listener = await listenAt('--listen', flags.listen ?? USUAL)
  const start = performance.now()
  const display = showProgress(io)
  try {
    const result = await namingFile(file, () =>
      serveExperiment(experiment, {
        file,
        out,
        names,
        listener,
        clock,
        newSession,
        signal: io.signal,
        onProgress: (progress) => display.update(progress),
        onBegun: () => io.note(`listening; agents join with: fedrl join ${listener.address} --agent NAME`),
        onNotice(notice) {
          const text = noticeText(notice)
          if (text !== null) io.note(text)
        },
      }),
    )
    display.stop()
    const seconds = (performance.now() - start) / 1000
    const folder = relative('.', result.folder)
    const text = io.json ? '' : await resultText(result, folder)
    io.result({ ...resultDocument(result, folder, seconds), address: listener.address }, () => text)
  } finally {
    display.stop()
    await listener.close()
  }
}
