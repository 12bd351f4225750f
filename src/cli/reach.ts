/** How a server is reached, whatever the transport: what it listens on, and what agents connect by. */
import type { Server } from 'node:http'
import type { FederationStatus } from '../experiment/federated/status.ts'
import type { Connection, Listener } from '../transport.ts'
import type { Mirror } from '../transport/mirror.ts'

/** Where a server listens. */
export interface Endpoint {
  readonly listener: Listener
  /** what agents are given to join */
  readonly url: string
  /** whether only this machine gets to `http` */
  readonly isLocal: boolean
  /** what agents may call the server in their Proofs */
  readonly servers: readonly string[]
  /** aborted with a RunError when the server may go on no more */
  readonly lost: AbortSignal
  /** where it is answered over HTTP how the server stands; null on a broker, unless a place for that was given */
  readonly http: Server | null
  /** the link of the page on which a browser becomes an agent; null on a broker, which no page reaches */
  readonly joinLink: string | null
  /** the address of `http` where agents connect somewhere else */
  readonly httpUrl: string | null
  /** What is answered from now on to whoever asks over the broker how the run stands; over WebSocket they ask the server itself. */
  answerWith(status: () => FederationStatus | null): void
  /**
   * Opens the copy of the run that the broker keeps; null where agents connect to no broker.
   * @param signal once aborted, a broker that is away is not waited for
   * @throws InputError where the broker keeps none
   */
  readonly openMirror: ((signal: AbortSignal, onNote: (line: string) => void) => Promise<Mirror>) | null
}

/** How agents get to a server. */
export interface Connector {
  /** @throws TransportError where no connection comes about, RunError where the broker knows no such agent */
  connect(): Promise<Connection>
  /** what the server is called where agents are told nothing else */
  readonly server: string
}
