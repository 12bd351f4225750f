/** What a broker is like, for who looks before a federation begins. What is made there to find out is removed again. */
import type { JetStreamManager, StreamConfig, StreamInfo } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'
import { LONGEST_MESSAGE, hasJetStream, onDemand, reach, type NatsServer } from './nats-broker.ts'
import { complaintOf, isFull } from './nats-insist.ts'
import { holderOf } from './nats-lease.ts'
import { isTaken } from './nats.ts'
import { mirrorName } from './nats-url.ts'

/** What a broker says of itself. */
export interface BrokerFacts {
  /** of nats-server: 2.9.10 */
  readonly version: string
  /** the longest message, bytes */
  readonly maxPayload: number
  /** whether this user may use JetStream, without which nothing is served */
  readonly jetStream: boolean
  /** the name of the cluster, null where the broker stands alone */
  readonly cluster: string | null
  readonly isEncrypted: boolean
  /** whether it wants to know who one is */
  readonly asksForKeys: boolean
  /** there and back, ms */
  readonly roundTripMs: number
  /** its time of day while it was looked at, RFC 3339; null where it has no JetStream, or no room at all */
  readonly time: string | null
}

/** What a probe may hold, bytes: nothing is put into it. */
const TINY = 1024

/** Looks at a broker. @throws TransportError where it cannot be reached, KeyRefused where it does not let this user in */
export const brokerFacts = (server: NatsServer): Promise<BrokerFacts> =>
  asked(server, async (connection) => {
    const { info } = connection
    const jetStream = await hasJetStream(connection)
    return {
      version: info?.version ?? 'unknown',
      maxPayload: info?.max_payload ?? LONGEST_MESSAGE,
      jetStream,
      cluster: info?.cluster ?? null,
      isEncrypted: info?.tls_required === true || info?.tls_available === true,
      asksForKeys: info?.auth_required === true,
      roundTripMs: await connection.rtt(),
      time: jetStream ? await timeOf(connection) : null,
    }
  })

/** Who has a federation on a broker. */
export interface FederationFacts {
  /** whether a server answers */
  readonly isServed: boolean
  /** the entry in the directory of the broker, which a server renews, or has left behind; null where there is none */
  readonly entry: { readonly holder: string; readonly folder: string } | null
}

/** Looks who has a federation; null where the broker has no JetStream. @throws TransportError as {@link brokerFacts}, or where the directory is not one of fedrl's */
export const federationFacts = (server: NatsServer, subject: string): Promise<FederationFacts | null> =>
  asked(server, async (connection) =>
    (await hasJetStream(connection))
      ? {
          isServed: await isTaken(connection, subject),
          entry: await holderOf(connection, server.url, subject),
        }
      : null,
  )

/** What a broker answers. @throws TransportError where it does not answer, or not this user */
async function asked<T>(server: NatsServer, ask: (connection: NatsConnection) => Promise<T>): Promise<T> {
  const { connection } = await reach(server)
  try {
    return await ask(connection)
  } catch (error) {
    throw complaintOf(error, server.url)
  } finally {
    await connection.close()
  }
}

/** Of a stream that is made the broker says when that was. */
async function timeOf(connection: NatsConnection): Promise<string | null> {
  const made = await probed(await managerOf(connection), { max_bytes: TINY })
  return made?.created ?? null
}

/**
 * Whether the mirror of a federation has room, beside what the streams of this account hold. What other accounts hold is counted as far as
 * it was reserved.
 * @param bytes that the mirror will have
 * @returns also what it has already
 * @throws TransportError as {@link brokerFacts}, or where a package is missing
 */
export async function mirrorRoom(
  server: NatsServer,
  federation: string,
  bytes: number,
): Promise<{ readonly fits: boolean; readonly held: number }> {
  await onDemand(() => import('@nats-io/obj'), 'obj')
  return asked(server, async (connection) => {
    const manager = await managerOf(connection)
    const name = mirrorName(federation)
    let [held, others] = [0, 0]
    for await (const { config, state } of manager.streams.list()) {
      if (config.name === name || config.name === `OBJ_${name}`) held += state.bytes
      // what was reserved is counted by the broker
      else if (config.max_bytes <= 0) others += state.bytes
    }
    const replicas = connection.info?.cluster === undefined ? 1 : 3
    const room = { max_bytes: Math.ceil(Math.max(bytes, held) + others), num_replicas: replicas }
    return { fits: (await probed(manager, room)) !== null, held }
  })
}

async function managerOf(connection: NatsConnection): Promise<JetStreamManager> {
  const { jetstreamManager } = await onDemand(() => import('@nats-io/jetstream'), 'jetstream')
  return jetstreamManager(connection, { checkAPI: false })
}

/** A stream that is made and removed again; null where there is no room for it. */
async function probed(manager: JetStreamManager, config: Partial<StreamConfig>): Promise<StreamInfo | null> {
  const { nuid } = await onDemand(() => import('@nats-io/transport-node'), 'transport-node')
  const name = `fedrl-preflight-${nuid.next()}`
  try {
    const made = await manager.streams.add({ ...config, name, subjects: [name] })
    await manager.streams.delete(name)
    return made
  } catch (error) {
    if (isFull(error)) return null
    throw error
  }
}
