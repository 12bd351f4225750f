/** A client of a NATS broker: how to get there, whether it is there now, and what carries a link over it. */
import type { NatsConnection, NodeConnectionOptions, Status } from '@nats-io/transport-node'
import { TransportError, type Limits } from '../transport.ts'
import type { Pace, Wire } from './link.ts'

/** Where a federation is on a broker, and how to get there. */
export interface NatsPlace {
  /** of the broker: nats://host:4222 */
  readonly url: string
  /** what all subjects of the federation begin with; the same for the server and its agents */
  readonly subject: string
  readonly limits?: Partial<Limits>
  /** credentials, TLS and the like, as the client of NATS takes them */
  readonly options?: NodeConnectionOptions
  readonly pace?: Partial<Pace>
}

/** No message is longer, bytes, though the broker allow it: what a broker allows unless it is told otherwise. */
const LONGEST_MESSAGE = 1024 * 1024

/** A connection to the broker, and whether the broker is there now. */
export interface Broker {
  readonly connection: NatsConnection
  readonly there: boolean
  /** a name that no other connection has */
  readonly session: string
}

/** @param onReturn told whenever the broker is back @throws TransportError where it cannot be reached */
export async function reach({ url, options }: NatsPlace, onReturn: () => void): Promise<Broker> {
  const { connect, nuid } = await load()
  const connection = await connect({
    maxReconnectAttempts: -1,
    reconnectTimeWait: 250,
    // a broker that dies while it greets leaves the client waiting for so long
    timeout: 5000,
    pingInterval: 2000,
    maxPingOut: 2,
    ...options,
    servers: url,
  }).catch((error: Error) => {
    throw new TransportError(`cannot connect to the broker ${url}: ${error.message}`, { cause: error })
  })
  const broker = { connection, there: true, session: nuid.next() }
  void follow(connection.status(), broker, onReturn)
  return broker
}

async function load() {
  try {
    return await import('@nats-io/transport-node')
  } catch (error) {
    throw new TransportError(
      'NATS needs the package @nats-io/transport-node: npm install @nats-io/transport-node',
      {
        cause: error,
      },
    )
  }
}

async function follow(statuses: AsyncIterable<Status>, broker: { there: boolean }, onReturn: () => void) {
  for await (const { type } of statuses) {
    if (type === 'disconnect') broker.there = false
    if (type !== 'reconnect') continue
    broker.there = true
    onReturn()
  }
}

/** Carries to one subject. While the broker is away nothing is sent: its client would store it all, and links send again anyway. */
export function wireTo(broker: Broker, subject: string, drop: () => void): Wire {
  const { connection } = broker
  return {
    messageBytes: Math.min(connection.info?.max_payload ?? LONGEST_MESSAGE, LONGEST_MESSAGE),
    drop,
    send(message) {
      if (broker.there && !connection.isClosed()) connection.publish(subject, message)
    },
  }
}

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
