/** Where a server listens for WebSocket connections: what it is called, and who may reach it under which conditions. */
import { hostname, networkInterfaces } from 'node:os'
import { isIP, isIPv6 } from 'node:net'
import { serverName } from '../federation/agent.ts'
import { isLoopback } from '../experiment/federated/loopback.ts'
import { InputError } from '../experiment/errors.ts'
import { TransportError } from '../transport.ts'
import { listenWebSocket, type WebSocketListener, type WebSocketPlace } from '../transport/websocket.ts'
import {
  certificateOf,
  renewCertificate,
  type CertificateFlags,
  type ServerCertificate,
} from './certificate.ts'
import { placeIn } from './place.ts'

/** Where a server listens, as typed. */
export interface WebSocketServerFlags extends CertificateFlags {
  readonly listen?: string
  /** what agents call the server, separated by commas */
  readonly name?: string
  /** folder of the agents' keys */
  readonly keys?: string
  readonly insecure?: boolean
}

/** A server that listens. */
export interface WebSocketServer {
  readonly listener: WebSocketListener
  /** what agents are given to join */
  readonly url: string
  /** what agents may call it, at least one */
  readonly servers: readonly string[]
  /** nobody on another machine reaches it, nor does another server pass anybody on to it */
  readonly isLocal: boolean
}

const USUAL = '127.0.0.1:7070'

/** Hosts that stand for every address of this machine. */
const EVERYWHERE = ['0.0.0.0', '::', '::0']

/**
 * Listens where the flags say, and looks after the certificate for as long.
 * @throws InputError where that is no place to listen, is taken, is open to others without keys and TLS, or where the certificate cannot be used
 */
export async function webSocketServerOf(
  flags: WebSocketServerFlags,
  onNote: (line: string) => void,
): Promise<WebSocketServer> {
  const { host, port } = placeIn('--listen', flags.listen ?? USUAL, USUAL)
  expectGuarded(host, flags)
  const certificate = await certificateOf(flags)
  const named = namesIn(flags.name, certificate)
  // who visits a page of somebody else must not let it take part: where there are no keys, it would be taken in
  const hosts = [...(named ?? []).map((name) => bare(new URL(name).hostname)), ...hostsOf(host, certificate)]
  const mayConnect = flags.keys !== undefined ? undefined : isLoopback(host) ? isOwnPage : isPageOf(hosts)
  const listener = await listening(host, port, certificate, mayConnect)
  if (certificate !== null) {
    const end = await renewCertificate(listener.server, flags, onNote)
    listener.server.once('close', end)
  }
  const { port: bound } = new URL(listener.address)
  const scheme = certificate === null ? 'ws' : 'wss'
  const usual = hostsOf(host, certificate).map((one) => addressOf(scheme, one, bound))
  const servers = named ?? [...new Set(usual)]
  const url = isLoopback(host) && named === null ? listener.address : (servers[0] ?? listener.address)
  const isLocal = [host, ...(named ?? []).map((name) => new URL(name).hostname)].every(isLoopback)
  return { listener, url, servers, isLocal }
}

/** Whom others can reach asks them who they are, and lets nobody on the way read or change what is sent. */
function expectGuarded(host: string, { keys, tlsCert, tlsKey, insecure }: WebSocketServerFlags): void {
  if (isLoopback(host) || insecure === true) return
  const missing = [
    ...(keys === undefined ? ['--keys, which says who may join'] : []),
    ...(tlsCert === undefined && tlsKey === undefined
      ? ['--tls-cert and --tls-key, so that nobody on the way can read or change what is sent']
      : []),
  ]
  if (missing.length > 0)
    throw new InputError(
      '--listen',
      `other machines reach ${host}: expected ${missing.join(', and ')}; --insecure does without`,
    )
}

/** The names that were given. @throws InputError where one is none, or not one of the certificate */
function namesIn(text: string | undefined, certificate: ServerCertificate | null): string[] | null {
  if (text === undefined) return null
  return text.split(',').map((name) => {
    const url = URL.canParse(name.trim()) ? new URL(name.trim()) : null
    if (url === null || !['ws:', 'wss:'].includes(url.protocol))
      throw new InputError('--name', `expected what agents dial, as in wss://host:7070, got ${name}`)
    if (certificate?.isFor(bare(url.hostname)) === false)
      throw new InputError('--name', `expected a host of the certificate (${certificate.hosts.join(', ')}), got ${url.hostname}`) // prettier-ignore
    return serverName(url.href)
  })
}

/** Whether a page came from this machine. */
const isOwnPage = (origin: string): boolean => URL.canParse(origin) && isLoopback(new URL(origin).hostname)

/**
 * Whether a page came from this machine, or from a server that is called by one of these hosts or by an address, and dials the same name now. A
 * name of somebody else's may be pointed at this server for a moment.
 */
const isPageOf =
  (hosts: readonly string[]) =>
  (origin: string, dialled: string | undefined): boolean => {
    if (!URL.canParse(origin)) return false
    const { host, hostname } = new URL(origin)
    const name = bare(hostname)
    return isOwnPage(origin) || (host === dialled && (isIP(name) > 0 || hosts.includes(name)))
  }

/** A host without the brackets of IPv6. */
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, '$1')

async function listening(
  host: string,
  port: number,
  certificate: ServerCertificate | null,
  mayConnect: WebSocketPlace['mayConnect'],
): Promise<WebSocketListener> {
  try {
    return await listenWebSocket({
      host,
      port,
      ...(certificate !== null && { tls: certificate.pem }),
      ...(mayConnect !== undefined && { mayConnect }),
    })
  } catch (error) {
    throw error instanceof TransportError ? new InputError('--listen', error.message) : error
  }
}

/** The hosts by which agents know the server, the likeliest first. */
function hostsOf(host: string, certificate: ServerCertificate | null): readonly string[] {
  if (certificate !== null && certificate.hosts.length > 0) return certificate.hosts
  if (isLoopback(host)) return [host, '127.0.0.1', 'localhost', '::1']
  if (!EVERYWHERE.includes(host)) return [host]
  const addresses = Object.values(networkInterfaces()).flatMap((of) => of ?? [])
  return [hostname(), ...addresses.map(({ address }) => address), 'localhost']
}

const addressOf = (scheme: string, host: string, port: string): string =>
  serverName(`${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`)
