/** Lines that fail on purpose, with everything random drawn from a seed: a TCP proxy, a wire of messages, a connection. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Purpose, below, streamOf, uniform } from '../src/numeric/index.ts'
import type { Wire } from '../src/transport/link.ts'

/** A proxy in front of one TCP port. */
export interface Proxy {
  readonly port: number
  /** lets so many more bytes pass towards the port, then breaks every line */
  cutAfter(bytes: number): void
  /** lets nothing pass from now on */
  freeze(): void
  close(): Promise<void>
}

/** How a proxy treats what passes. */
export interface ProxyFaults {
  readonly seed?: number
  /** bytes pass in random pieces of at most so many */
  readonly pieces?: number
}

/** Listens on a free port of loopback. */
export async function startProxy(to: number, { seed = 1, pieces = 0 }: ProxyFaults = {}): Promise<Proxy> {
  const stream = streamOf(seed, 0, Purpose.walk)
  const sockets = new Set<Socket>()
  let [left, frozen] = [Number.POSITIVE_INFINITY, false]
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  const forward = (from: Socket, into: Socket, counts: boolean): void => {
    from.on('data', (data) => {
      if (frozen) return
      const passing = counts ? data.subarray(0, left) : data
      if (counts) left -= passing.length
      let more = true
      for (let at = 0; at < passing.length; ) {
        const size = pieces === 0 ? passing.length : 1 + below(stream, pieces)
        more = into.write(passing.subarray(at, at + size))
        at += size
      }
      if (counts && left <= 0) return void into.write('', breakAll)
      if (!more) {
        from.pause()
        into.once('drain', () => from.resume())
      }
    })
    from.on('end', () => into.end())
    from.on('error', () => into.destroy())
    from.on('close', () => into.destroy())
  }
  const server: Server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) {
      sockets.add(socket.setNoDelay())
      socket.on('close', () => sockets.delete(socket))
    }
    forward(near, far, true)
    forward(far, near, false)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cutAfter(bytes) {
      left = bytes
      if (bytes === 0) breakAll()
    },
    freeze: () => void (frozen = true),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        breakAll()
      }),
  }
}

/** What a wire does to messages: shares in [0, 1) of those that it drops, repeats, lets later ones overtake, cuts short and damages. */
export interface WireFaults {
  readonly seed: number
  readonly messageBytes: number
  readonly drop?: number
  readonly duplicate?: number
  readonly reorder?: number
  readonly cut?: number
  readonly damage?: number
  /** every message takes up to so long, ms; those after it wait for it unless they overtake */
  readonly delayMs?: number
}

/** A wire whose other end hears what it carries. */
export interface FaultyWire extends Wire {
  onMessage(hear: (bytes: Uint8Array) => void): void
}

/** The wires of both ends of a link, with the same faults. */
export const faultyWires = (faults: WireFaults): [FaultyWire, FaultyWire] => [
  faultyWire(faults, 0),
  faultyWire(faults, 1),
]

function faultyWire({ seed, messageBytes, ...faults }: WireFaults, end: number): FaultyWire {
  const stream = streamOf(seed, end, Purpose.walk)
  const happens = (share = 0): boolean => uniform(stream) < share
  let hear: (bytes: Uint8Array) => void = () => {}
  let before: Promise<unknown> = Promise.resolve()
  const spoil = (message: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(message)
    if (happens(faults.damage)) {
      const at = below(stream, bytes.length)
      bytes[at] = (bytes[at] as number) ^ (1 + below(stream, 255))
    }
    return happens(faults.cut) ? bytes.subarray(0, below(stream, bytes.length)) : bytes
  }
  const carry = (message: Uint8Array): void => {
    const bytes = spoil(message)
    const ms = faults.delayMs === undefined ? 0 : below(stream, faults.delayMs + 1)
    const passed = new Promise((resolve) => (ms === 0 ? queueMicrotask(() => resolve(null)) : setTimeout(resolve, ms)))
    const overtakes = happens(faults.reorder)
    const arrives = overtakes ? passed : Promise.all([before, passed])
    if (!overtakes) before = arrives
    void arrives.then(() => hear(bytes))
  }
  return {
    messageBytes,
    onMessage: (listener) => void (hear = listener),
    drop: () => {},
    send(message) {
      if (happens(faults.drop)) return
      carry(message)
      if (happens(faults.duplicate)) carry(message)
    },
  }
}
