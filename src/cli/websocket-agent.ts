/** How an agent gets to a server over WebSocket, and what stands in the way, in words. */
import { isLoopback } from '../experiment/federated/loopback.ts'
import { InputError } from '../experiment/errors.ts'
import { serverName } from '../federation/agent.ts'
import { TransportError, type Connection } from '../transport.ts'
import { connectWebSocket } from '../transport/websocket.ts'
import { authorityIn } from './certificate.ts'

/** How an agent gets to a server, as typed. */
export interface WebSocketAgentFlags {
  /** certificates to trust in place of those that Node knows, PEM */
  readonly tlsCa?: string
  readonly insecure?: boolean
}

/** A way to a server. */
export interface WebSocketAgent {
  /** @throws TransportError where no connection comes about */
  connect(): Promise<Connection>
  /** what the server is called */
  readonly server: string
}

/** @throws InputError where the address is none, or where what is sent there could be read on the way */
export async function webSocketAgentOf(
  text: string,
  { tlsCa, insecure }: WebSocketAgentFlags,
): Promise<WebSocketAgent> {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || (url.protocol !== 'ws:' && url.protocol !== 'wss:'))
    throw new InputError(
      'URL',
      `expected the address of a server, as in ws://127.0.0.1:7070, wss://host:7070 or nats://127.0.0.1:4222, got ${text}`,
    )
  const { protocol, hostname } = url
  if (protocol === 'ws:' && !isLoopback(hostname) && insecure !== true)
    throw new InputError(
      'URL',
      `expected wss://, for ${hostname} is another machine, got ${text}: on the way, everybody could read and change what is sent; --insecure joins all the same`,
    )
  const ca = tlsCa === undefined ? undefined : await authorityIn('--tls-ca', tlsCa)
  return {
    server: serverName(text),
    async connect() {
      try {
        return await connectWebSocket(text, ca === undefined ? {} : { ca })
      } catch (error) {
        throw error instanceof TransportError ? explained(error, url) : error
      }
    },
  }
}

const UNKNOWN_AUTHORITY =
  'nobody whom this machine trusts vouches for its certificate; --tls-ca names an authority of your own'

/** What the codes of Node and OpenSSL mean for a person who connects. */
const REASONS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet, or the clock of this machine is wrong',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  EPROTO: 'it speaks no TLS there: is it ws://?',
}

function explained(error: TransportError, { href, protocol }: URL): TransportError {
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const reset = protocol === 'ws:' && code === 'ECONNRESET' ? 'it hung up: is it wss://?' : undefined
  const reason = REASONS[code] ?? reset
  if (reason === undefined) return error
  const said = cause instanceof Error && code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? ` (${cause.message})` : ''
  return new TransportError(`cannot connect to ${href}: ${reason}${said}`, { cause })
}
