import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBroker, startBroker, type Broker } from '../../test/nats-server.ts'
import { MirrorTaken, type Mirror } from './mirror.ts'
import { openNatsMirror } from './nats-mirror.ts'

const hashOf = (content: Uint8Array): string => createHash('sha256').update(content).digest('hex')

const bytesOf = (length: number, first: number): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => (first + i * 7) % 251)

describe.skipIf(noBroker !== null)(`a mirror on a broker${noBroker === null ? '' : `: ${noBroker}`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fedrl-mirror-'))
  let broker: Broker
  let federations = 0
  const opened: Mirror[] = []
  beforeAll(async () => void (broker = await startBroker(['-js', '-sd', folder])))
  afterAll(async () => {
    for (const one of opened) await one.close()
    await broker.kill()
    rmSync(folder, { recursive: true })
  })

  async function open(federation: string, notes: string[] = [], url = broker.url): Promise<Mirror> {
    const onNote = (line: string): void => void notes.push(line)
    const one = await openNatsMirror({
      url,
      federation,
      subject: `fedrl.${federation}`,
      holder: 'a test',
      onNote,
    })
    opened.push(one)
    return one
  }
  const hashes = (files: Record<string, Uint8Array>): Record<string, string> =>
    Object.fromEntries(Object.entries(files).map(([path, content]) => [path, hashOf(content)]))
  const contents = async (mirror: Mirror): Promise<Record<string, string>> => {
    const files = [...(await mirror.files())]
    const read = await Promise.all(files.map(async ([path, file]) => [path, await file.read()] as const))
    for (const [i, [, file]] of files.entries()) expect(read[i]?.[1]).toHaveLength(file.bytes)
    return hashes(Object.fromEntries(read))
  }

  it('keeps files, long ones too, files that grow and those that are written once', async () => {
    const name = `test-${federations++}`
    const first = await open(name)
    expect(await contents(first)).toEqual({})
    const expected: Record<string, Uint8Array> = {}
    const put = async (path: string, content: Uint8Array): Promise<void> => {
      await first.write([{ type: 'file', path, content }])
      expected[path] = content
    }
    await put('federation/members.json', bytesOf(20, 1))
    await put('federation/members.json', bytesOf(30, 2))
    for (const length of [3_000_000, 1_500_000, 100, 2_000_000]) await put('long', bytesOf(length, length))
    let grown = new Uint8Array(0)
    for (const length of [10, 16_374, 16_384, 40_000, 1, 0, 5]) {
      const content = bytesOf(length, length)
      await first.write([{ type: 'lines', path: 'r/0-1.jsonl', offset: grown.length, content }])
      grown = Uint8Array.from([...grown, ...content])
    }
    expected['r/0-1.jsonl'] = grown
    await first.write([
      { type: 'product', path: 'models/a=1/1.safetensors', content: bytesOf(2_000_001, 3) },
      { type: 'file', path: 'gone', content: bytesOf(700_000, 1) },
    ])
    expected['models/a=1/1.safetensors'] = bytesOf(2_000_001, 3)
    await first.write([{ type: 'removed', path: 'gone' }])
    expect(await contents(first)).toEqual(hashes(expected))

    const second = await open(name)
    expect(await contents(second)).toEqual(hashes(expected))
    // what is beyond a checkpoint is forgotten
    for (const offset of [20_000, 16_384, 3]) {
      await second.write([{ type: 'lines', path: 'r/0-1.jsonl', offset, content: bytesOf(50, offset) }])
      expected['r/0-1.jsonl'] = Uint8Array.from([...grown.subarray(0, offset), ...bytesOf(50, offset)])
      expect(await contents(second)).toEqual(hashes(expected))
    }
    await second.clear()
    expect(await contents(second)).toEqual({})
    await second.write([{ type: 'file', path: 'a', content: bytesOf(3, 3) }])
    expect(await contents(second)).toEqual(hashes({ a: bytesOf(3, 3) }))
  })

  it('shuts out who has not seen what another has written', async () => {
    const name = `test-${federations++}`
    const [first, second] = [await open(name), await open(name)]
    await first.files()
    await first.write([{ type: 'file', path: 'a', content: bytesOf(3, 1) }])
    await second.files()
    await second.write([{ type: 'file', path: 'head', content: bytesOf(3, 2) }])
    for (const path of ['a', 'b', 'head'])
      await expect(first.write([{ type: 'file', path, content: bytesOf(9, 9) }])).rejects.toThrow(MirrorTaken)
    const lines = { type: 'lines', path: 'r', offset: 0, content: bytesOf(9, 9) } as const
    await expect(first.write([lines])).rejects.toThrow('another server has taken the run over')
    await second.write([{ type: 'file', path: 'a', content: bytesOf(3, 4) }])
    expect(await contents(second)).toEqual(hashes({ a: bytesOf(3, 4), head: bytesOf(3, 2) }))
  })

  it('waits for a broker that was killed, and writes nothing twice', { timeout: 300_000 }, async () => {
    const name = `test-${federations++}`
    const notes: string[] = []
    const mirror = await open(name, notes)
    await mirror.files()
    let lines = ''
    for (let round = 0; round < 200; round++) {
      const text = `round ${round}\n`
      const content = new TextEncoder().encode(text)
      const writing = mirror.write([
        { type: 'lines', path: 'r', offset: lines.length, content },
        { type: 'file', path: `slot-${round % 2}`, content },
      ])
      lines += text
      if (round % 40 === 20) {
        await broker.kill()
        await broker.start()
      }
      await writing
    }
    expect((await contents(mirror))['r']).toBe(hashOf(new TextEncoder().encode(lines)))
    expect(new Set(notes)).toEqual(
      new Set([
        `the broker ${broker.url} is away: nothing is promised until it is back`,
        `the broker ${broker.url} is back`,
      ]),
    )
  })

  it('a broker without room says so, and has room for the same files again and again', async () => {
    const small = mkdtempSync(join(tmpdir(), 'fedrl-mirror-full-'))
    const conf = join(small, 'nats.conf')
    const { writeFileSync } = await import('node:fs')
    writeFileSync(
      conf,
      `jetstream { store_dir: ${JSON.stringify(join(small, 'js'))}, max_file_store: 4000000 }`,
    )
    const little = await startBroker(['-c', conf])
    const mirror = await open('full', [], little.url)
    await mirror.files()
    const write = (path: string): Promise<void> =>
      mirror.write([{ type: 'file', path, content: bytesOf(400_000, 1) }])
    for (let i = 0; i < 40; i++) await write(`slot-${i % 2}`)
    const filling = (async () => {
      for (let i = 0; i < 20; i++) await write(`more-${i}`)
    })()
    await expect(filling).rejects.toThrow(
      `the broker ${little.url} has no room left for the mirror (insufficient resources)`,
    )
    await little.kill()
    rmSync(small, { recursive: true })
  })

  it('a broker that has lost what it acknowledged is told from another server', async () => {
    const name = `test-${federations++}`
    const { connection } = await (await import('./nats-broker.ts')).reach({ url: broker.url })
    const { jetstreamManager } = await import('@nats-io/jetstream')
    const jsm = await jetstreamManager(connection)
    const mirror = await open(name)
    await mirror.files()
    await mirror.write([{ type: 'file', path: 'a', content: bytesOf(3, 1) }])
    await jsm.streams.delete(`fedrl-${name}`)
    await expect(mirror.write([{ type: 'file', path: 'a', content: bytesOf(3, 2) }])).rejects.toThrow(
      'has lost the mirror',
    )
    const again = await open(name)
    await again.files()
    await expect(mirror.write([{ type: 'file', path: 'a', content: bytesOf(3, 2) }])).rejects.toThrow(
      'the broker has lost what it had acknowledged',
    )
    await connection.close()
  })
})
