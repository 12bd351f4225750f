/**
 * How bytes move between one server and many agents. A transport carries whole frames in order, each at most once, over connections that
 * live until either side closes them or the line is lost; what the frames mean is the protocol's. What was on its way when a line was lost
 * is lost with it: whoever needs an answer asks again over the next connection.
 */

/** What a side allows the other. All are positive integers; times in milliseconds, sizes in bytes. */
export interface Limits {
  /** connections that a listener holds at a time; one more is refused with a reason */
  readonly connections: number
  /** connections from one network of other machines (an address of IPv4, the first 64 bits of one of IPv6) that carry nobody who was admitted */
  readonly strangers: number
  /** the longest frame */
  readonly frameBytes: number
  /** bytes sent and not yet taken by the line, and bytes arrived and not yet read; see {@link Connection.send} */
  readonly queueBytes: number
  /** the longest frame of a peer that is not admitted yet */
  readonly helloBytes: number
  /** how long a peer may stay without being admitted, and how long a connection may take to open */
  readonly helloMs: number
  /** how long a peer may give no sign of life */
  readonly silenceMs: number
}

/** What holds where nothing else is said. */
export const DEFAULT_LIMITS: Limits = {
  connections: 1024,
  strangers: 64,
  frameBytes: 64 * 1024 * 1024,
  queueBytes: 8 * 1024 * 1024,
  helloBytes: 64 * 1024,
  helloMs: 10_000,
  silenceMs: 60_000,
}

/**
 * Why a connection ended. `done`: one side closed it; `limit`: one side broke a limit of the other; `lost`: the peer or the line is gone.
 * `reason` is a short sentence for people.
 */
export interface Closing {
  readonly code: 'done' | 'limit' | 'lost'
  readonly reason: string
}

/** A line between two peers that carries whole frames, in order, each at most once. */
export interface Connection {
  /** the other end, for logs: an address or a name */
  readonly peer: string
  /**
   * What arrives, for one reader. Each frame is the reader's own, starts at a multiple of 8 bytes and holds on to at most as many other
   * bytes of memory. The peer is slowed down while frames wait to be read. Ends when the connection does, after the frames that arrived whole before the other side ended it.
   */
  readonly frames: AsyncIterable<Uint8Array>
  /** resolves, never rejects, when the connection is over and nothing of it is held any more */
  readonly closed: Promise<Closing>
  /**
   * Takes a frame, which the caller must not change afterwards, and resolves when there is room for another. A call while more than
   * `queueBytes` wait ends the connection with code `limit`: whoever waits for each call never gets there, and no reader, however slow,
   * makes this side hold more than `queueBytes + frameBytes`.
   * @throws RangeError where the frame is longer than `frameBytes`
   * @throws {@link ConnectionClosed} where the connection is over, or ends before there is room
   */
  send(frame: Uint8Array): Promise<void>
  /** Ends the connection after what was sent; the other side learns the reason (at most 120 bytes of it). A second call does nothing. */
  close(reason?: string): void
}

/** A connection as its listener yields it: a stranger, which `helloBytes` and `helloMs` hold down until it is admitted. */
export interface Guest extends Connection {
  /** from now on the limits of a known peer hold */
  admit(): void
}

/** Where agents connect to. */
export interface Listener {
  /** what agents are given to connect, a URL where the transport has one */
  readonly address: string
  /** every connection, once, for one reader; ends when the listener closes */
  readonly connections: AsyncIterable<Guest>
  /** Takes no more connections, closes all there are with this reason, and resolves when they are gone. */
  close(reason?: string): Promise<void>
}

/** Thrown by {@link Connection.send} when the connection is over. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed'
  readonly closing: Closing

  constructor(peer: string, closing: Closing) {
    super(`${peer}: the connection is closed (${closing.code}): ${closing.reason}`)
    this.closing = closing
  }
}

/** Thrown where a connection or a listener cannot be opened; the message names the address and what stood in the way. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
}

/** {@link DEFAULT_LIMITS} with some of them replaced. @throws RangeError where one is not a positive integer */
export function limitsOf(some: Partial<Limits> = {}): Limits {
  for (const [name, value] of Object.entries(some))
    if (!Number.isSafeInteger(value) || value <= 0)
      throw new RangeError(`limits: expected ${name} to be a positive integer, got ${value}`)
  return { ...DEFAULT_LIMITS, ...some }
}
