import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBroker, startBroker, type Broker } from '../../test/nats-server.ts'
import { reach } from './nats-broker.ts'
import { brokerFacts, mirrorRoom } from './nats-facts.ts'

describe.skipIf(noBroker !== null)(`a broker${noBroker === null ? '' : `: ${noBroker}`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedrl-facts-'))
  let broker: Broker
  beforeAll(async () => {
    const file = join(folder, 'nats.conf')
    writeFileSync(file, `jetstream: { store_dir: "${join(folder, 'js')}", max_file_store: 10000000 }`)
    broker = await startBroker(['-c', file])
  })
  afterAll(async () => {
    await broker.kill()
    rmSync(folder, { recursive: true })
  })

  /** The names of its streams, after `work`. */
  async function streamsAfter(
    work: (connection: Awaited<ReturnType<typeof reach>>['connection']) => Promise<unknown>,
  ) {
    const { connection } = await reach({ url: broker.url })
    await work(connection)
    const names: string[] = []
    for await (const name of (await jetstreamManager(connection)).streams.names()) names.push(name)
    await connection.close()
    return names
  }

  it('says what it can do, and what time it is', async () => {
    const before = Date.now()
    const facts = await brokerFacts({ url: broker.url })
    expect(facts).toMatchObject({
      cluster: null,
      isEncrypted: false,
      asksForKeys: false,
      jetStream: true,
      maxPayload: 1048576,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    })
    expect(Date.parse(facts.time ?? '')).toBeGreaterThanOrEqual(before)
    expect(Date.parse(facts.time ?? '')).toBeLessThanOrEqual(Date.now())
    await expect(brokerFacts({ url: 'nats://127.0.0.1:1' })).rejects.toThrow('cannot connect to the broker')
    expect(await streamsAfter(() => Promise.resolve())).toEqual([])
  })

  it('without JetStream tells no time', async () => {
    const plain = await startBroker()
    expect(await brokerFacts({ url: plain.url })).toMatchObject({ jetStream: false, time: null })
    await plain.kill()
  })

  it('says whether a mirror has room beside what is there, and beside what it has itself', async () => {
    const room = (bytes: number) => mirrorRoom({ url: broker.url }, 'ward', bytes)
    expect(await room(9e6)).toEqual({ fits: true, held: 0 })
    expect(await room(11e6)).toEqual({ fits: false, held: 0 })
    const streams = await streamsAfter(async (connection) => {
      const manager = await jetstreamManager(connection)
      await manager.streams.add({ name: 'other', subjects: ['other'] })
      await manager.streams.add({ name: 'fedrl-ward', subjects: ['ward'] })
      for (const subject of ['other', 'other', 'other', 'ward'])
        await connection.request(subject, new Uint8Array(1e6))
    })
    expect(streams).toEqual(['fedrl-ward', 'other'])
    expect((await room(6e6)).fits).toBe(true)
    // of 10 MB another stream has 3
    const { fits, held } = await room(8e6)
    expect(fits).toBe(false)
    expect(held).toBeGreaterThan(1e6)
    expect(await streamsAfter(() => Promise.resolve())).toEqual(['fedrl-ward', 'other'])
  })
})
