/** What a preflight finds, before a server would. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { noBroker, startBroker, type Broker } from '../../test/nats-server.ts'
import { addKey, initKeys, revokeKey } from '../experiment/federated/key-folder.ts'
import type { Io } from './io.ts'
import { preflight } from './preflight.ts'
import type { ServeFlags } from './serve.ts'
import { checkBroker } from './preflight/doors.ts'
import { checkDisk, checkVersions, runFolderBytes } from './preflight/machine.ts'
import { parseExperiment } from '../experiment/parse.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-preflight-'))
afterAll(() => rm(root, { recursive: true }))
afterEach(() => void (process.exitCode = undefined))

const TEXT = `
environment: { family: two-state, actions: 2, discount: 0.9 }
agents: { count: 2, behavior: uniform }
algorithm: { name: fed-asyn-q, stepSize: 0.5, syncPeriod: 5, steps: 20, initial: 0 }
`
const file = join(root, 'experiment.yaml')
await writeFile(file, TEXT)

/** The states of the checks by name, the lines of those that are not ok, and the exit code. */
async function looked(flags: ServeFlags, path = file) {
  let document: unknown = null
  const io: Io = {
    json: true,
    interactive: false,
    signal: new AbortController().signal,
    result: (result) => void (document = result),
    note: () => undefined,
  }
  await preflight(path, { listen: '127.0.0.1:0', ...flags }, io)
  const { ready, checks } = document as {
    ready: boolean
    checks: { name: string; state: string; text: string }[]
  }
  const code = process.exitCode ?? 0
  process.exitCode = undefined
  return {
    states: Object.fromEntries(checks.map(({ name, state }) => [name, state])),
    text: (name: string) => checks.find((one) => one.name === name)?.text ?? '',
    ready,
    code,
  }
}

describe('fedrl preflight', () => {
  it('finds nothing where a server would do, and leaves nothing behind', async () => {
    const out = join(root, 'new', 'run')
    const { states, ready, code, text } = await looked({ out })
    expect(states).toEqual({
      versions: 'ok',
      experiment: 'ok',
      memory: 'ok',
      clock: 'ok',
      'run folder': 'ok',
      disk: 'ok',
      certificate: 'ok',
      address: 'ok',
    })
    expect([ready, code]).toEqual([true, 0])
    expect(text('disk')).toContain(`free under ${root}, about `)
    expect(await readdir(root)).toEqual(['experiment.yaml'])
  })

  it('finds a port that is taken, and an address that is open to all', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const found = await looked({ listen: `127.0.0.1:${port}` })
    taken.close()
    expect([found.states['address'], found.code]).toEqual(['fail', 1])
    expect(found.text('address')).toContain('another program uses this port')
    expect((await looked({ listen: '0.0.0.0:0' })).text('address')).toContain('expected --keys')
  })

  it('finds a folder that holds something else', async () => {
    const { states, text } = await looked({ out: root })
    expect(states['run folder']).toBe('fail')
    expect(text('run folder')).toMatch(
      /^expected an empty folder, or one of this experiment, got .+ with \d+ entries$/,
    )
  })

  it('finds too few keys, keys that lie open, and keys that should not be here', async () => {
    const keys = join(root, 'keys')
    await initKeys(keys)
    await addKey(keys, 'a')
    const few = await looked({ keys })
    expect(few.text('keys')).toBe(
      '1 of 2 agents are let in, 0 keys are revoked: 2 have to be there for a round',
    )
    await addKey(keys, 'b')
    expect((await looked({ keys })).text('keys')).toContain('private keys of 2 agents are still here')
    await chmod(join(keys, 'a.key'), 0o644)
    expect((await looked({ keys })).text('keys')).toContain('a.key can be read by others')
    await revokeKey(keys, 'b')
    expect((await looked({ keys })).states['keys']).toBe('fail')
    expect((await looked({ keys, set: ['participation.minimum=1'] })).states['keys']).toBe('warn')
    expect((await looked({ keys: join(root, 'none') })).states['keys']).toBe('fail')
  })

  it('finds a certificate that ends soon, and one of another key', async () => {
    const pem = (name: string): string => join(root, `${name}.pem`)
    const certify = (name: string, days: string): void =>
      void execFileSync('openssl', ['req', '-x509', '-newkey', 'ed25519', '-nodes', '-keyout', pem(`${name}-key`), '-out', pem(name), '-days', days, '-subj', '/CN=x', '-addext', 'subjectAltName=DNS:fed.example'], { stdio: 'ignore' }) // prettier-ignore
    certify('long', '90')
    certify('short', '3')
    const long = await looked({ tlsCert: pem('long'), tlsKey: pem('long-key') })
    expect([long.states['certificate'], long.states['address']]).toEqual(['ok', 'ok'])
    expect(long.text('certificate')).toMatch(/^for fed\.example, valid for (89|90) days$/)
    expect((await looked({ tlsCert: pem('short'), tlsKey: pem('short-key') })).states['certificate']).toBe(
      'warn',
    )
    expect((await looked({ tlsCert: pem('short'), tlsKey: pem('long-key') })).text('certificate')).toContain(
      'expected the key of --tls-cert, got that of another',
    )
  })

  it('finds a broker that is not there', async () => {
    const { states, text } = await looked({ nats: 'nats://127.0.0.1:1/ward' })
    expect([states['broker'], states['address']]).toEqual(['fail', undefined])
    expect(text('broker')).toContain('cannot connect to the broker nats://127.0.0.1:1')
  })

  it('takes what a server takes, and finds names and logs that are none', async () => {
    const { states, text } = await looked({ agents: 'a,b', log: join(root, 'log'), logLevel: 'debug' })
    expect([states['agents'], states['log']]).toEqual(['ok', 'ok'])
    expect(text('run folder')).toMatch(/^runs\/experiment\/\d{8}-\d{6} is new$/)
    expect(await readdir(root)).not.toContain('log')
    const wrong = await looked({ agents: 'a,b,c', log: root, logLevel: 'info' })
    expect([wrong.text('agents'), wrong.text('log'), wrong.code]).toEqual([
      '--agents: expected at most 2 names, got 3',
      `--log: expected a file, got the folder ${root}`,
      1,
    ])
    expect((await looked({ log: join(root, 'none', 'log') })).text('log')).toContain('no such file or folder')
    expect((await looked({ logLevel: 'trace' })).text('log')).toContain('expected one of error, warn, info')
  })

  it('finds a mirror without a broker', async () => {
    expect((await looked({ mirror: true })).text('mirror')).toContain('--mirror: belongs to --nats')
  })

  it('finds what no federation carries out', async () => {
    const alone = join(root, 'alone.yaml')
    const learners = TEXT.replace('name: fed-asyn-q', 'name: q-learning').replace('syncPeriod: 5, ', '')
    await writeFile(alone, `${learners}participation: { minimum: 1 }`)
    const { states, text } = await looked({}, alone)
    expect(states['experiment']).toBe('fail')
    expect(text('experiment')).toContain('alone.yaml: q-learning needs everybody')
  })
})

