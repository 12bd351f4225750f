/** Processes with keys over TLS: one is shut out while it works, joins again by a new key, and the run ends in the bytes of the simulation. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { addKey, initKeys, revokeKey } from '../src/experiment/federated/key-folder.ts'
import { authority } from './certificates.ts'
import { fedrl } from './fedrl.ts'
import { finished, killAll, recorded, startFedrl, type Running } from './processes.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-identity-'))
afterAll(() => {
  killAll()
  rmSync(root, { recursive: true })
})

const FILE = join(root, 'experiment.yaml')
writeFileSync(
  FILE,
  `
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 3, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 2000, initial: perAgent }
seeds: 1
evaluate: { every: 1000, metrics: [error] }
`,
)

const start = (args: readonly string[]): Running => startFedrl(args, root)

/** How it ended, and what it said last. */
const lastOf = async (one: Running): Promise<readonly [number | null, string]> => [
  await one.ended(),
  one.said().trim().split('\n').at(-1) ?? '',
]

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
  const port = /:(\d+)\//.exec(await server.saying(/wss:\S+/))?.[1]
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

  await recorded(join(root, 'live'), 2000)
  // the round that is open stays open, however long the server takes to see
  others.child.kill('SIGSTOP')
  await revokeKey(keys, 'c')
  expect(await lastOf(shutOut)).toEqual([
    1,
    `wss://localhost:${port} refused c (revoked): the key of c was revoked or replaced`,
  ])
  await server.saying(/c left/)
  expect(await lastOf(joins('c', '--key', key))).toMatchObject([1, expect.stringContaining('(revoked)')])

  await addKey(keys, 'c')
  others.child.kill('SIGCONT')
  await server.saying(/3 let in, 0 revoked/)
  const again = joins('c', '--key', key)
  await finished(again, others, server)
  for (const file of [join('models', 'default', '1.safetensors'), 'rows.csv'])
    expect(readFileSync(join(root, 'live', file))).toEqual(readFileSync(join(root, 'whole', file)))
})
