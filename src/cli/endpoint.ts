/** Where a server listens and how agents get there: WebSocket or a NATS broker, as the flags and the address say. */
import { InputError } from '../experiment/errors.ts'
import { joinLink } from '../experiment/federated/join-page.ts'
import { keyFile } from '../experiment/federated/key-folder.ts'
import { httpPlaceOf, type HttpPlace } from './http-place.ts'
import type { BrokerFlags } from './nats-endpoint.ts'
import type { Connector, Endpoint } from './reach.ts'
import { webSocketAgentOf } from './websocket-agent.ts'
import { webSocketServerOf, type WebSocketServerFlags } from './websocket-server.ts'

/** Where a server listens, as typed. */
export interface ListenFlags extends BrokerFlags, WebSocketServerFlags {
  readonly nats?: string
  /** the private key of the server on the broker, PEM */
  readonly natsKey?: string
  /** keep a copy of the run on the broker */
  readonly mirror?: boolean
}

/** How an agent gets to a server, as typed. */
export interface ConnectFlags extends BrokerFlags {
  /** the private key of the agent, PEM */
  readonly key?: string
  /** folder with NAME.key for each agent of the process */
  readonly keys?: string
}

/**
 * Listens where the flags say.
 * @param folder of the run
 * @param onNote told what happens to the certificate
 * @throws InputError where that is no place to listen, is taken, or is open to others without what guards it
 */
export async function listenerOf(
  flags: ListenFlags,
  folder: string,
  onNote: (line: string) => void,
): Promise<Endpoint> {
  const { nats, natsKey, mirror } = flags
  if (nats === undefined && mirror === true)
    throw new InputError('--mirror', 'belongs to --nats: the broker keeps the copy')
  if (nats === undefined) return listenOnWebSocket(flags, onNote)
  const place = await httpPlaceOf(flags, onNote)
  try {
    const { listenOnNats } = await import('./nats-endpoint.ts')
    const endpoint = await listenOnNats(nats, flags, ['--nats-key', natsKey], folder)
    return place === null ? endpoint : withHttp(endpoint, place)
  } catch (error) {
    await place?.close()
    throw error
  }
}

/** The endpoint on a broker, with a place where it is answered over HTTP how the server stands. */
const withHttp = (endpoint: Endpoint, place: HttpPlace): Endpoint => ({
  ...endpoint,
  isLocal: place.isLocal,
  http: place.server,
  httpUrl: place.url,
  listener: {
    ...endpoint.listener,
    async close(reason) {
      await endpoint.listener.close(reason)
      await place.close()
    },
  },
})

async function listenOnWebSocket(flags: ListenFlags, onNote: (line: string) => void): Promise<Endpoint> {
  const { listener, url, servers, isLocal } = await webSocketServerOf(flags, onNote)
  return {
    listener,
    url,
    isLocal,
    servers,
    lost: new AbortController().signal,
    http: listener.server,
    joinLink: joinLink(url),
    httpUrl: null,
    answerWith: () => undefined,
    openMirror: null,
  }
}

/** Whether an address is that of a broker. */
export const isOnNats = (url: string): boolean => /^(nats|tls):/i.test(url)

/**
 * How agents get to the server at an address.
 * @param name of the first agent of the process: a broker knows the connection by it
 * @throws InputError where that is no address, or one of another machine that is not to be trusted
 */
export async function connectorOf(url: string, flags: ConnectFlags, name: string): Promise<Connector> {
  if (!isOnNats(url)) return webSocketAgentOf(url, flags)
  const { natsConnector } = await import('./nats-endpoint.ts')
  const { key, keys } = flags
  return natsConnector(
    url,
    flags,
    keys === undefined ? ['--key', key] : ['--keys', keyFile(keys, name)],
    name,
  )
}
