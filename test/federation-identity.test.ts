/** Processes with keys over TLS: one is shut out while it works, joins again by a new key, and the run ends in the bytes of the simulation. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { addKey, initKeys, revokeKey } from '../src/experiment/federated/key-folder.ts'
import { authority } from './certificates.ts'
import { BIN, fedrl } from './fedrl.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-identity-'))
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true })
})

const FILE = join(root, 'experiment.yaml')
writeFileSync(
  FILE,
  `
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 3, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 10000, initial: perAgent }
seeds: 1
evaluate: { every: 5000, metrics: [error] }
`,
)

/** A process of the program, and what it says on stderr. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] })
  children.add(child)
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more))
  /** resolves when it has said so */
  const said = (pattern: RegExp): Promise<string> =>
    until(() => pattern.exec(text)?.[0] ?? (child.exitCode === null ? null : expect.fail(text)))
  const ended = async (): Promise<readonly [number | null, string]> => {
    if (child.exitCode === null) await once(child, 'close')
    return [child.exitCode, text.trim().split('\n').at(-1) ?? '']
  }
  return { child, said, ended }
}

async function until<T>(look: () => T | null): Promise<T> {
  for (;;) {
    const seen = look()
    if (seen !== null) return seen
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** Bytes of the record of the run. */
function recorded(): number {
  try {
    return statSync(join(root, 'live', 'federation', 'records', '0-1.jsonl')).size
  } catch {
    return 0
  }
}

it('serve with keys and TLS: a key is revoked while its agent works, and another takes its place', async () => {
  expect(fedrl(['run', FILE, '--out', 'whole', '--threads', '1'], root).code).toBe(0)
  const keys = join(root, 'keys')
  await initKeys(keys)
  for (const name of ['a', 'b', 'c']) await addKey(keys, name)
  const ca = authority(join(root, 'ca'))
  const tls = ca.issue('server', ['DNS:localhost'])

  const listen = ['--listen', '127.0.0.1:0', '--out', 'live']
  const server = start([
    'serve',
    FILE,
    ...listen,
    '--keys',
    'keys',
    '--tls-cert',
    tls.cert,
    '--tls-key',
    tls.key,
  ])
  const port = /:(\d+)\//.exec(await server.said(/wss:\S+/))?.[1]
  const joins = (names: string, ...flags: string[]) =>
    start([
      'join',
      `wss://localhost:${port}`,
      '--agent',
      names,
      '--tls-ca',
      ca.ca,
      '--state',
      names,
      ...flags,
    ])
  const others = joins('a,b', '--keys', 'keys')
  const key = join(keys, 'c.key')
  const shutOut = joins('c', '--key', key)

  await until(() => (recorded() > 2000 ? true : null))
  await revokeKey(keys, 'c')
  expect(await shutOut.ended()).toEqual([
    1,
    `wss://localhost:${port} refused c (revoked): the key of c was revoked or replaced`,
  ])
  await server.said(/c left/)
  expect(await joins('c', '--key', key).ended()).toMatchObject([1, expect.stringContaining('(revoked)')])

  await addKey(keys, 'c')
  await server.said(/3 let in, 0 revoked/)
  const again = joins('c', '--key', key)
  for (const one of [again, others, server]) expect((await one.ended())[0]).toBe(0)
  for (const file of [join('models', 'default', '1.safetensors'), 'rows.csv'])
    expect(readFileSync(join(root, 'live', file))).toEqual(readFileSync(join(root, 'whole', file)))
})
