import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect as connectTcp } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startProxy } from '../../test/transport-faults.ts'
import { checkTransport, frameOf, rest, take } from '../transport.contract.ts'
import type { Guest } from '../transport.ts'
import { connectPage } from './websocket-browser.ts'
import { connectWebSocket, listenWebSocket } from './websocket.ts'

/** What the sockets of loopback hold for one direction, at most: send and receive buffers of two hops. */
const SLACK = 24 * 1024 * 1024

/** The interface of browsers on a socket of Node; as in a page, nobody need listen to errors. */
class PageSocket extends WebSocket {
  constructor(url: string) {
    super(url)
    this.on('error', () => {})
  }
}

checkTransport(
  'WebSocket',
  async (limits) => {
    const listener = await listenWebSocket({ limits })
    return { listener, connect: (own = limits) => connectWebSocket(listener.address, { limits: own }) }
  },
  { slack: SLACK },
)

checkTransport(
  'WebSocket over a line that tears, breaks and freezes',
  async (limits) => {
    const listener = await listenWebSocket({ limits })
    const proxy = await startProxy(Number(new URL(listener.address).port), { pieces: 3000 })
    const url = `ws://127.0.0.1:${proxy.port}/`
    return { ...proxy, listener, connect: (own = limits) => connectWebSocket(url, { limits: own }) }
  },
  { cut: true, freeze: true, slack: SLACK },
)

checkTransport(
  'WebSocket of a page',
  async (limits) => {
    const listener = await listenWebSocket({ limits })
    return { listener, connect: (own = limits) => connectPage(listener.address, own, PageSocket) }
  },
  { slack: SLACK, unstoppable: true, mute: true },
)

describe('a WebSocket listener', () => {
  it('says that a port is in use, and that nobody listens', async () => {
    const listener = await listenWebSocket()
    const port = Number(new URL(listener.address).port)
    await expect(listenWebSocket({ port })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: another program uses this port`,
    )
    await listener.close()
    await expect(connectWebSocket(listener.address)).rejects.toThrow(/cannot connect to ws:.*ECONNREFUSED/)
  })

  it('leaves other routes of its server alone', async () => {
    const listener = await listenWebSocket({ path: '/agents' })
    listener.server.on('request', (_, response) => response.end('healthy'))
    const { host } = new URL(listener.address)
    expect(await (await fetch(`http://${host}/health`)).text()).toBe('healthy')
    await expect(connectWebSocket(`ws://${host}/elsewhere`)).rejects.toThrow('the server answered 404')
    const agent = await connectWebSocket(`${listener.address}?name=a`)
    agent.close()
    await listener.close()
  })

  it('cuts a stranger in the middle of a long frame, and one that speaks text', async () => {
    const listener = await listenWebSocket({ limits: { helloBytes: 1000 } })
    const agent = await connectWebSocket(listener.address)
    await agent.send(frameOf(0, 4_000_000)).catch(() => {})
    const [guest] = (await take(listener.connections, 1)) as [Guest]
    expect((await guest.closed).reason).toContain('a frame of more than 1000 bytes')
    const talker = new WebSocket(listener.address)
    talker.on('open', () => talker.send('hello'))
    const [other] = (await take(listener.connections, 1)) as [Guest]
    expect(await other.closed).toEqual({ code: 'limit', reason: 'it sent text, but frames are binary' })
    expect(await rest(other.frames)).toEqual([])
    await listener.close()
  })

  it('reads what has come before it says that nothing did, when it was kept from running', async () => {
    const listener = await listenWebSocket({ limits: { helloMs: 60 } })
    const guests = listener.connections[Symbol.asyncIterator]()
    const agent = await connectWebSocket(listener.address)
    const { value: guest } = (await guests.next()) as { value: Guest }
    const [frame] = await Promise.all([
      take(guest.frames, 1).then((frames) => {
        guest.admit()
        return frames[0]
      }),
      agent.send(frameOf(1, 16)).then(() => {
        for (const end = performance.now() + 150; performance.now() < end;);
      }),
    ])
    expect(frame).toEqual(frameOf(1, 16))
    await agent.send(frameOf(2, 16))
    expect(await take(guest.frames, 1)).toEqual([frameOf(2, 16)])
    await listener.close()
  })

  it('takes only so many strangers from one network, and others all the while', async () => {
    const listener = await listenWebSocket({ limits: { strangers: 2, helloMs: 60_000 } })
    let from = '192.0.2.7'
    listener.server.prependListener('connection', (socket) =>
      Object.defineProperty(socket, 'remoteAddress', { value: from }),
    )
    const connect = () => connectWebSocket(listener.address)
    const first = [await connect(), await connect()]
    const [guest] = await take(listener.connections, 2)
    await expect(connect()).rejects.toThrow('503 more than 2 connections from there wait to be let in')
    from = '192.0.2.8'
    const other = await connect()
    from = '192.0.2.7'
    // one that is admitted is no stranger, and makes room for the next
    guest?.admit()
    const next = await connect()
    await expect(connect()).rejects.toThrow('503')
    // without a request, so that they can be refused no more: 2 strangers are there, 6 more, and one too many
    const port = Number(new URL(listener.address).port)
    const silent = Array.from({ length: 6 }, () => connectTcp(port, '127.0.0.1'))
    for (const socket of silent) await once(socket, 'connect')
    const cut = connectTcp(port, '127.0.0.1')
    await once(cut, 'close')
    expect(silent.map(({ closed }) => closed)).toEqual(silent.map(() => false))
    from = '127.0.0.1'
    const own = await Promise.all(Array.from({ length: 5 }, connect))
    for (const agent of [...first, other, next, ...own]) agent.close()
    for (const socket of silent) socket.destroy()
    await listener.close()
  })

  it('does not wait for ever for a request that is never finished', async () => {
    const listener = await listenWebSocket({ limits: { helloMs: 100 } })
    const socket = connectTcp(Number(new URL(listener.address).port), '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nUpgr')
    const answer = await new Promise((resolve) => socket.on('data', (data) => resolve(data.toString())))
    expect(answer).toContain('408')
    await listener.close()
  })
})

describe('WebSocket over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedrl-tls-'))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '1']
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', cert], { stdio: 'ignore' })
  const tls = { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  afterAll(() => rmSync(folder, { recursive: true }))

  checkTransport(
    'WebSocket over TLS',
    async (limits) => {
      const listener = await listenWebSocket({ limits, tls })
      const connect = (own = limits) => connectWebSocket(listener.address, { limits: own, ca: tls.cert })
      return { listener, connect }
    },
    { slack: SLACK },
  )

  it('does not talk to a server that nobody vouches for', async () => {
    const listener = await listenWebSocket({ tls })
    expect(listener.address).toMatch(/^wss:/)
    await expect(connectWebSocket(listener.address)).rejects.toThrow(/self-signed certificate/)
    await listener.close()
  })
})
