/** A federation over NATS from the command line, its broker, its server and its agents killed on the way; on the built program. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { addKey, initKeys, revokeKey, writeKey } from '../src/experiment/federated/key-folder.ts'
import { makeKey } from '../src/federation/keys/ed25519.ts'
import { BIN, fedrl, type Outcome } from './fedrl.ts'
import { noBroker, startBroker, type Broker } from './nats-server.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-nats-'))
const children = new Set<ChildProcess>()
const brokers = new Set<Broker>()
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const broker of brokers) await broker.kill()
  rmSync(root, { recursive: true })
})

const FILE = join(root, 'q.yaml')
writeFileSync(
  FILE,
  `
name: q
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 5, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: 4000, initial: perAgent }
seeds: 1
evaluate: { every: 1000, metrics: [error, bytes] }
vary: { algorithm.averaging: [equal, importance] }
`,
)

async function brokerWith(args: readonly string[]): Promise<Broker> {
  const broker = await startBroker(args)
  brokers.add(broker)
  return broker
}

/** A process of the program, and what it says on stderr. */
function start(args: readonly string[]): { readonly child: ChildProcess; readonly said: () => string } {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  children.add(child)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  return { child, said: () => said }
}

async function ended({ child, said }: ReturnType<typeof start>): Promise<void> {
  if (child.exitCode === null) await once(child, 'exit')
  expect([child.exitCode, child.exitCode === 0 ? '' : said()]).toEqual([0, ''])
}

/** Waits for the record of a run to have so many bytes. */
async function recorded(folder: string, record: string, bytes: number): Promise<void> {
  const size = (): number =>
    statSync(join(folder, 'federation', 'records', record), { throwIfNoEntry: false })?.size ?? 0
  while (size() < bytes) await new Promise((resolve) => setTimeout(resolve, 2))
}

const MODELS = ['averaging=equal/1.safetensors', 'averaging=importance/1.safetensors']

const filesOf = (folder: string): string[] =>
  [...MODELS.map((model) => join('models', model)), 'rows.csv', 'summary.json'].map((name) =>
    readFileSync(join(folder, name), 'base64'),
  )

/** The files of the same experiment, simulated. */
function simulated(): string[] {
  const folder = join(root, 'whole')
  if (statSync(folder, { throwIfNoEntry: false }) === undefined)
    expect(fedrl(['run', FILE, '--out', folder, '--threads', '1']).code).toBe(0)
  return filesOf(folder)
}

/** Commands that fail: with what code, and the one line that they say last. */
const failure = ({ code, stderr }: Outcome): [number | null, string | undefined] => [
  code,
  stderr.trim().split('\n').at(-1),
]

