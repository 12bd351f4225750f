/**
 * Connections over WebSocket, one binary message a frame. The listener hangs on an HTTP server, its own or one that has other routes; the
 * server's pings tell both sides that the other is there. Pages connect with websocket-browser.ts.
 */
import type { IncomingMessage, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { TransportError, limitsOf, type Connection, type Limits, type Listener } from '../transport.ts'
import { Endpoint, costOf, type Line } from './endpoint.ts'
import { Guests } from './guests.ts'
import { httpServer, listening, REQUESTS, type Certificate } from './http-server.ts'
import { Strangers } from './strangers.ts'
import { closeFrameOf, closingOf } from './websocket-closing.ts'

/** Where a listener hangs. */
export interface WebSocketPlace {
  /** the path that agents ask for; others are answered with 404 */
  readonly path?: string
  /** whether pages of this origin, `https://host`, may connect, who dialled this host; others get 403. Default: all. Programs have no origin, and may */
  readonly mayConnect?: (origin: string, host: string | undefined) => boolean
  readonly limits?: Partial<Limits>
}

/** How a listener gets a server of its own. */
export interface WebSocketOptions extends WebSocketPlace {
  readonly host?: string
  /** 0: one that is free */
  readonly port?: number
  /** with it agents connect by wss: */
  readonly tls?: Certificate
}

/** A listener on a server of its own. */
export interface WebSocketListener extends Listener {
  /** other routes hang here */
  readonly server: Server
}

/** Signs of life are asked for so often within `silenceMs`. */
const BEATS = 3

/** So many ms has a peer to read why the connection ends, before it is cut. */
const PARTING_MS = { done: 5000, lost: 1000, limit: 1000 }

/** A socket is read in pieces of at most so many bytes. */
const PIECE = 65_536

/** The bytes from a multiple of 8, copied where they do not start there or would hold on to more than a quarter as many others. */
function settled(data: Buffer): Uint8Array {
  const { buffer, byteOffset, byteLength } = data
  if (byteOffset % 8 === 0 && buffer.byteLength <= 1.25 * byteLength)
    return new Uint8Array(buffer, byteOffset, byteLength)
  const copy = Buffer.allocUnsafeSlow(byteLength)
  copy.set(data)
  return new Uint8Array(copy.buffer)
}

/** Holds back what is written to a stream until what happens now is over: it goes out in one piece. */
function gathering(streamOf: () => Duplex | null): () => void {
  let isHeld = false
  return () => {
    const stream = streamOf()
    if (isHeld || stream === null) return
    isHeld = true
    stream.cork()
    process.nextTick(() => {
      isHeld = false
      stream.uncork()
    })
  }
}

function lineOf(socket: WebSocket, gather: () => void, taken: (cost: number) => void): Line {
  return {
    write(frame) {
      gather()
      socket.send(frame, { binary: true }, () => taken(costOf(frame)))
    },
    flow: (open) => (open ? socket.resume() : socket.pause()),
    end(closing) {
      // a paused socket would not see the answer
      socket.resume()
      socket.close(...closeFrameOf(closing))
      const timer = setTimeout(() => socket.terminate(), PARTING_MS[closing.code]).unref()
      return new Promise((resolve) =>
        socket.once('close', () => {
          clearTimeout(timer)
          resolve()
        }),
      )
    },
  }
}

/** @param streamOf what the socket writes to, null before it is open */
function endpointOf(
  socket: WebSocket,
  peer: string,
  limits: Limits,
  streamOf: () => Duplex | null,
): Endpoint {
  const endpoint: Endpoint = new Endpoint(
    peer,
    limits,
    lineOf(socket, gathering(streamOf), (cost) => endpoint.taken(cost)),
  )
  let fault = ''
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) endpoint.arrive(settled(data))
    else endpoint.fail('it sent text, but frames are binary')
  })
  socket.on('error', (error: Error & { code?: string }) => {
    fault = error.message
    if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH')
      endpoint.gone({ code: 'limit', reason: `it sent a frame of more than ${limits.frameBytes} bytes` })
  })
  socket.on('close', (code, reason) => endpoint.gone(closingOf(code, reason.toString() || fault)))
  return endpoint
}

/** Ends the connection when the peer is silent; the server asks, the agent hears it ask. */
function watch(socket: WebSocket, endpoint: Endpoint, { silenceMs }: Limits, asks: boolean): void {
  let beats = 0
  const heard = (): void => void (beats = 0)
  // counted, not timed: after a long computation of our own, what the peer sent meanwhile is read before the next beat
  const timer = setInterval(() => {
    if (asks) socket.ping()
    if (!socket.isPaused && ++beats > BEATS) {
      endpoint.gone({ code: 'lost', reason: `no sign of life for ${silenceMs / 1000} s` })
      socket.terminate()
    }
  }, silenceMs / BEATS)
  socket.on('message', heard).on('pong', heard).on('ping', heard)
  socket.on('close', () => clearInterval(timer))
}

