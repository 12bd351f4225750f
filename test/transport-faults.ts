/** Lines that fail on purpose, with everything random drawn from a seed: a TCP proxy, and a transport in this process. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { Purpose, below, streamOf, uniform } from '../src/numeric/index.ts'
import { TransportError, limitsOf, type Connection, type Limits, type Listener } from '../src/transport.ts'
import { Guests } from '../src/transport/guests.ts'
import { Link, type Wire } from '../src/transport/link.ts'

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
      for (let at = 0; at < passing.length;) {
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

/** What happens to all wires of one transport, from now on. */
interface Weather {
  /** bytes that still pass from agents before every line breaks */
  left: number
  frozen: boolean
}

function faultyWire(
  { seed, messageBytes, ...faults }: WireFaults,
  end: number,
  passes: (bytes: number) => boolean,
): FaultyWire {
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
    const passed = new Promise<void>((resolve) => {
      if (ms === 0) queueMicrotask(resolve)
      else setTimeout(resolve, ms)
    })
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
      if (!passes(message.length) || happens(faults.drop)) return
      carry(message)
      if (happens(faults.duplicate)) carry(message)
    },
  }
}

const PACE = { resendMs: 8, ackMs: 2, partingMs: 1000 }

/**
 * Both ends of a link over one faulty wire, each hearing what the other sends; the first is the agent's.
 * @param passes whether so many bytes, from the agent or to it, still pass
 */
export function faultyLinks(
  faults: WireFaults,
  [near, far]: readonly [Limits, Limits],
  passes: (bytes: number, fromAgent: boolean) => boolean = () => true,
): [Link, Link] {
  const up = faultyWire(faults, 0, (bytes) => passes(bytes, true))
  const down = faultyWire(faults, 1, (bytes) => passes(bytes, false))
  const [agent, guest] = [new Link('server', near, up, PACE), new Link('agent', far, down, PACE)] as const
  up.onMessage((bytes) => guest.hear(bytes))
  down.onMessage((bytes) => agent.hear(bytes))
  return [agent, guest]
}

/** A transport within this process whose lines do all that {@link WireFaults} says, and can be cut and frozen. */
export function listenFaulty(faults: WireFaults, some: Partial<Limits> = {}) {
  const limits = limitsOf(some)
  const guests = new Guests(limits)
  const links = new Set<Link>()
  const weather: Weather = { left: Number.POSITIVE_INFINITY, frozen: false }
  let seed = faults.seed
  const breakAll = (): void => {
    for (const { endpoint } of links) endpoint.gone({ code: 'lost', reason: 'the line was cut' })
  }
  const passes = (bytes: number, fromAgent: boolean): boolean => {
    if (fromAgent) weather.left -= bytes
    if (weather.left <= 0) queueMicrotask(breakAll)
    return !weather.frozen && weather.left > 0
  }
  const listener: Listener = {
    address: 'memory with faults',
    connections: guests.connections,
    close: (reason) => guests.close(reason),
  }
  return {
    listener,
    async connect(own: Partial<Limits> = some): Promise<Connection> {
      const refused = guests.refusal
      if (refused !== null) throw new TransportError(refused.reason)
      const [agent, guest] = faultyLinks({ ...faults, seed: seed++ }, [limitsOf(own), limits], passes)
      for (const link of [agent, guest]) links.add(link)
      guests.add(guest.endpoint)
      const asking = setInterval(() => agent.open(), PACE.resendMs)
      agent.open()
      await agent.answered
      clearInterval(asking)
      return agent.endpoint
    },
    cutAfter(bytes: number): void {
      weather.left = bytes
      if (bytes === 0) breakAll()
    },
    freeze: () => void (weather.frozen = true),
  }
}
