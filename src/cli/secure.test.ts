/** `fedrl serve` and `fedrl join` with keys and TLS, and what each side is told where something is wrong. */
import { once } from 'node:events'
import { copyFileSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { authority } from '../../test/certificates.ts'
import { addKey, initKeys, revokeKey } from '../experiment/federated/key-folder.ts'
import { failureOf } from './failure.ts'
import type { Io } from './io.ts'
import { join, type JoinFlags } from './join.ts'
import { serve, type ServeFlags } from './serve.ts'

const root = await mkdtemp(joinPath(tmpdir(), 'fedrl-secure-'))
afterAll(() => rm(root, { recursive: true }))

const FILE = joinPath(root, 'experiment.yaml')
await writeFile(
  FILE,
  `
environment: { family: two-state, actions: 2, discount: 0.9 }
agents: { count: 2, behavior: uniform }
algorithm: { name: q-learning, stepSize: 0.5, steps: 20, initial: 0 }
`,
)

const ca = authority(joinPath(root, 'ca'))
const own = ca.issue('own', ['DNS:localhost', 'IP:127.0.0.1'])
const tls = { tlsCert: own.cert, tlsKey: own.key }

const keys = joinPath(root, 'keys')
await initKeys(keys)
for (const name of ['a', 'b', 'gone', 'spare']) await addKey(keys, name)
await revokeKey(keys, 'gone')
const keyOf = (name: string): string => joinPath(keys, `${name}.key`)

/** A command that runs: what it says, and what becomes of it. */
function start(command: (io: Io) => Promise<void>) {
  const abort = new AbortController()
  const notes: string[] = []
  const end = command({
    json: false,
    interactive: false,
    signal: abort.signal,
    result: () => undefined,
    note: (line) => void notes.push(line),
  }).then(
    () => '0',
    (error: unknown) => {
      const failure = failureOf(error, '')
      return `${failure?.exitCode}: ${failure?.text}`
    },
  )
  /** resolves with the first note that matches */
  const noted = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const note = notes.find((line) => pattern.test(line))
      if (note !== undefined) return note
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
  return { notes, noted, end, stop: () => abort.abort() }
}

let folders = 0
/** A server that listens, and its address. */
async function serving(flags: ServeFlags) {
  const out = joinPath(root, `run-${++folders}`)
  const server = start((io) => serve(FILE, { listen: '127.0.0.1:0', out, ...flags }, io))
  const url = /wss?:\S+/.exec(await server.noted(/^listening/))?.[0] ?? ''
  return { ...server, url, port: new URL(url).port }
}

async function freePort(): Promise<number> {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  taken.close()
  await once(taken, 'close')
  return port
}

const joining = (url: string, agent: string, flags: JoinFlags) =>
  start((io) => join(url, { agent, state: joinPath(root, `state-${++folders}`), wait: '0', ...flags }, io))

/** What becomes of an agent that joins. */
const joined = (url: string, agent: string, flags: JoinFlags): Promise<string> =>
  joining(url, agent, flags).end

describe('keys and TLS', () => {
  it('carry an experiment out, over wss by the names of the certificate', async () => {
    const server = await serving({ ...tls, keys })
    expect(server.url).toMatch(/^wss:/)
    expect(await server.noted(/^listening/)).toContain('--agent NAME --key NAME.key')
    const agents = [
      joined(`wss://localhost:${server.port}`, 'a', { tlsCa: ca.ca, key: keyOf('a') }),
      joined(server.url, 'b', { tlsCa: ca.ca, key: keyOf('b') }),
    ]
    expect(await Promise.all([...agents, server.end])).toEqual(['0', '0', '0'])
  })

  it('let several agents of one process in, each by its own key', async () => {
    const server = await serving({ keys })
    expect(await joined(server.url, 'a,b', { keys })).toBe('0')
    expect(await server.end).toBe('0')
  })

  it('send away whom the list does not have, and say why on both sides', async () => {
    const server = await serving({ keys })
    const told = (name: string, flags: JoinFlags) => joined(server.url, name, flags)
    const no = `1: ${server.url} refused`
    expect(await told('a', { key: keyOf('b') })).toBe(
      `${no} a (unauthorized): the server has no such key for this name`,
    )
    expect(await told('nobody', { key: keyOf('a') })).toBe(
      `${no} nobody (unauthorized): the server has no such key for this name`,
    )
    expect(await told('a', {})).toBe(
      `${no} a (unauthorized): the server asks for the key of a, who has none; give it with --key (or --keys, of several agents)`,
    )
    expect(await told('gone', { key: keyOf('gone') })).toBe(
      `${no} gone (revoked): the key of gone was revoked or replaced`,
    )
    const turnedAway = server.notes
      .filter((line) => line.includes('was turned away'))
      .map((line) => line.replace(/127\.0\.0\.1:\d+/, 'PEER'))
    expect(turnedAway).toEqual([
      'a at PEER was turned away: wrong key, or a proof for another server',
      'nobody at PEER was turned away: there is no key of this name',
      'a at PEER was turned away: the agent says unauthorized: the server asks for the key of a, who has none',
      'gone at PEER was turned away: the key of gone was revoked or replaced',
    ])
    server.stop()
    expect(await server.end).toContain('130: stopped')
  })

  it('part with one agent of a process, while the others go on', async () => {
    const server = await serving({ keys })
    const agents = joining(server.url, 'gone,a,b', { keys })
    const refusal = 'gone (revoked): the key of gone was revoked or replaced'
    expect(await agents.end).toBe(`1: ${server.url} refused ${refusal}`)
    expect(agents.notes).toContain(`the server refused ${refusal}`)
    expect(await server.end).toBe('0')
  })

  it('cut an agent that is there when its key is revoked, and let it in again by a new one', async () => {
    const folder = joinPath(root, 'changing')
    await initKeys(folder)
    await addKey(folder, 'a')
    const server = await serving({ keys: folder })
    const agent = joining(server.url, 'a', { keys: folder })
    await server.noted(/^a joined/)
    await revokeKey(folder, 'a')
    expect(await agent.end).toBe(`1: ${server.url} refused a (revoked): the key of a was revoked or replaced`)
    expect(server.notes).toContain('a left')
    await addKey(folder, 'a')
    await server.noted(/1 let in, 0 revoked/)
    const again = joining(server.url, 'a', { keys: folder })
    await again.noted(/joined as agent 0/)
    server.stop()
    again.stop()
    await Promise.all([server.end, again.end])
  })

  it('give a name to the newer of two sessions that both have its key', async () => {
    const server = await serving({ keys })
    const old = joining(server.url, 'a', { key: keyOf('a') })
    await server.noted(/^a joined/)
    const young = joining(server.url, 'a', { key: keyOf('a') })
    expect(await old.end).toBe(`1: ${server.url} refused a (replaced): another session of a has begun`)
    server.stop()
    young.stop()
    await Promise.all([server.end, young.end])
  })

  it('tell that the agent dialled another name than those of the server', async () => {
    const port = await freePort()
    const server = await serving({ keys, ...tls, name: 'wss://localhost:1', listen: `127.0.0.1:${port}` })
    const url = `wss://127.0.0.1:${port}`
    expect(await joined(url, 'a', { key: keyOf('a'), tlsCa: ca.ca })).toBe(
      `1: ${url} refused a (unauthorized): the server has no such key for this name, or it is not called ${url}, as the agent expects, but wss://localhost:1`,
    )
    server.stop()
    await server.end
  })

  it('warn of a private key that others can read', async () => {
    const path = joinPath(root, 'open.key')
    copyFileSync(keyOf('spare'), path)
    await chmod(path, 0o644)
    const agent = joining('ws://127.0.0.1:1', 'spare', { key: path })
    expect(await agent.end).toContain('ECONNREFUSED')
    expect(agent.notes[0]).toBe(`${path} can be read by others: chmod 600 ${path}`)
  })
})

describe('a certificate', () => {
  it('is for this host, and from somebody whom the agent trusts', async () => {
    const other = ca.issue('other', ['DNS:fed.example'])
    const server = await serving({ tlsCert: other.cert, tlsKey: other.key })
    const url = `wss://localhost:${server.port}`
    expect(await joined(url, 'a', {})).toContain(
      `1: cannot connect to ${url}/: nobody whom this machine trusts vouches for its certificate; --tls-ca names`,
    )
    expect(await joined(url, 'a', { tlsCa: ca.ca })).toMatch(
      /^1: cannot connect to \S+: its certificate is for another host \(.*fed\.example/,
    )
    expect(await joined(`ws://127.0.0.1:${server.port}`, 'a', {})).toMatch(
      /^1: cannot connect to \S+: it hung up: is it wss:\/\/\?$/,
    )
    server.stop()
    await server.end
    const plain = await serving({})
    expect(await joined(`wss://127.0.0.1:${plain.port}`, 'a', {})).toMatch(
      /^1: cannot connect to \S+: it speaks no TLS there: is it ws:\/\/\?$/,
    )
    plain.stop()
    await plain.end
  })

  it('is read again when it is renewed', async () => {
    const [cert, key] = [joinPath(root, 'renewed.crt'), joinPath(root, 'renewed.pem')]
    const put = (from: typeof own): void => {
      copyFileSync(from.key, key)
      copyFileSync(from.cert, cert)
    }
    put(own)
    const server = await serving({ tlsCert: cert, tlsKey: key })
    const next = authority(joinPath(root, 'next-ca'))
    await writeFile(cert, 'half a certif')
    await server.noted(/^the certificate stays as it was: --tls-cert: expected a certificate \(PEM\)/)
    put(next.issue('next', ['IP:127.0.0.1']))
    await server.noted(/renewed\.crt was read again/)
    const agent = joining(server.url, 'a', { tlsCa: next.ca })
    await agent.noted(/joined/)
    expect(await joined(server.url, 'b', { tlsCa: ca.ca })).toContain('nobody whom this machine trusts')
    server.stop()
    agent.stop()
    await Promise.all([server.end, agent.end])
  })

  it('is looked at before anybody connects', async () => {
    const told = (flags: ServeFlags) =>
      start((io) => serve(FILE, { listen: '127.0.0.1:0', out: joinPath(root, 'none'), ...flags }, io)).end
    const { tlsCert, tlsKey } = tls
    const [other, old] = [ca.issue('x', ['DNS:x.example']), ca.issue('old', ['DNS:localhost'], -1)]
    expect(await told({ tlsCert })).toBe('2: --tls-key: expected the key of --tls-cert, got none')
    expect(await told({ tlsKey })).toBe('2: --tls-cert: expected the certificate of --tls-key, got none')
    expect(await told({ tlsCert, tlsKey: other.key })).toBe(
      `2: --tls-key: expected the key of --tls-cert, got that of another in ${other.key}`,
    )
    expect(await told({ tlsCert: tlsKey, tlsKey })).toBe(
      `2: --tls-cert: expected a certificate (PEM) in ${tlsKey}, got something else`,
    )
    expect(await told({ tlsCert, tlsKey: tlsCert })).toBe(
      `2: --tls-key: expected a private key (PEM) without a password in ${tlsCert}, got something else`,
    )
    expect(await told({ tlsCert: joinPath(root, 'no.crt'), tlsKey })).toContain(
      'no.crt: no such file or folder (ENOENT)',
    )
    expect(await told({ tlsCert: old.cert, tlsKey: old.key })).toMatch(
      /^2: --tls-cert: expected a certificate that is valid, got .*old.crt, which expired on /,
    )
    expect(await told({ ...tls, keys, name: 'wss://fed.example:1' })).toBe(
      '2: --name: expected a host of the certificate (localhost, 127.0.0.1), got fed.example',
    )
    expect(await told({ keys, name: 'fed.example' })).toBe(
      '2: --name: expected what agents dial, as in wss://host:7070, got fed.example',
    )
    expect(await told({ name: 'wss://fed.example:1' })).toContain('2: --name: belongs to --keys')
    expect(await told({ keys: joinPath(root, 'no-keys') })).toContain('fedrl keys init makes one')
  })
})

describe('other machines', () => {
  it('are not let near without keys and TLS, unless it is wished', async () => {
    const told = (flags: ServeFlags) =>
      start((io) => serve(FILE, { listen: '192.0.2.1:7070', out: joinPath(root, 'none'), ...flags }, io)).end
    const [who, line] = ['--keys, which says who may join', '--tls-cert and --tls-key, so that nobody']
    expect(await told({})).toContain(
      `2: --listen: other machines reach 192.0.2.1: expected ${who}, and ${line}`,
    )
    expect(await told({ keys })).toContain(`reach 192.0.2.1: expected ${line}`)
    expect(await told(tls)).toContain(`reach 192.0.2.1: expected ${who}; --insecure does without`)
    // an address that this machine does not have
    for (const flags of [{ insecure: true }, { ...tls, keys }])
      expect(await told(flags)).toContain('2: --listen: cannot listen on 192.0.2.1:7070: ')
  })

  it('are joined over wss only, unless it is wished', async () => {
    const key = keyOf('a')
    expect(await joined('ws://192.0.2.1:7070', 'a', { key })).toContain(
      '2: URL: expected wss://, for 192.0.2.1 is another machine, got ws://192.0.2.1:7070',
    )
    expect(await joined('wss://localhost:1', 'a', { key, tlsCa: key })).toBe(
      `2: --tls-ca: expected a certificate (PEM) in ${key}, got something else`,
    )
    expect(await joined('wss://localhost:1', 'a,b', { key })).toContain('2: --key: expected one agent')
    expect(await joined('wss://localhost:1', 'a', { key, keys })).toContain('2: --keys: does not belong')
    expect(await joined('wss://localhost:1', 'x', { keys })).toContain('x.key: no such file or folder')
  })
})
