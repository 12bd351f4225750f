import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kvm } from '@nats-io/kv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBroker, startBroker, type Broker } from '../../test/nats-server.ts'
import { reach, type Broker as Client } from './nats-broker.ts'
import { takeLease, type Lease } from './nats-lease.ts'
import { listenNats } from './nats.ts'

/** Short, for the tests wait for it. */
const leaseMs = 1000

describe.skipIf(noBroker !== null)(
  `the lease of a federation${noBroker === null ? '' : `: ${noBroker}`}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrl-lease-'))
    let broker: Broker
    let federations = 0
    const clients: Client[] = []
    beforeAll(async () => void (broker = await startBroker(['-js', '-sd', folder])))
    afterAll(async () => {
      for (const { connection } of clients) await connection.close()
      await broker.kill()
      rmSync(folder, { recursive: true })
    })

    async function client(url = broker.url): Promise<Client> {
      const one = await reach({ url })
      clients.push(one)
      return one
    }
    const take = async (federation: string, name: string, through?: Client): Promise<Lease> =>
      takeLease(
        through ?? (await client()),
        broker.url,
        federation,
        { holder: name, folder: name, leaseMs },
        () => Promise.resolve(false),
      )
    const holderOf = async (federation: string): Promise<string | undefined> => {
      const bucket = await new Kvm((await client()).connection).open('fedrl')
      const entry = await bucket.get(federation)
      return entry?.operation === 'PUT' ? entry.json<{ holder: string }>().holder : undefined
    }

    it('one of many that ask at once gets it', async () => {
      const federation = `test.${federations++}`
      const asking = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => take(federation, name)))
      const won = asking.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
      expect(won).toHaveLength(1)
      for (const one of asking)
        if (one.status === 'rejected')
          expect(String(one.reason)).toContain(`is served by ${await holderOf(federation)}`)
      await won[0]?.release()
      expect(await holderOf(federation)).toBeUndefined()
    })

    it('a server of the same run folder takes over at once, and the one before is told', async () => {
      const federation = `test.${federations++}`
      const first = await take(federation, 'a')
      const second = await take(federation, 'a')
      expect(await first.lost).toBe(`the federation ${federation} was taken over by a`)
      await second.release()
    })

    it('is renewed while its server lives, and expires after it', async () => {
      const federation = `test.${federations++}`
      const dying = await client()
      await take(federation, 'a', dying)
      const refused = take(federation, 'b')
      await expect(refused).rejects.toThrow(`the federation ${federation} is served by a`)
      await dying.connection.close()
      const next = await take(federation, 'b')
      expect(await holderOf(federation)).toBe('b')
      await next.release()
    })

    it('outlives a broker that is killed', async () => {
      const federation = `test.${federations++}`
      const lease = await take(federation, 'a')
      await broker.kill()
      await broker.start()
      await expect(take(federation, 'b')).rejects.toThrow('is served by a')
      await lease.release()
    })

    it('is taken again where it expired while the broker was away', async () => {
      const federation = `test.${federations++}`
      const lease = await take(federation, 'a')
      await broker.kill()
      await new Promise((resolve) => setTimeout(resolve, leaseMs))
      await broker.start()
      while ((await holderOf(federation)) !== 'a') await new Promise((resolve) => setTimeout(resolve, 50))
      await expect(take(federation, 'b')).rejects.toThrow('is served by a')
      await lease.release()
    })

    it('a server that listens has it, and is named to the next one', async () => {
      const subject = `test.${federations++}`
      const place = { url: broker.url, subject }
      const listener = await listenNats(place, { holder: 'process 1 on x', folder: 'x', leaseMs })
      const other = listenNats(place, { holder: 'process 2 on y', folder: 'y', leaseMs })
      await expect(other).rejects.toThrow(`the federation ${subject} is served by process 1 on x`)
      await listener.close()
      expect(await holderOf(subject)).toBeUndefined()
    })

    it.each([
      [0, 'never'],
      [60_000, 'after 60 s'],
    ])('needs a bucket whose entries expire in time, and not after %i ms', async (ttl, told) => {
      const storage = mkdtempSync(join(folder, 'other-'))
      const other = await startBroker(['-js', '-sd', storage])
      const { connection } = await client(other.url)
      const bucket = await new Kvm(connection).create('fedrl', { ttl })
      await bucket.put('test', JSON.stringify({ holder: 'a', folder: 'a', session: 'a' }))
      const listening = listenNats({ url: other.url, subject: 'test' }, { holder: 'b', folder: 'b', leaseMs })
      await expect(listening).rejects.toThrow(
        `a bucket fedrl whose entries expire ${told}: expected after 1 s`,
      )
      await connection.close()
      await other.kill()
    })

    it('needs JetStream', async () => {
      const plain = await startBroker()
      const listening = listenNats({ url: plain.url, subject: 'fedrl.x' }, { holder: 'a', folder: 'a' })
      await expect(listening).rejects.toThrow(`the broker ${plain.url} has no JetStream`)
      await plain.kill()
    })
  },
)
