/** A federation over NATS from the command line, its broker, its server and its agents killed on the way; on the built program. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey, initKeys, revokeKey, writeKey } from '../src/experiment/federated/key-folder.ts'
import { makeKey } from '../src/federation/keys/ed25519.ts'
import { noBroker, startBroker, type Broker } from './nats-server.ts'
import { finished, killAll, recorded, resultOf, simulated, startFedrl } from './processes.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-nats-'))
const brokers = new Set<Broker>()
afterAll(async () => {
  killAll()
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
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: 2000, initial: perAgent }
seeds: 1
evaluate: { every: 500, metrics: [error, bytes] }
vary: { algorithm.averaging: [equal, importance] }
`,
)

async function brokerWith(args: readonly string[]): Promise<Broker> {
  const broker = await startBroker(args)
  brokers.add(broker)
  return broker
}

let expected: Record<string, string> = {}
beforeAll(() => void (expected = simulated(FILE, join(root, 'whole'))))

/** Of a command that fails: with what code, and the one line that it says last. */
async function failure(args: readonly string[]): Promise<[number | null, string | undefined]> {
  const one = startFedrl(args)
  return [await one.ended(), one.said().trim().split('\n').at(-1)]
}

describe.skipIf(noBroker !== null)(
  `NATS from the command line${noBroker === null ? '' : `: ${noBroker}`}`,
  // leases run out and agents come back while others work
  { concurrent: true },
  () => {
    const joinAs = (url: string, names: string, more: readonly string[] = []): string[] => {
      const state = join(root, `${names}-${new URL(url).port}`)
      return ['join', url, '--agent', names, '--state', state, '--wait', '30', ...more]
    }

    it(
      'broker, server and agents are killed, agents stopped for a while, and it ends in the same bytes',
      { timeout: 400_000 },
      async () => {
        const broker = await brokerWith(['-js', '-sd', join(root, 'killed')])
        const url = `${broker.url}/ward`
        const live = join(root, 'live')
        const serve = ['serve', FILE, '--nats', url, '--out', live]
        const first = startFedrl(serve)
        const others = startFedrl(joinAs(url, 'a,b,c'))
        const killed = startFedrl(joinAs(url, 'd,e'))

        await recorded(live, 2000)
        await broker.kill()
        await broker.start()
        await recorded(live, 5000)
        await first.kill()
        // the lease that the killed server left is that of the same run folder: nothing is waited for
        const second = startFedrl(serve)
        await recorded(live, 2000, '1-1')
        others.child.kill('SIGSTOP')
        await killed.kill()
        const again = startFedrl(joinAs(url, 'd,e'))
        await new Promise((resolve) => setTimeout(resolve, 1000))
        others.child.kill('SIGCONT')

        await finished(second, others, again)
        expect(resultOf(live)).toEqual(expected)
      },
    )

    it('a second server is told of the first', async () => {
      const broker = await brokerWith(['-js', '-sd', join(root, 'two')])
      const first = startFedrl(['serve', FILE, '--nats', broker.url, '--out', join(root, 'one')])
      await first.saying(/listening/)
      const other = ['serve', FILE, '--nats', broker.url, '--out', join(root, 'other')]
      expect(await failure(other)).toEqual([
        2,
        expect.stringMatching(/^--nats: nats:.*: the federation fedrl.default is served by process \d+ on /),
      ])
      first.child.kill('SIGKILL')
    })

    it('a broker without JetStream: one line on both sides', async () => {
      const broker = await brokerWith([])
      const serve = ['serve', FILE, '--nats', broker.url, '--out', join(root, 'none')]
      expect(await failure(serve)).toEqual([
        2,
        `--nats: the broker ${broker.url} has no JetStream, which a federation needs: start nats-server with -js, or with the file that fedrl nats-config writes`,
      ])
      const joined = ['join', broker.url, '--agent', 'a', '--state', join(root, 'a'), '--wait', '0']
      expect(await failure(joined)).toEqual([
        1,
        `cannot connect to ${broker.url}, subject fedrl.default: no server listens there, nor can one: the broker has no JetStream`,
      ])
    })

    it(
      'nkeys: agents with their keys take part, others are told in one line',
      { timeout: 400_000 },
      async () => {
        const keys = join(root, 'keys')
        const serverKey = join(root, 'server.key')
        const conf = join(root, 'nats.conf')
        await initKeys(keys)
        for (const name of ['a', 'b', 'c', 'd', 'e', 'gone']) await addKey(keys, name)
        await revokeKey(keys, 'gone')
        await writeKey(serverKey, makeKey().pem)
        const config = ['nats-config', keys, '--server-key', serverKey, '--federation', 'ward', '--out', conf]
        await finished(startFedrl(config))
        const broker = await brokerWith(['-c', conf])
        const url = `${broker.url}/ward`
        const live = join(root, 'keyed')
        const keyOf = (name: string): string[] => ['--key', join(keys, `${name}.key`)]
        const keysOf = ['--keys', keys]
        const serving = ['serve', FILE, '--nats', url, '--nats-key', serverKey, '--out', live, ...keysOf]
        const server = startFedrl(serving)
        const agents = [startFedrl(joinAs(url, 'a,b,c', keysOf)), startFedrl(joinAs(url, 'd,e', keysOf))]
        await finished(server, ...agents)
        expect(resultOf(live)).toEqual(expected)

        const unknown = `the broker ${broker.url} does not let this user in: it knows no such key`
        for (const more of [keyOf('gone'), []])
          expect(await failure(joinAs(url, 'gone', more))).toEqual([1, unknown])
        const other = [...joinAs(url, 'b', keyOf('a')), '--wait', '0']
        expect(await failure(other)).toEqual([1, expect.stringContaining('the broker does not allow it')])
        const serve = ['serve', FILE, '--nats', url, '--out', join(root, 'stranger')]
        expect(await failure([...serve, '--nats-key', join(keys, 'a.key')])).toEqual([
          2,
          '--nats: the broker does not let this user use JetStream: expected the key that fedrl nats-config was given for the server',
        ])
        expect(spawnSync('nats-server', ['-t', '-c', conf]).status).toBe(0)
      },
    )
  },
)
