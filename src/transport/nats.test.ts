import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBroker, startBroker, type Broker } from '../../test/nats-server.ts'
import { startProxy } from '../../test/transport-faults.ts'
import { checkTransport, frameOf, take } from '../transport.contract.ts'
import type { Guest } from '../transport.ts'
import { askServer, connectNats, listenNats } from './nats.ts'

/** What the sockets of loopback and the broker hold is within the window of a link. */
const SLACK = 0

describe.skipIf(noBroker !== null)(`NATS${noBroker === null ? '' : `: ${noBroker}`}`, () => {
  let broker: Broker
  let federations = 0
  beforeAll(async () => void (broker = await startBroker()))
  afterAll(() => broker.kill())

  checkTransport(
    'NATS',
    async (limits) => {
      const place = { url: broker.url, subject: `fedrl.test-${federations++}`, limits }
      const listener = await listenNats(place)
      return { listener, connect: (own = limits) => connectNats({ ...place, limits: own }, 'ward-3') }
    },
    { slack: SLACK },
  )

  checkTransport(
    'NATS behind a line that tears, breaks and freezes',
    async (limits) => {
      const proxy = await startProxy(broker.port, { pieces: 3000 })
      const place = { url: broker.url, subject: `fedrl.test-${federations++}`, limits }
      const listener = await listenNats(place)
      const url = `nats://127.0.0.1:${proxy.port}`
      return {
        ...proxy,
        listener,
        connect: (own = limits) => connectNats({ ...place, url, limits: own }, 'ward-3'),
      }
    },
    { cut: true, freeze: true, slack: SLACK },
  )

  it('goes on over the same connections when the broker was killed and started again', async () => {
    const own = await startBroker()
    const place = { url: own.url, subject: 'fedrl.kill' }
    const listener = await listenNats(place)
    const agent = await connectNats(place, 'ward-3')
    const [guest] = (await take(listener.connections, 1)) as [Guest]
    guest.admit()
    const frames = Array.from({ length: 300 }, (_, i) => frameOf(i, 20_000 + i))
    const arrived = take(guest.frames, frames.length)
    const back = take(agent.frames, frames.length)
    const sends = frames.map(async (frame, i) => {
      await new Promise((resolve) => setTimeout(resolve, 5 * i))
      await Promise.all([agent.send(frame), guest.send(frame)])
    })
    for (let kills = 0; kills < 3; kills++) {
      await new Promise((resolve) => setTimeout(resolve, 300))
      await own.kill()
      await own.start()
    }
    await Promise.all(sends)
    for (const all of [await arrived, await back])
      expect(all.every((frame, i) => Buffer.compare(frame, frames[i] as Uint8Array) === 0)).toBe(true)
    await listener.close()
    await own.kill()
  })

  it('tells an agent of a server that was started anew that it is not known', async () => {
    const place = { url: broker.url, subject: 'fedrl.anew', limits: { silenceMs: 600 } }
    const first = await listenNats(place)
    const agent = await connectNats(place, 'ward-3')
    await expect(listenNats(place)).rejects.toThrow('another server has the subject fedrl.anew')
    await first.close()
    expect((await agent.closed).code).toBe('done')
    await expect(connectNats(place, 'ward-3')).rejects.toThrow('no server listens there')
  })

  it('goes on when the broker has cut an agent that takes nothing for a while', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrl-slow-'))
    const [conf, log] = [join(folder, 'nats.conf'), join(folder, 'log')]
    writeFileSync(conf, 'write_deadline: "100ms"\n')
    const own = await startBroker(['-c', conf, '-l', log])
    const wasCut = (): boolean => readFileSync(log, 'utf8').includes('Slow Consumer Detected')
    // as an event loop that is blocked: what comes is not taken, what the kernels hold is full
    const lines: Socket[] = []
    const between = createServer((near) => {
      const far = connect(own.port, '127.0.0.1')
      near.pipe(far).pipe(near)
      for (const one of [near, far]) one.on('error', () => undefined)
      far.on('close', () => near.destroy())
      lines.push(far)
    }).listen(0, '127.0.0.1')
    await once(between, 'listening')
    const place = { subject: 'fedrl.slow', limits: { queueBytes: 64 << 20 }, pace: { resendMs: 50 } }
    const listener = await listenNats({ ...place, url: own.url })
    const url = `nats://127.0.0.1:${(between.address() as AddressInfo).port}`
    const agent = await connectNats({ ...place, url }, 'ward-3')
    const [guest] = (await take(listener.connections, 1)) as [Guest]
    guest.admit()
    const frames = Array.from({ length: 24 }, (_, i) => frameOf(i, 1_000_000 + i))
    lines.at(-1)?.pause()
    const sends = Promise.all(frames.map((frame) => guest.send(frame)))
    while (!wasCut()) await new Promise((resolve) => setTimeout(resolve, 20))
    for (const one of lines) one.destroy()
    const got = await take(agent.frames, frames.length)
    expect(got.every((frame, i) => Buffer.compare(frame, frames[i] as Uint8Array) === 0)).toBe(true)
    await sends
    await listener.close()
    between.close()
    await own.kill()
    rmSync(folder, { recursive: true })
  })

  // these two wait, mostly
  it.concurrent(
    'takes an agent that was killed for gone when it comes back, and soon when it does not',
    async () => {
      const place = { url: broker.url, subject: `fedrl.test-${federations++}` }
      const listener = await listenNats(place)
      // a user whose connection ends without a word, as that of a process that is killed
      const killed = async (name: string): Promise<Guest> => {
        const proxy = await startProxy(broker.port)
        const options = { maxReconnectAttempts: 0 }
        const agent = await connectNats({ ...place, url: `nats://127.0.0.1:${proxy.port}`, options }, name)
        const [guest] = (await take(listener.connections, 1)) as [Guest]
        guest.admit()
        await proxy.close()
        await agent.closed
        return guest
      }
      const [one, other] = [await killed('one'), await killed('other')]
      const again = await connectNats(place, 'one')
      expect(await one.closed).toEqual({ code: 'lost', reason: 'nobody hears it any more' })
      expect(await other.closed).toEqual({ code: 'lost', reason: 'nobody hears it any more' })
      again.close()
      await listener.close()
    },
  )

  it.concurrent('takes a server that was killed for gone long before it is silent for too long', async () => {
    const proxy = await startProxy(broker.port)
    const subject = `fedrl.test-${federations++}`
    const options = { maxReconnectAttempts: 0 }
    const listener = await listenNats({ url: `nats://127.0.0.1:${proxy.port}`, subject, options })
    const agent = await connectNats({ url: broker.url, subject }, 'ward-3')
    await proxy.close()
    expect(await agent.closed).toEqual({ code: 'lost', reason: 'nobody hears it any more' })
    await listener.close()
  })

  it('asks the server how it stands', async () => {
    const place = { url: broker.url, subject: `fedrl.test-${federations++}` }
    await expect(askServer(place)).rejects.toThrow('no server answers')
    const listener = await listenNats(place)
    listener.answerWith(() => new TextEncoder().encode('well'))
    expect(new TextDecoder().decode(await askServer(place))).toBe('well')
    await listener.close()
  })

  it('names a broker that is not there, and names that are no names', async () => {
    const place = { url: 'nats://127.0.0.1:1', subject: 'fedrl' }
    await expect(listenNats(place)).rejects.toThrow('cannot connect to the broker nats://127.0.0.1:1')
    await expect(connectNats(place, 'a.b')).rejects.toThrow('got "a.b"')
    await expect(listenNats({ ...place, subject: 'a.>' })).rejects.toThrow('got "a.>"')
  })
})
