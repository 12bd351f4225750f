/**
 * One end of a connection, the same for every transport: what waits to be sent, what waits to be read, the limits on both, and the end.
 * A transport gives the {@link Line}, and tells what arrives, what was taken and that the line is gone.
 */
import { ConnectionClosed, type Closing, type Guest, type Limits } from '../transport.ts'
import { Queue } from './queue.ts'

/** What a transport does for an endpoint. */
export interface Line {
  /** Carries a frame; {@link Endpoint.taken} must be told when it no longer holds memory here. */
  write(frame: Uint8Array): void
  /** Stops and starts what arrives, where the line can. */
  flow?(open: boolean): void
  /** Told the cost of each frame that the reader took, where the other side counts them. */
  read?(cost: number): void
  /** Ends the line after what was written, where the code is `done`, else at once; tells the other side why. */
  end(closing: Closing): Promise<void> | void
}

/** Bytes of memory that a frame takes besides its own: many small frames must not be free. */
const FRAME_COST = 256

/** What a frame counts against `queueBytes`. */
export const costOf = (frame: Uint8Array): number => frame.byteLength + FRAME_COST

/** So long what has come is read, before a peer is said to have sent nothing, ms. */
const READING_MS = 100

const ROOM = Promise.resolve()

/** The state of one end of a connection. */
export class Endpoint implements Guest {
  readonly peer: string
  readonly frames: Queue<Uint8Array>
  readonly closed: Promise<Closing>
  readonly #limits: Limits
  readonly #line: Line
  /** cost of what was written and not taken */
  #queued = 0
  /** cost of what arrived and was not read */
  #unread = 0
  #open = true
  #closing: Closing | null = null
  #waiting: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] = []
  #settle: (closing: Closing) => void = () => {}
  #stranger: ReturnType<typeof setTimeout> | null = null
  #known: () => void = () => {}

  constructor(peer: string, limits: Limits, line: Line) {
    this.peer = peer
    this.#limits = limits
    this.#line = line
    this.frames = new Queue((frame) => this.#read(costOf(frame)))
    this.closed = new Promise((resolve) => (this.#settle = resolve))
  }

  /** whether the peer is still to be admitted */
  get isStranger(): boolean {
    return this.#stranger !== null
  }

  /** whether nobody has ended the connection yet */
  get isOpen(): boolean {
    return this.#closing === null
  }

  /** bytes of frames that may arrive before the reader has to read some; after the end nothing that arrives is kept */
  get room(): number {
    const { queueBytes } = this.#limits
    return this.isOpen ? Math.max(0, queueBytes - this.#unread) : queueBytes
  }

  /** the longest frame that the peer may send now */
  get longest(): number {
    const { helloBytes, frameBytes } = this.#limits
    return this.isStranger ? Math.min(helloBytes, frameBytes) : frameBytes
  }

  /** Holds the peer down to `helloBytes` and `helloMs` until it is admitted. @param known told when it is, or when it is gone */
  suspect(known: () => void = () => {}): this {
    this.#known = known
    const late = () => this.fail(`it was not admitted within ${this.#limits.helloMs} ms`)
    // where this program was kept from running, what has come meanwhile is read first
    const look = () => void (this.#stranger = setTimeout(late, READING_MS))
    this.#stranger = setTimeout(look, this.#limits.helloMs)
    return this
  }

  admit(): void {
    if (this.#stranger === null) return
    clearTimeout(this.#stranger)
    this.#stranger = null
    this.#known()
  }

  send(frame: Uint8Array): Promise<void> {
    const { frameBytes, queueBytes } = this.#limits
    if (frame.byteLength > frameBytes)
      return Promise.reject(
        new RangeError(
          `${this.peer}: expected a frame of at most ${frameBytes} bytes, got ${frame.byteLength}`,
        ),
      )
    if (this.#queued > queueBytes)
      this.fail(`it reads too slowly: ${this.#queued} bytes wait, at most ${queueBytes} may`)
    if (this.#closing !== null) return Promise.reject(new ConnectionClosed(this.peer, this.#closing))
    this.#queued += costOf(frame)
    this.#line.write(frame)
    if (this.#hasRoom()) return ROOM
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  close(reason = 'closed'): void {
    this.#finish({ code: 'done', reason }, true)
    this.frames.end(true)
  }

  /** The peer broke a limit: ends the connection at once. */
  fail(reason: string): void {
    this.#finish({ code: 'limit', reason }, true)
    this.frames.end()
  }

  /** The peer sent, or begins to send, a frame of so many bytes. */
  tooLong(bytes: number): void {
    this.fail(`it sent a frame of ${bytes} bytes, at most ${this.longest} may be`)
  }

  /** The line is gone; what arrived before is still read. */
  gone(closing: Closing): void {
    this.#finish(closing, false)
    this.frames.end()
  }

  /** A whole frame arrived, in memory of its own. */
  arrive(frame: Uint8Array): void {
    const { frameBytes, queueBytes } = this.#limits
    if (this.#closing !== null) return
    if (frame.byteLength > this.longest) return this.tooLong(frame.byteLength)
    this.#unread += costOf(frame)
    this.frames.put(frame)
    if (this.#open && 2 * this.#unread > queueBytes) this.#flow(false)
    // a line that cannot be stopped, or does not obey
    if (this.#unread > 2 * queueBytes + frameBytes)
      this.fail(`it sends faster than it is read: ${this.#unread} bytes wait`)
  }

  /** What was written and cost this much holds memory no more. */
  taken(cost: number): void {
    this.#queued -= cost
    if (this.#waiting.length === 0 || !this.#hasRoom()) return
    const waiting = this.#waiting
    this.#waiting = []
    for (const { resolve } of waiting) resolve()
  }

  #hasRoom(): boolean {
    return 2 * this.#queued <= this.#limits.queueBytes
  }

  #read(cost: number): void {
    this.#unread -= cost
    if (this.#closing !== null) return
    this.#line.read?.(cost)
    if (!this.#open && 4 * this.#unread <= this.#limits.queueBytes) this.#flow(true)
  }

  #flow(open: boolean): void {
    this.#open = open
    this.#line.flow?.(open)
  }

  #finish(closing: Closing, here: boolean): void {
    if (this.#closing !== null) return
    this.#closing = closing
    this.admit()
    const error = new ConnectionClosed(this.peer, closing)
    for (const { reject } of this.#waiting) reject(error)
    this.#waiting = []
    void Promise.resolve(here ? this.#line.end(closing) : undefined).then(() => this.#settle(closing))
  }
}
