import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBroker, startBroker, type Broker } from '../../test/nats-server.ts'
import { startProxy } from '../../test/transport-faults.ts'
import { checkTransport, frameOf, take } from '../transport.contract.ts'
import type { Guest } from '../transport.ts'
import { connectNats, listenNats } from './nats.ts'

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

  it('names a broker that is not there, and names that are no names', async () => {
    const place = { url: 'nats://127.0.0.1:1', subject: 'fedrl' }
    await expect(listenNats(place)).rejects.toThrow('cannot connect to the broker nats://127.0.0.1:1')
    await expect(connectNats(place, 'a.b')).rejects.toThrow('got "a.b"')
    await expect(listenNats({ ...place, subject: 'a.>' })).rejects.toThrow('got "a.>"')
  })
})