describe.skipIf(noBroker !== null)(`a broker${noBroker === null ? '' : `: ${noBroker}`}`, () => {
  let broker: Broker
  beforeAll(async () => {
    const config = join(root, 'nats.conf')
    await writeFile(config, `jetstream: { store_dir: "${join(root, 'js')}", max_file_store: 100000 }`)
    broker = await startBroker(['-c', config])
  })
  afterAll(() => broker.kill())

  it('with room for the mirror, and without', async () => {
    const nats = `${broker.url}/ward`
    const { states, text } = await looked({ nats, mirror: true })
    expect([states['broker'], states['mirror']]).toEqual(['ok', 'ok'])
    expect(text('mirror')).toMatch(/^about .+ needed, and the broker has room$/)
    const long = await looked({ nats, mirror: true, set: ['algorithm.steps=10000'] })
    expect([long.states['mirror'], long.code]).toEqual(['fail', 1])
    expect(long.text('mirror')).toContain('the broker has no such room beside what else it holds')
    expect((await looked({ nats })).states['mirror']).toBe(undefined)
  })

  it.each([
    [60_000, 'behind'],
    [-60_000, 'ahead of'],
  ])('whose clock is not that of this machine, which is %i ms ahead', async (ms, told) => {
    const { state, text } = await checkBroker(broker.url, {}, () => Date.now() + ms)
    expect(state).toBe('warn')
    expect(text).toMatch(new RegExp(`its clock is (59|60)\\.\\d s ${told} that of this machine`))
  })
})

it('a Node that is too old is told', () => {
  expect(checkVersions('20.19.0').state).toBe('ok')
  expect(checkVersions('24.0.0').state).toBe('ok')
  expect(checkVersions('20.18.1')).toMatchObject({ state: 'fail' })
})

it('a disk that is too small is told', async () => {
  expect((await checkDisk(root, 1e18)).state).toBe('fail')
  expect((await checkDisk(root, 1)).state).toBe('ok')
})

it('a run folder takes what its rounds and seeds take', () => {
  const bytes = (more: string): number => {
    const parsed = parseExperiment(`${TEXT}${more}`, { folder: '/' })
    return parsed.ok ? runFolderBytes(parsed.value) : NaN
  }
  const one = bytes('seeds: 1')
  expect(bytes('seeds: 11') - one).toBeCloseTo(10 * (bytes('seeds: 2') - one))
})
