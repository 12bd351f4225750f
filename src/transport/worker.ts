/**
 * Connections over message ports, between the threads of a process or between a page and its workers. A port carries frames (their bytes
 * transferred), the cost of what was read (a port has no back-pressure of its own), and at last the reason of the end.
 */
import {
  TransportError,
  limitsOf,
  type Closing,
  type Connection,
  type Limits,
  type Listener,
} from '../transport.ts'
import { Endpoint } from './endpoint.ts'
import { Guests } from './guests.ts'

/** What is used of a MessagePort, that of Node and that of browsers. */
export interface Port {
  postMessage(message: Note, transfer?: readonly ArrayBuffer[]): void
  addEventListener(type: 'message' | 'close', listener: (event: { readonly data?: unknown }) => void): void
  start(): void
  close(): void
}

/** What goes over a port: a frame, the cost of frames that were read, or why the sender ends. */
type Note = Uint8Array | number | Closing

/** A listener whose agents are given ports. */
export interface PortListener extends Listener {
  /** Takes a connection over `port`, whose other end is given to a thread for {@link connectPort}. @throws TransportError at the most connections */
  accept(port: Port, peer?: string): void
}

const GONE: Closing = { code: 'lost', reason: 'the other thread ended' }

function over(port: Port, peer: string, limits: Limits): Endpoint {
  const endpoint = new Endpoint(peer, limits, {
    write(frame) {
      const bytes = new Uint8Array(frame)
      port.postMessage(bytes, [bytes.buffer])
    },
    read: (cost) => port.postMessage(cost),
    end(closing) {
      port.postMessage(closing)
      port.close()
    },
  })
  port.addEventListener('close', () => endpoint.gone(GONE))
  port.addEventListener('message', ({ data }) => {
    if (data instanceof Uint8Array) endpoint.arrive(data)
    else if (typeof data === 'number') endpoint.taken(data)
    else {
      endpoint.gone(data as Closing)
      port.close()
    }
  })
  port.start()
  return endpoint
}

/** Listens to ports. @throws RangeError for limits that are not positive integers */
export function listenPorts(some: Partial<Limits> = {}): PortListener {
  const limits = limitsOf(some)
  const guests = new Guests(limits)
  return {
    address: 'worker',
    connections: guests.connections,
    close: (reason) => guests.close(reason),
    accept(port, peer = 'worker') {
      const refused = guests.refusal
      if (refused !== null) throw new TransportError(`worker: ${refused.reason}`)
      guests.add(over(port, peer, limits))
    },
  }
}

/** The agent's end of a port that was given to {@link PortListener.accept}. @throws RangeError for limits that are not positive integers */
export const connectPort = (port: Port, limits: Partial<Limits> = {}): Connection =>
  over(port, 'server', limitsOf(limits))
