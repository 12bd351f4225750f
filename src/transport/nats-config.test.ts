import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PROGRAM, noBroker, startBroker, type Broker } from '../../test/nats-server.ts'
import { frameOf, take } from '../transport.contract.ts'
import type { Guest } from '../transport.ts'
import { reach, type BrokerEvents } from './nats-broker.ts'
import { brokerConfig } from './nats-config.ts'
import { keyAuthenticator, publicBytes } from './nats-key.ts'
import { openNatsMirror } from './nats-mirror.ts'
import { connectNats, listenNats } from './nats.ts'

const key = (): KeyObject => generateKeyPairSync('ed25519').privateKey
const keys = { server: key(), a: key(), b: key(), stranger: key() }

const folder = mkdtempSync(join(tmpdir(), 'fedrl-nats-config-'))
const file = join(folder, 'nats.conf')

function write(agents: readonly ('a' | 'b')[]): void {
  const text = brokerConfig({
    federation: 'ward',
    listen: { host: '127.0.0.1', port: 4222 },
    serverKey: publicBytes(keys.server),
    agents: agents.map((name) => ({ name, key: publicBytes(keys[name]) })),
    tls: null,
    jetStreamFolder: join(folder, 'jet "stream"'),
  })
  writeFileSync(file, text)
}

describe.skipIf(noBroker !== null)(`nats-config${noBroker === null ? '' : `: ${noBroker}`}`, () => {
  let broker: Broker
  const as = (name: keyof typeof keys) => ({
    url: broker.url,
    options: { authenticator: keyAuthenticator(keys[name]), inboxPrefix: `_INBOX_${name}` },
  })
  const server = () => ({ ...as('server'), options: { authenticator: keyAuthenticator(keys.server) } })
  // an agent that was cut cannot say goodbye
  const place = { subject: 'fedrl.ward', pace: { partingMs: 300 } }
  const claimant = { holder: 'test', folder: 'test' }

  beforeAll(async () => {
    write(['a', 'b'])
    broker = await startBroker(['-c', file])
  })
  afterAll(async () => {
    await broker.kill()
    rmSync(folder, { recursive: true })
  })

  it('is read by a real nats-server', () => {
    const { status, stderr } = spawnSync(PROGRAM, ['-t', '-c', file], { encoding: 'utf8' })
    expect([status, stderr]).toEqual([0, expect.stringContaining('configuration file')])
  })

  it('lets the server serve with a lease, and an agent join under its own name alone', async () => {
    const listener = await listenNats({ ...server(), ...place }, claimant)
    const agent = await connectNats({ ...as('a'), ...place }, 'a')
    const [guest] = (await take(listener.connections, 1)) as [Guest]
    expect(guest.peer).toBe('a')
    guest.admit()
    await agent.send(frameOf(1, 3_000_000))
    const [frame] = await take(guest.frames, 1)
    expect(Buffer.compare(frame as Uint8Array, frameOf(1, 3_000_000))).toBe(0)
    await expect(connectNats({ ...as('a'), ...place }, 'b')).rejects.toThrow('does not allow it')
    await listener.close()
  })

  it('keeps an agent from sending as another, and from hearing what is for another', async () => {
    const listener = await listenNats({ ...server(), ...place }, claimant)
    const b = await connectNats({ ...as('b'), ...place }, 'b')
    const [guest] = (await take(listener.connections, 1)) as [Guest]
    guest.admit()
    const denials: string[] = []
    const events: BrokerEvents = { denied: (reason) => void denials.push(reason) }
    const a = await reach(as('a'), events)
    const heard: string[] = []
    const forbidden = [
      'fedrl.ward.mirror.>',
      '$O.fedrl-ward.>',
      'fedrl.ward.down.b.*',
      'fedrl.ward.up.>',
      '_INBOX.>',
      '_INBOX_b.>',
      '$KV.>',
      '>',
    ]
    for (const subject of forbidden)
      a.connection.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) heard.push(message.subject)
        },
      })
    const targets = [
      'fedrl.ward.mirror.x',
      '$O.fedrl-ward.M.x',
      '$JS.API.STREAM.MSG.GET.fedrl-ward',
      'fedrl.ward.up.b.x',
      'fedrl.ward.down.b.x',
      '$JS.API.INFO',
      '$KV.fedrl.fedrl.ward',
    ]
    for (const subject of targets) a.connection.publish(subject, new Uint8Array(100))
    await a.connection.flush()
    await guest.send(frameOf(2, 1000))
    expect(await take(b.frames, 1)).toEqual([frameOf(2, 1000)])
    await a.connection.flush()
    expect(heard).toEqual([])
    for (const subject of [...forbidden, ...targets])
      expect(denials.filter((reason) => reason.includes(`"${subject}"`))).toHaveLength(1)
    await a.connection.close()
    await listener.close()
  })

  it('lets the server keep a mirror, and no agent open it', async () => {
    const where = { ...place, federation: 'ward', holder: 'test' }
    const mirror = await openNatsMirror({ ...server(), ...where })
    await mirror.files()
    const content = new Uint8Array(2_000_000).fill(7)
    await mirror.write([
      { type: 'file', path: 'federation/members.json', content },
      { type: 'product', path: 'models/1.safetensors', content },
      { type: 'lines', path: 'federation/records/0-1.jsonl', offset: 0, content },
    ])
    const files = await mirror.files()
    for (const file of files.values()) expect(Buffer.compare(await file.read(), content)).toBe(0)
    expect(files.size).toBe(3)
    await expect(openNatsMirror({ ...as('a'), ...where })).rejects.toThrow(
      `the broker ${broker.url} does not let this user keep a mirror: write its configuration again, by fedrl nats-config`,
    )
    await mirror.clear()
    expect((await mirror.files()).size).toBe(0)
    await mirror.close()
  })

  it('does not know a stranger', async () => {
    const joining = connectNats({ ...as('stranger'), ...place }, 'stranger')
    await expect(joining).rejects.toMatchObject({ message: expect.stringContaining('knows no such key') })
    await expect(reach({ url: broker.url })).rejects.toThrow('knows no such key')
  })

  it('an agent cannot serve', async () => {
    const serving = listenNats({ ...as('a'), ...place }, claimant)
    await expect(serving).rejects.toThrow('does not let this user use JetStream')
  })

  it('cuts an agent whose key is taken out, once it is read again', async () => {
    const listener = await listenNats({ ...server(), ...place }, claimant)
    const agent = await connectNats({ ...as('b'), ...place }, 'b')
    write(['a'])
    broker.reload()
    expect((await agent.closed).reason).toBe('the connection to the broker ended')
    await expect(connectNats({ ...as('b'), ...place }, 'b')).rejects.toThrow('knows no such key')
    await listener.close()
  })
})
