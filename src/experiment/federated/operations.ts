/** The operating side of a server: what watches it, and what is answered over HTTP. */
import type { DestinationStream } from 'pino'
import type { Hono } from 'hono'
import { Interrupted } from '../errors.ts'
import type { Experiment } from '../experiment.ts'
import { gatewayOf, type Readiness } from './gateway.ts'
import { federationLog, type LogLevel } from './log.ts'
import { federationMetrics } from './metrics.ts'
import type { FederationStatus } from './status.ts'
import { watchAll, type Watch } from './watch.ts'

/** How a server is operated. */
export interface OperationsOptions {
  /** the status names no agent: others than the operator can ask for it */
  readonly hidesNames: boolean
  /** where lines of the log go, and which; without it there is none */
  readonly log?: { readonly level: LogLevel; readonly destination: DestinationStream }
  /** routes below /join */
  readonly page?: Hono
}

/** What a server takes to be operated. */
export interface Operations {
  /** to be told of the federation */
  readonly watch: Watch
  /** to be hung on an HTTP server */
  readonly gateway: Hono
  /** null until agents may join */
  status(): FederationStatus | null
}

/** The operations of one server of an experiment. */
export function operationsOf(
  experiment: Experiment,
  { hidesNames, log, page }: OperationsOptions,
): Operations {
  const metrics = federationMetrics()
  let now: () => FederationStatus | null = () => null
  let readiness: Readiness = { ready: false, reason: 'the server is starting' }
  const state: Watch = {
    begun({ status }) {
      now = status
      readiness = { ready: true }
    },
    ended(error) {
      now = () => null
      readiness = { ready: false, reason: endingOf(error) }
    },
  }
  const logs = log === undefined ? [] : [federationLog(experiment, log.level, log.destination)]
  return {
    watch: watchAll([state, metrics.watch, ...logs]),
    gateway: gatewayOf({
      readiness: () => readiness,
      status: () => now(),
      metrics: () => metrics.exposition(),
      hidesNames,
      ...(page !== undefined && { page }),
    }),
    status: () => now(),
  }
}

function endingOf(error: unknown): string {
  if (error === undefined) return 'all runs are over'
  return error instanceof Interrupted ? 'the server stops' : 'the server failed'
}
