/** A client of a NATS broker: how to get there, whether it is there now, and what carries a link over it. */
import type { Msg, NatsConnection, NodeConnectionOptions, Status } from '@nats-io/transport-node'
import { TransportError, type Limits } from '../transport.ts'
import type { Pace, Wire } from './link.ts'

/** Where a broker is, and how to get there. */
export interface NatsServer {
  /** one or several of a cluster: nats://host:4222 or tls://host:4222, separated by commas */
  readonly url: string
  /** credentials, TLS and the like, as the client of NATS takes them */
  readonly options?: NodeConnectionOptions
}

/** Where a federation is on a broker. */
export interface NatsPlace extends NatsServer {
  /** what all subjects of the federation begin with; the same for the server and its agents */
  readonly subject: string
  readonly limits?: Partial<Limits>
  readonly pace?: Partial<Pace>
}

/** No message is longer, bytes, though the broker allow it: what a broker allows unless it is told otherwise. */
export const LONGEST_MESSAGE = 1024 * 1024

/** A connection to the broker, and whether the broker is there now. */
export interface Broker {
  readonly connection: NatsConnection
  readonly there: boolean
  /** a name that no other connection has */
  readonly session: string
}

/** What one is told of a connection to a broker. */
export interface BrokerEvents {
  /** the broker is away */
  left?(): void
  /** the broker is back */
  returned?(): void
  /** the broker does not let this user send to, or hear, a subject */
  denied?(reason: string): void
}

/** The broker does not know the key, or whatever else one shows it. */
export class KeyRefused extends TransportError {}

/** @throws TransportError where it cannot be reached, KeyRefused where it does not let this user in */
export async function reach({ url, options }: NatsServer, events: BrokerEvents = {}): Promise<Broker> {
  const { connect, nuid } = await onDemand(() => import('@nats-io/transport-node'), 'transport-node')
  const connection = await connect({
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // a broker that dies while it greets leaves the client waiting for so long
    timeout: 5000,
    pingInterval: 2000,
    maxPingOut: 2,
    ...(url.startsWith('tls:') && { tls: {} }),
    ...options,
    servers: url.split(','),
  }).catch((error: Error) => {
    throw unreached(url, error)
  })
  const broker = { connection, there: true, session: nuid.next() }
  void follow(connection.status(), broker, events)
  return broker
}

function unreached(url: string, error: Error): TransportError {
  if (error.name === 'AuthorizationError')
    return new KeyRefused(`the broker ${url} does not let this user in: it knows no such key`, {
      cause: error,
    })
  return new TransportError(`cannot connect to the broker ${url}: ${error.message}`, { cause: error })
}

/** Loads a package of NATS, which is there only where somebody wanted it. @throws TransportError where it is not */
export async function onDemand<Module>(load: () => Promise<Module>, name: string): Promise<Module> {
  try {
    return await load()
  } catch (cause) {
    throw new TransportError(
      `NATS needs the package @nats-io/${name}: npm install @nats-io/transport-node @nats-io/kv`,
      { cause },
    )
  }
}

async function follow(statuses: AsyncIterable<Status>, broker: { there: boolean }, events: BrokerEvents) {
  for await (const status of statuses) {
    if (status.type === 'disconnect') {
      broker.there = false
      events.left?.()
    } else if (status.type === 'reconnect') {
      broker.there = true
      events.returned?.()
    } else if (status.type === 'error' && status.error.name === 'PermissionViolationError')
      events.denied?.(`the broker does not allow it: ${status.error.message}`)
  }
}

/**
 * Carries to one subject. While the broker is away nothing is sent: its client would store it all, and links send again anyway.
 * @param back where the broker tells that nobody heard a message
 */
export function wireTo(broker: Broker, subject: string, back: string, drop: () => void): Wire {
  const { connection } = broker
  return {
    messageBytes: Math.min(connection.info?.max_payload ?? LONGEST_MESSAGE, LONGEST_MESSAGE),
    drop,
    send(message) {
      if (broker.there && !connection.isClosed()) connection.publish(subject, message, { reply: back })
    },
  }
}

/** Whether a request failed because this user may not make it. */
export const isDenied = (error: unknown): boolean =>
  error instanceof Error && error.cause instanceof Error && error.cause.name === 'PermissionViolationError'

/**
 * Whether JetStream answers; a broker of a cluster may itself have none and reach that of another.
 * @throws TransportError where this user may not ask
 */
export async function hasJetStream(connection: NatsConnection): Promise<boolean> {
  try {
    const answer = await connection.request('$JS.API.INFO', new Uint8Array(0), { timeout: 2000 })
    return !('error' in answer.json<object>())
  } catch (error) {
    if (!isDenied(error)) return false
    throw new TransportError(
      'the broker does not let this user use JetStream: expected the key that fedrl nats-config was given for the server',
      { cause: error },
    )
  }
}

/** Whether a message is the broker's own, who says that nobody heard another. */
export const isUnheard = ({ headers }: Msg): boolean => headers?.code === NO_RESPONDERS

const NO_RESPONDERS = 503

/** @throws RangeError where a name is not one token of a subject */
export function checkName(name: string): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(name))
    throw new RangeError(
      `nats: expected a name of 1 to 64 letters, digits, - and _, got ${JSON.stringify(name)}`,
    )
}

/** @throws RangeError where a subject has spaces or wildcards */
export function checkSubject(subject: string): void {
  if (!/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(subject))
    throw new RangeError(
      `nats: expected a subject of letters, digits, -, _ and dots, got ${JSON.stringify(subject)}`,
    )
}