describe.skipIf(noBroker !== null)(
  `NATS from the command line${noBroker === null ? '' : `: ${noBroker}`}`,
  () => {
    const joinAs = (url: string, names: string, more: readonly string[] = []): string[] => {
      const state = join(root, `${names}-${new URL(url).port}`)
      return ['join', url, '--agent', names, '--state', state, '--wait', '30', ...more]
    }

    it(
      'broker, server and agents are killed, agents stopped for a while, and it ends in the same bytes',
      { timeout: 120_000 },
      async () => {
        const broker = await brokerWith(['-js', '-sd', join(root, 'killed')])
        const url = `${broker.url}/ward`
        const live = join(root, 'live')
        const serve = ['serve', FILE, '--nats', url, '--out', live]
        const first = start(serve)
        const others = start(joinAs(url, 'a,b,c'))
        const killed = start(joinAs(url, 'd,e'))

        await recorded(live, '0-1.jsonl', 5000)
        await broker.kill()
        await broker.start()
        await recorded(live, '0-1.jsonl', 10_000)
        first.child.kill('SIGKILL')
        await once(first.child, 'exit')
        // the lease that the killed server left is that of the same run folder: nothing is waited for
        const second = start(serve)
        await recorded(live, '1-1.jsonl', 5000)
        others.child.kill('SIGSTOP')
        killed.child.kill('SIGKILL')
        await once(killed.child, 'exit')
        const again = start(joinAs(url, 'd,e'))
        await new Promise((resolve) => setTimeout(resolve, 1000))
        others.child.kill('SIGCONT')

        for (const one of [second, others, again]) await ended(one)
        expect(filesOf(live)).toEqual(simulated())
      },
    )

    it('a second server is told of the first', async () => {
      const broker = await brokerWith(['-js', '-sd', join(root, 'two')])
      const first = start(['serve', FILE, '--nats', broker.url, '--out', join(root, 'one')])
      while (!first.said().includes('listening')) await new Promise((resolve) => setTimeout(resolve, 20))
      const other = fedrl(['serve', FILE, '--nats', broker.url, '--out', join(root, 'other')])
      expect(failure(other)).toEqual([
        2,
        expect.stringMatching(/^--nats: nats:.*: the federation fedrl.default is served by process \d+ on /),
      ])
      first.child.kill('SIGKILL')
    })

    it('a broker without JetStream: one line on both sides', async () => {
      const broker = await brokerWith([])
      const serve = fedrl(['serve', FILE, '--nats', broker.url, '--out', join(root, 'none')])
      expect(failure(serve)).toEqual([
        2,
        `--nats: the broker ${broker.url} has no JetStream, which a federation needs: start nats-server with -js, or with the file that fedrl nats-config writes`,
      ])
      const joined = fedrl(['join', broker.url, '--agent', 'a', '--state', join(root, 'a'), '--wait', '0'])
      expect(failure(joined)).toEqual([
        1,
        `cannot connect to ${broker.url}, subject fedrl.default: no server listens there, nor can one: the broker has no JetStream`,
      ])
    })

    it(
      'nkeys: agents with their keys take part, others are told in one line',
      { timeout: 120_000 },
      async () => {
        const keys = join(root, 'keys')
        const serverKey = join(root, 'server.key')
        const conf = join(root, 'nats.conf')
        await initKeys(keys)
        for (const name of ['a', 'b', 'c', 'd', 'e', 'gone']) await addKey(keys, name)
        await revokeKey(keys, 'gone')
        await writeKey(serverKey, makeKey().pem)
        const config = ['nats-config', keys, '--server-key', serverKey, '--federation', 'ward', '--out', conf]
        expect(fedrl(config)).toMatchObject({ code: 0 })
        const broker = await brokerWith(['-c', conf])
        const url = `${broker.url}/ward`
        const live = join(root, 'keyed')
        const keyOf = (name: string): string[] => ['--key', join(keys, `${name}.key`)]
        const keysOf = ['--keys', keys]
        const serving = ['serve', FILE, '--nats', url, '--nats-key', serverKey, '--out', live, ...keysOf]
        const server = start(serving)
        const agents = [start(joinAs(url, 'a,b,c', keysOf)), start(joinAs(url, 'd,e', keysOf))]
        for (const one of [server, ...agents]) await ended(one)
        expect(filesOf(live)).toEqual(simulated())

        const unknown = `the broker ${broker.url} does not let this user in: it knows no such key`
        for (const more of [keyOf('gone'), []])
          expect(failure(fedrl(joinAs(url, 'gone', more)))).toEqual([1, unknown])
        const other = fedrl([...joinAs(url, 'b', keyOf('a')), '--wait', '0'])
        expect(failure(other)).toEqual([1, expect.stringContaining('the broker does not allow it')])
        const serve = ['serve', FILE, '--nats', url, '--out', join(root, 'stranger')]
        expect(failure(fedrl([...serve, '--nats-key', join(keys, 'a.key')]))).toEqual([
          2,
          '--nats: the broker does not let this user use JetStream: expected the key that fedrl nats-config was given for the server',
        ])
        expect(spawnSync('nats-server', ['-t', '-c', conf]).status).toBe(0)
      },
    )
  },
)
