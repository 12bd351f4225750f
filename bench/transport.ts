/**
 * What a transport costs beside the library under it: frames echoed through our connections and through raw `ws`, and through raw
 * request and reply of NATS, interleaved; medians of several repetitions. Clients and server share this process.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectBroker } from '@nats-io/transport-node'
import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { WebSocket, WebSocketServer } from 'ws'
import { connectNats, listenNats } from '../src/transport/nats.ts'
import { connectWebSocket, listenWebSocket } from '../src/transport/websocket.ts'
import type { Connection, Listener } from '../src/transport.ts'
import { startBroker } from '../test/nats-server.ts'
import { spreadOf, type Spread } from './measure.ts'
import { table } from './results.ts'

/** How long and how often to measure. */
export interface EchoEffort {
  readonly repetitions: number
  /** of one contestant in one repetition */
  readonly budgetMs: number
}

const KIB = 1024

/** Echoes a frame over one of its connections. */
type Echo = (connection: number) => Promise<void>

/** A way to echo frames, with its connections open. */
interface Contestant {
  readonly name: string
  readonly echo: Echo
  close(): Promise<void>
}

async function echoAll(listener: Listener): Promise<void> {
  for await (const guest of listener.connections) {
    guest.admit()
    void (async () => {
      for await (const frame of guest.frames) await guest.send(frame)
    })().catch(() => {})
  }
}

/** Frames echoed over our connections; one under way over each at a time. */
function overConnections(
  name: string,
  listener: Listener,
  agents: readonly Connection[],
  frame: Uint8Array,
): Contestant {
  const replies = agents.map(({ frames }) => frames[Symbol.asyncIterator]())
  return {
    name,
    async echo(k) {
      await agents[k]?.send(frame)
      await replies[k]?.next()
    },
    close: () => listener.close(),
  }
}

async function oursOverWebSocket(count: number, frame: Uint8Array): Promise<Contestant> {
  const listener = await listenWebSocket({ limits: { helloBytes: 2 * KIB * KIB } })
  void echoAll(listener)
  const agents: Connection[] = []
  for (let k = 0; k < count; k++) agents.push(await connectWebSocket(listener.address))
  return overConnections('ours over WebSocket', listener, agents, frame)
}