/** Cuts a stranger that sends a long frame before the frame is whole. */
function guard(socket: WebSocket, stream: Duplex, endpoint: Endpoint, { helloBytes }: Limits): void {
  let bytes = 0
  socket.on('message', () => void (bytes = 0))
  stream.prependListener('data', (piece: Buffer) => {
    bytes += piece.length
    if (endpoint.isStranger && bytes > helloBytes + 2 * PIECE)
      endpoint.fail(`it sent a frame of more than ${helloBytes} bytes before it was admitted`)
  })
}

const peerOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress}:${remotePort}`

const answer = (stream: Duplex, status: string): void =>
  void stream.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)

/** Counts who connects, and cuts whoever comes from a network of which there are far too many strangers. @returns ends it */
function countStrangers(server: Server, strangers: Strangers, most: number): () => void {
  const connected = (socket: Socket): void => {
    const peer = peerOf(socket)
    strangers.add(peer, socket.remoteAddress)
    socket.once('close', () => strangers.drop(peer))
    if (strangers.around(peer) > REQUESTS * most) socket.destroy()
  }
  server.on('connection', connected)
  return () => server.off('connection', connected)
}

/** Takes the WebSocket connections of a server that is somebody else's; closing it leaves the server open. */
export function serveWebSocket(
  server: Server,
  { path = '/', mayConnect = () => true, limits: some = {} }: WebSocketPlace = {},
): Omit<Listener, 'address'> {
  const limits = limitsOf(some)
  const guests = new Guests(limits)
  const strangers = new Strangers()
  const countNoMore = countStrangers(server, strangers, limits.strangers)
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: limits.frameBytes,
  })
  const upgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    stream.on('error', () => stream.destroy())
    if (request.url?.split('?')[0] !== path) return answer(stream, '404 Not Found')
    const { origin, host } = request.headers
    if (origin !== undefined && !mayConnect(origin, host))
      return answer(stream, '403 Not a page of this server')
    const peer = peerOf(request.socket)
    const isCrowded = strangers.around(peer) > limits.strangers
    const refused = isCrowded ? `more than ${limits.strangers} connections from there wait to be let in` : guests.refusal?.reason // prettier-ignore
    if (refused !== undefined) return answer(stream, `503 ${refused}`)
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const endpoint = endpointOf(socket, peer, limits, () => stream)
      guard(socket, stream, endpoint, limits)
      watch(socket, endpoint, limits, true)
      guests.add(endpoint, () => strangers.drop(peer))
    })
  }
  server.on('upgrade', upgrade)
  return {
    connections: guests.connections,
    async close(reason) {
      await guests.close(reason)
      server.off('upgrade', upgrade)
      countNoMore()
    },
  }
}

/**
 * Listens on a server of its own; requests that are not answered by a route added to `server` get 404.
 * @throws TransportError where the port is taken or the host is not this machine's
 */
export async function listenWebSocket({
  host = '127.0.0.1',
  port = 0,
  tls,
  ...place
}: WebSocketOptions = {}): Promise<WebSocketListener> {
  const server = httpServer(tls, limitsOf(place.limits))
  const { connections, close } = serveWebSocket(server, place)
  const authority = await listening(server, host, port)
  return {
    server,
    connections,
    address: `${tls === undefined ? 'ws' : 'wss'}://${authority}${place.path ?? '/'}`,
    async close(reason) {
      const ended = new Promise((resolve) => server.close(resolve))
      await close(reason)
      server.closeAllConnections()
      await ended
    },
  }
}

/**
 * Connects an agent of Node to `url`.
 * @param options `ca`: the certificates that are believed, PEM, where the system's are not enough
 * @throws TransportError where no connection comes about within `helloMs`
 */
export function connectWebSocket(
  url: string,
  { limits: some = {}, ca }: { readonly limits?: Partial<Limits>; readonly ca?: string } = {},
): Promise<Connection> {
  const limits = limitsOf(some)
  const socket = new WebSocket(url, {
    perMessageDeflate: false,
    maxPayload: limits.frameBytes,
    handshakeTimeout: limits.helloMs,
    ...(ca === undefined ? {} : { ca }),
  })
  let stream: Duplex | null = null
  socket.once('upgrade', (response) => (stream = response.socket))
  // before the connection opens: the first frame may come with it
  const endpoint = endpointOf(socket, url, limits, () => stream)
  return new Promise((resolve, reject) => {
    const fail = (why: string, cause?: Error): void =>
      reject(new TransportError(`cannot connect to ${url}: ${why}`, { cause }))
    socket.once('error', (error: Error) => fail(error.message || String(error), error))
    socket.once('unexpected-response', (_, { statusCode, statusMessage }) => {
      fail(`the server answered ${statusCode} ${statusMessage}`)
      socket.terminate()
    })
    socket.once('open', () => {
      watch(socket, endpoint, limits, false)
      resolve(endpoint)
    })
  })
}
