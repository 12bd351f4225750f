/** HTTP servers, with or without TLS, that no slow client holds up. */
import { createServer as createHttp, type Server } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { TransportError, type Limits } from '../transport.ts'

/** PEM texts. */
export interface Certificate {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
}

/** Connections that are not upgraded yet, or never will be, are held down too: so many for each that may be. */
export const REQUESTS = 4

/** A server that listens nowhere yet. */
export function httpServer(tls: Certificate | undefined, { helloMs, connections }: Limits): Server {
  const times = { headersTimeout: helloMs, requestTimeout: helloMs, connectionsCheckingInterval: helloMs }
  const pem = (text: string | Uint8Array) => (typeof text === 'string' ? text : Buffer.from(text))
  const server =
    tls === undefined
      ? createHttp(times)
      : createHttps({ ...times, cert: pem(tls.cert), key: pem(tls.key), handshakeTimeout: helloMs })
  server.maxConnections = REQUESTS * connections
  return server
}

/**
 * Lets a server listen.
 * @param port 0: one that is free
 * @returns host and port, as in URLs
 * @throws TransportError where the port is taken or the host is not this machine's
 */
export async function listening(server: Server, host: string, port: number): Promise<string> {
  const at = await new Promise<AddressInfo>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'another program uses this port' : error.message
      reject(new TransportError(`cannot listen on ${host}:${port}: ${why}`, { cause: error }))
    })
    server.listen(port, host, () => resolve(server.address() as AddressInfo))
  })
  return `${at.family === 'IPv6' ? `[${at.address}]` : at.address}:${at.port}`
}