async function rawWebSocket(count: number, frame: Uint8Array): Promise<Contestant> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await new Promise((resolve) => server.once('listening', resolve))
  server.on('connection', (socket) => socket.on('message', (data) => socket.send(data, { binary: true })))
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const sockets: WebSocket[] = []
  for (let k = 0; k < count; k++) {
    const socket = new WebSocket(url, { perMessageDeflate: false })
    await new Promise((resolve) => socket.once('open', resolve))
    sockets.push(socket)
  }
  return {
    name: 'raw ws',
    echo: (k) =>
      new Promise((resolve) => {
        sockets[k]?.once('message', () => resolve())
        sockets[k]?.send(frame, { binary: true })
      }),
    async close() {
      for (const socket of sockets) socket.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

let federations = 0

async function oursOverNats(url: string, count: number, frame: Uint8Array): Promise<Contestant> {
  const place = { url, subject: `bench.ours-${federations++}`, limits: { helloBytes: 2 * KIB * KIB } }
  const listener = await listenNats(place)
  void echoAll(listener)
  const agents: Connection[] = []
  for (let k = 0; k < count; k++) agents.push(await connectNats(place, `a${k}`))
  return overConnections('ours over NATS', listener, agents, frame)
}

async function rawNats(url: string, count: number, frame: Uint8Array): Promise<Contestant> {
  const subject = `bench.raw-${federations++}`
  const server = await connectBroker({ servers: url })
  server.subscribe(subject, { callback: (_, message) => void message.respond(message.data) })
  await server.flush()
  const agents = await Promise.all(Array.from({ length: count }, () => connectBroker({ servers: url })))
  return {
    name: 'raw NATS',
    async echo(k) {
      await agents[k]?.request(subject, frame, { timeout: 20_000 })
    },
    async close() {
      await Promise.all([server, ...agents].map((connection) => connection.close()))
    },
  }
}

/** What a broker that stores every message would cost: both ways through a stream, with its acknowledgement. */
async function storedNats(url: string, count: number, frame: Uint8Array): Promise<Contestant> {
  const name = `bench-${federations++}`
  const manager = await connectBroker({ servers: url })
  await (
    await jetstreamManager(manager)
  ).streams.add({ name, subjects: [`${name}.*`], max_bytes: 256 * KIB * KIB })
  const agents = await Promise.all(Array.from({ length: count }, () => connectBroker({ servers: url })))
  return {
    name: 'JetStream, stored both ways',
    async echo(k) {
      const agent = agents[k]
      if (agent === undefined) return
      await jetstream(agent).publish(`${name}.up`, frame)
      await jetstream(agent).publish(`${name}.down`, frame)
    },
    async close() {
      await (await jetstreamManager(manager)).streams.delete(name)
      await Promise.all([manager, ...agents].map((connection) => connection.close()))
    },
  }
}

/** Frames there and back, every connection with one under way: how many a second, and the CPU time of each in microseconds. */
async function rateOf(
  { echo }: Contestant,
  count: number,
  budgetMs: number,
): Promise<[rate: number, cpu: number]> {
  const start = performance.now()
  const before = process.cpuUsage()
  let echoed = 0
  await Promise.all(
    Array.from({ length: count }, async (_, k) => {
      do {
        await echo(k)
        echoed++
      } while (performance.now() - start < budgetMs)
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return [(1000 * echoed) / (performance.now() - start), (user + system) / echoed]
}

/** Frames of one size over so many connections. */
export interface Cell {
  readonly bytes: number
  readonly connections: number
  readonly rates: Readonly<Record<string, Spread>>
  /** rate of the first to that of the second contestant, repetition by repetition */
  readonly ratio: Spread
  /** the same by CPU time of this process, which a busy machine disturbs less */
  readonly cpuRatio: Spread
}

async function compare(
  bytes: number,
  connections: number,
  open: readonly ((count: number, frame: Uint8Array) => Promise<Contestant>)[],
  { repetitions, budgetMs }: EchoEffort,
): Promise<Cell> {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => i & 255)
  const contestants: Contestant[] = []
  for (const one of open) contestants.push(await one(connections, frame))
  for (const one of contestants) await rateOf(one, connections, budgetMs / 3)
  const rates = new Map(contestants.map(({ name }) => [name, [] as [number, number][]]))
  for (let i = 0; i < repetitions; i++)
    for (const one of i % 2 === 0 ? contestants : contestants.toReversed())
      rates.get(one.name)?.push(await rateOf(one, connections, budgetMs))
  for (const one of contestants) await one.close()
  const [ours, raw] = [...rates.values()] as [[number, number][], [number, number][]]
  return {
    bytes,
    connections,
    rates: Object.fromEntries([...rates].map(([name, all]) => [name, spreadOf(all.map(([rate]) => rate))])),
    ratio: spreadOf(ours.map(([rate], i) => rate / (raw[i]?.[0] as number))),
    cpuRatio: spreadOf(ours.map(([, cpu], i) => (raw[i]?.[1] as number) / cpu)),
  }
}

/** The broker at `url`, or, where that is null, one of our own with its store in a folder of its own. */
async function broker(url: string | null): Promise<{ url: string; end(): Promise<void> }> {
  if (url !== null) return { url, end: () => Promise.resolve() }
  const folder = mkdtempSync(join(tmpdir(), 'fedrl-bench-'))
  const own = await startBroker(['-js', '-sd', folder])
  return {
    url: own.url,
    async end() {
      await own.kill()
      rmSync(folder, { recursive: true })
    },
  }
}

/** A spread as text. */
export const shown = ({ median, low, high }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${low.toFixed(digits)} to ${high.toFixed(digits)})`

/** Cells as a Markdown table. */
export const cellTable = (cells: readonly Cell[]): string => {
  const names = Object.keys(cells[0]?.rates ?? {})
  return table(
    ['bytes', 'connections', ...names.map((name) => `${name}, frames/s`), 'ours of raw', 'by CPU time'],
    cells.map(({ bytes, connections, rates, ratio, cpuRatio }) => [
      `${bytes}`,
      `${connections}`,
      ...names.map((name) => shown(rates[name] as Spread, 0)),
      shown(ratio, 2),
      shown(cpuRatio, 2),
    ]),
  )
}

const SIZES = [KIB, 37 * KIB, KIB * KIB - 64] as const

/** Ours over WebSocket beside raw `ws`. */
export async function compareWebSocket(effort: EchoEffort): Promise<Cell[]> {
  const contestants = [oursOverWebSocket, rawWebSocket]
  const cells: Cell[] = []
  for (const bytes of SIZES) cells.push(await compare(bytes, 8, contestants, effort))
  cells.push(await compare(37 * KIB, 512, contestants, effort))
  return cells
}

/** Ours over NATS beside raw request and reply, and a stream. @param url of a broker; null: one is started */
export async function compareNats(url: string | null, effort: EchoEffort): Promise<Cell[]> {
  const own = await broker(url)
  const contestants = [oursOverNats, rawNats, storedNats].map(
    (open) => (count: number, frame: Uint8Array) => open(own.url, count, frame),
  )
  const cells: Cell[] = []
  for (const bytes of SIZES) cells.push(await compare(bytes, 8, contestants, effort))
  await own.end()
  return cells
}
