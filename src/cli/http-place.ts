/** Where a server whose agents are on a broker answers over HTTP how it stands. No agent joins there. */
import type { Server } from 'node:http'
import { InputError } from '../experiment/errors.ts'
import { isLoopback } from '../experiment/federated/loopback.ts'
import { DEFAULT_LIMITS, TransportError } from '../transport.ts'
import { httpServer, listening } from '../transport/http-server.ts'
import { certificateOf, renewCertificate, type CertificateFlags } from './certificate.ts'
import { placeIn } from './place.ts'

/** Where it listens, as typed. */
export interface HttpPlaceFlags extends CertificateFlags {
  readonly listen?: string
  readonly insecure?: boolean
}

/** A place that is listened at. */
export interface HttpPlace {
  readonly server: Server
  /** https://host:port or http://host:port */
  readonly url: string
  /** nobody on another machine reaches it */
  readonly isLocal: boolean
  close(): Promise<void>
}

const EXAMPLE = '127.0.0.1:8080'

/**
 * Listens where the flags say, and looks after the certificate for as long; null where they say nothing.
 * @throws InputError where that is no place to listen, is taken, is open to others without TLS, or where the certificate cannot be used
 */
export async function httpPlaceOf(
  flags: HttpPlaceFlags,
  onNote: (line: string) => void,
): Promise<HttpPlace | null> {
  const { listen, tlsCert, tlsKey, insecure } = flags
  if (listen === undefined) {
    if (tlsCert !== undefined || tlsKey !== undefined)
      throw new InputError(
        tlsCert === undefined ? '--tls-key' : '--tls-cert',
        'belongs to --listen, where a server on a broker says how it stands: agents meet the certificate of the broker',
      )
    return null
  }
  const { host, port } = placeIn('--listen', listen, EXAMPLE)
  const certificate = await certificateOf(flags)
  const isLocal = isLoopback(host)
  if (!isLocal && certificate === null && insecure !== true)
    throw new InputError('--listen', `other machines reach ${host}: expected --tls-cert and --tls-key, so that nobody on the way can read or change what is sent; --insecure does without`) // prettier-ignore
  const server = httpServer(certificate?.pem, DEFAULT_LIMITS)
  const authority = await listening(server, host, port).catch((error: unknown) => {
    throw error instanceof TransportError ? new InputError('--listen', error.message) : error
  })
  const end = certificate === null ? () => undefined : await renewCertificate(server, flags, onNote)
  return {
    server,
    url: `${certificate === null ? 'http' : 'https'}://${authority}`,
    isLocal,
    async close() {
      end()
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
