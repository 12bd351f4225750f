/**
 * A connection over something that carries short messages and may lose, repeat, reorder or damage them. Frames are cut into numbered
 * slices; a slice is sent again until it is acknowledged, and taken when it is the next one and there is room. So a broker may die and come
 * back under an open connection.
 */
import type { Closing, Limits } from '../transport.ts'
import { closingOf, cutMessage } from './cut.ts'
import { Endpoint, costOf, type Line } from './endpoint.ts'
import { Kind, MESSAGE_OVERHEAD, decodeMessage, encodeMessage, memory, type Message } from './slice.ts'

/** What carries the messages of a link. */
export interface Wire {
  /** the longest message, bytes */
  readonly messageBytes: number
  /** Tries to carry a message, and does not tell. */
  send(message: Uint8Array): void
  /** Told when the link needs the wire no more. */
  drop(): void
}

/** The times of a link, ms. */
export interface Pace {
  /** a slice that is not acknowledged is sent again */
  readonly resendMs: number
  /** what was taken is acknowledged, alone where nothing else is sent meanwhile */
  readonly ackMs: number
  /** how long what was sent before a close, and the close, may take to be acknowledged */
  readonly partingMs: number
}

const PACE: Pace = { resendMs: 500, ackMs: 5, partingMs: 5000 }

/** Signs of life are sent so often within `silenceMs`. */
const BEATS = 3

/** So many slices are acknowledged at once, without waiting for something to send. */
const ACK_EVERY = 16

/** A piece of a frame, or the close, on its way. */
interface Slice {
  readonly kind: number
  readonly payload: Uint8Array
  readonly rest: number
  /** cost of all slices up to this one */
  readonly end: number
  /** of the frame, where this is its last slice */
  readonly cost: number
}

type Timer = ReturnType<typeof setTimeout> | null

const UNREAD: Closing = { code: 'lost', reason: 'the other side closed before all that it sent was read' }

const HEARD: Closing = { code: 'lost', reason: 'the other side was told that the connection ended' }

const NOTHING = new Uint8Array(0)

/** One end of a link. */
export class Link implements Line {
  readonly endpoint: Endpoint
  /** resolves when the other side has said anything but that it knows nothing */
  readonly answered: Promise<void>
  readonly #limits: Limits
  readonly #wire: Wire
  readonly #pace: Pace
  // sending: slices from number #base on; those before #at need not be sent now, those before #sent were sent before
  #slices: Slice[] = []
  #base = 0
  #at = 0
  #sent = 0
  /** how often the time to send again was doubled */
  #patience = 0
  /** a slice was sent again, and nothing more is until it is answered */
  #probing = false
  #end = 0
  #acknowledged = 0
  #window = 0
  // receiving
  #next = 0
  #unacknowledged = 0
  #told = 0
  #frame: Uint8Array | null = null
  #filled = 0
  #beats = 0
  #resend: Timer = null
  #ack: Timer = null
  readonly #heart: ReturnType<typeof setInterval>
  #hello: () => void = () => {}
  /** told when the other side knows that this side ends */
  #whenEnded: () => void = () => {}

