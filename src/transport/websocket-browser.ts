/**
 * The agent's end of a WebSocket in a page or its workers. A page cannot stop what arrives: one that does not read what the server sends is
 * disconnected, and it hears no pings: that the server is gone it learns from the browser.
 */
import { TransportError, limitsOf, type Connection, type Limits } from '../transport.ts'
import { Endpoint, costOf, type Line } from './endpoint.ts'
import { closeFrameOf, closingOf } from './websocket-closing.ts'

/** What is used of the events of a browser's WebSocket. */
interface SocketEvent {
  readonly type: string
  /** of a message */
  readonly data?: unknown
  /** of the close */
  readonly code?: number
  readonly reason?: string
}

/** What is used of a browser's WebSocket. */
interface PageSocket {
  binaryType: string
  readonly bufferedAmount: number
  addEventListener(type: 'open' | 'message' | 'close', listener: (event: SocketEvent) => void): void
  send(data: Uint8Array): void
  close(code: number, reason: string): void
}

/** Makes a socket; in a page `WebSocket` itself. */
export type PageSocketClass = new (url: string) => PageSocket

declare const WebSocket: PageSocketClass

/** A page is not told when bytes have gone: it looks so often, ms. */
const LOOK_MS = 4

/** Tells what the socket no longer holds, while it holds something. */
function watchTaken(socket: PageSocket, taken: (cost: number) => void): (frame: Uint8Array) => void {
  const queued: Uint8Array[] = []
  let bytes = 0
  let timer: ReturnType<typeof setTimeout> | null = null
  const look = (): void => {
    timer = null
    while (queued.length > 0 && bytes - (queued[0] as Uint8Array).byteLength >= socket.bufferedAmount) {
      const frame = queued.shift() as Uint8Array
      bytes -= frame.byteLength
      taken(costOf(frame))
    }
    if (queued.length > 0) timer = setTimeout(look, LOOK_MS)
  }
  return (frame) => {
    queued.push(frame)
    bytes += frame.byteLength
    timer ??= setTimeout(look, LOOK_MS)
  }
}

function lineOf(socket: PageSocket, taken: (cost: number) => void): Line {
  const watch = watchTaken(socket, taken)
  return {
    write(frame) {
      socket.send(frame)
      watch(frame)
    },
    end: (closing) => socket.close(...closeFrameOf(closing)),
  }
}

/**
 * Connects a page to `url`.
 * @param Socket the browser's `WebSocket`, which is the default
 * @throws TransportError where no connection comes about within `helloMs`; browsers do not say why
 */
export function connectPage(
  url: string,
  limits: Partial<Limits> = {},
  Socket: PageSocketClass = WebSocket,
): Promise<Connection> {
  const allowed = limitsOf(limits)
  const socket = new Socket(url)
  socket.binaryType = 'arraybuffer'
  const endpoint: Endpoint = new Endpoint(
    url,
    allowed,
    lineOf(socket, (cost) => endpoint.taken(cost)),
  )
  socket.addEventListener('message', ({ data }) => {
    if (data instanceof ArrayBuffer) endpoint.arrive(new Uint8Array(data))
    else endpoint.fail('it sent text, but frames are binary')
  })
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(new TransportError(`cannot connect to ${url}: ${why}`))
    const late = setTimeout(() => {
      fail(`no answer within ${allowed.helloMs} ms`)
      socket.close(...closeFrameOf({ code: 'done', reason: 'too late' }))
    }, allowed.helloMs)
    socket.addEventListener('open', () => {
      clearTimeout(late)
      resolve(endpoint)
    })
    socket.addEventListener('close', ({ code = 1006, reason = '' }) => {
      clearTimeout(late)
      fail('the connection was refused or broke')
      endpoint.gone(closingOf(code, reason))
    })
  })
}