  constructor(peer: string, limits: Limits, wire: Wire, pace: Partial<Pace> = {}) {
    this.endpoint = new Endpoint(peer, limits, this)
    this.#limits = limits
    this.#wire = wire
    this.#pace = { ...PACE, ...pace }
    this.answered = new Promise((resolve) => (this.#hello = resolve))
    this.#heart = setInterval(() => this.#beat(), limits.silenceMs / BEATS)
    void this.endpoint.closed.then(() => this.#stop())
  }

  /** Asks for the connection; to be repeated until {@link answered}. */
  open(): void {
    this.#transmit({ kind: Kind.open, payload: NOTHING, rest: 0 }, 0)
  }

  /** Says what was taken, and that this side is there. */
  say(): void {
    this.#transmit({ kind: Kind.ack, payload: NOTHING, rest: 0 }, 0)
  }

  /** Sends at once what is not acknowledged: the wire has lost it. */
  repeat(): void {
    this.#at = this.#base
    this.#probing = false
    this.#pump()
  }

  write(frame: Uint8Array): void {
    const size = this.#wire.messageBytes - MESSAGE_OVERHEAD
    for (let from = 0; from === 0 || from < frame.byteLength; from += size) {
      const payload = frame.subarray(from, from + size)
      const rest = frame.byteLength - from - payload.byteLength
      this.#push(Kind.slice, payload, rest, rest === 0 ? costOf(frame) : 0)
    }
    this.#pump()
  }

  read(): void {
    // the other side may have stopped for want of room
    if (this.#told < this.#limits.queueBytes / 2 && this.endpoint.room >= this.#limits.queueBytes / 2)
      this.say()
  }

  end(closing: Closing): Promise<void> {
    const { resendMs, partingMs } = this.#pace
    const done = closing.code === 'done'
    const cut = cutMessage(done ? UNREAD : closing)
    if (done) this.#push(Kind.close, new TextEncoder().encode(closing.reason), 0, 0)
    if (done) this.#pump()
    else this.#wire.send(cut)
    return new Promise((resolve) => {
      const again = done ? null : setInterval(() => this.#wire.send(cut), resendMs)
      const ended = (): void => {
        clearTimeout(late)
        if (again !== null) clearInterval(again)
        resolve()
      }
      const late = setTimeout(() => {
        this.#wire.send(cut)
        ended()
      }, partingMs)
      this.#whenEnded = ended
    })
  }

  /** Takes what the wire carried; what is damaged is as good as lost. */
  hear(bytes: Uint8Array): void {
    const message = decodeMessage(bytes)
    if (message === null) return
    this.#beats = 0
    if (message.kind === Kind.cut) return this.#gone(message.payload)
    this.#hello()
    this.#learn(message)
    if (message.kind === Kind.slice || message.kind === Kind.close) this.#take(message)
    else if (message.kind === Kind.open) this.say()
    this.#pump()
  }

  #push(kind: number, payload: Uint8Array, rest: number, cost: number): void {
    this.#end += costOf(payload)
    this.#slices.push({ kind, payload, rest, cost, end: this.#end })
  }

  /** Sends what the window allows. */
  #pump(): void {
    for (; !this.#probing && this.#at < this.#base + this.#slices.length; this.#at++) {
      const slice = this.#slices[this.#at - this.#base] as Slice
      if (slice.end > this.#window) break
      this.#transmit(slice, this.#at)
      this.#sent = Math.max(this.#sent, this.#at + 1)
    }
    if (this.#slices.length === 0 || this.#resend !== null) return
    const base = this.#base
    this.#resend = setTimeout(
      () => this.#again(base),
      this.#pace.resendMs * (1 << Math.floor(this.#patience)),
    )
  }

  /**
   * Sends one slice again where none was acknowledged for a while; its answer tells whether there is room and the line stands. Each time the
   * while is doubled, so that a line that is merely slow is soon given everything once.
   */
  #again(base: number): void {
    this.#resend = null
    const first = this.#slices[0]
    if (first !== undefined && this.#base === base) {
      this.#probing = true
      this.#patience = Math.min(this.#patience + 1, 4)
      this.#transmit(first, base)
      this.#at = base + 1
      this.#sent = Math.max(this.#sent, this.#at)
    } else this.#patience = Math.max(0, this.#patience - 1 / 8)
    this.#pump()
  }

  #transmit({ kind, payload, rest }: Pick<Slice, 'kind' | 'payload' | 'rest'>, number: number): void {
    if (this.#ack !== null) clearTimeout(this.#ack)
    this.#ack = null
    this.#unacknowledged = 0
    this.#told = this.endpoint.room
    this.#wire.send(encodeMessage({ kind, rest, number, next: this.#next, room: this.#told, payload }))
  }

  /** Forgets the slices that the other side has, and learns how much more it takes. */
  #learn({ next, room }: Message): void {
    if (next > this.#sent || next < this.#base) return
    if (next > this.#base) this.#probing = false
    const done = this.#slices.splice(0, next - this.#base)
    this.#base = next
    this.#at = Math.max(this.#at, next)
    this.#acknowledged = done.at(-1)?.end ?? this.#acknowledged
    this.#window = Math.max(this.#window, this.#acknowledged + room)
    for (const { cost } of done) if (cost > 0) this.endpoint.taken(cost)
    if (done.at(-1)?.kind === Kind.close) this.#whenEnded()
  }

  #take(message: Message): void {
    const { isOpen, room } = this.endpoint
    const wanted = message.number === this.#next && (room > 0 || !isOpen)
    if (wanted) this.#next++
    if (wanted && message.kind === Kind.close) return this.#done(message.payload)
    // what comes while this side closes is acknowledged, so that the other can end too
    if (wanted && isOpen) this.#fill(message)
    if (++this.#unacknowledged >= ACK_EVERY || !wanted) this.say()
    else this.#ack ??= setTimeout(() => this.say(), this.#pace.ackMs)
  }

  /** Puts a slice into its frame, and gives the frame on when it is whole. */
  #fill({ payload, rest }: Message): void {
    const left = payload.byteLength + rest
    if (this.#frame === null && left > this.endpoint.longest) return this.endpoint.tooLong(left)
    this.#frame ??= memory(left)
    if (this.#filled + left !== this.#frame.byteLength)
      return this.endpoint.fail('it sent slices that do not fit')
    this.#frame.set(payload, this.#filled)
    this.#filled += payload.byteLength
    if (rest > 0) return
    const frame = this.#frame
    this.#frame = null
    this.#filled = 0
    this.endpoint.arrive(frame)
  }

  #done(reason: Uint8Array): void {
    this.say()
    // it reads no more, so there is nothing to wait for
    this.#whenEnded()
    this.endpoint.gone({ code: 'done', reason: new TextDecoder().decode(reason) })
  }

  #gone(payload: Uint8Array): void {
    if (this.endpoint.isOpen) this.#wire.send(cutMessage(HEARD))
    this.#whenEnded()
    this.endpoint.gone(closingOf(payload))
  }

  #beat(): void {
    if (++this.#beats > BEATS)
      this.endpoint.gone({ code: 'lost', reason: `no sign of life for ${this.#limits.silenceMs / 1000} s` })
    else this.say()
  }

  #stop(): void {
    clearInterval(this.#heart)
    if (this.#resend !== null) clearTimeout(this.#resend)
    if (this.#ack !== null) clearTimeout(this.#ack)
    this.#slices = []
    this.#wire.drop()
  }
}
