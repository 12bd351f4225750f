/** A federation of processes that are killed on the way ends in the bytes of the simulation; on the built program. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { BIN, fedrl } from './fedrl.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-processes-'))
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true })
})

function fileOf(name: string, text: string): string {
  const file = join(root, `${name}.yaml`)
  writeFileSync(file, `name: ${name}\n${text}`)
  return file
}

const Q = fileOf(
  'q',
  `
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 5, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: 6000, initial: perAgent }
seeds: 1
evaluate: { every: 1000, metrics: [error, bytes] }
vary: { algorithm.averaging: [equal, importance] }
`,
)

const PG = fileOf(
  'pg',
  `
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: 4, rewards: { heterogeneity: 0.7, pairs: false } }
algorithm: { name: fast-fedpg, policy: softmax, gradient: { rollouts: 4, horizon: 10 }, localSteps: 4, stepSize: 0.05, rounds: 200 }
seeds: 2
evaluate: { every: 100, metrics: [J, gap, bytes] }
`,
)

/** A process of the program, and what it says on stderr. */
function start(args: readonly string[]): { readonly child: ChildProcess; readonly said: () => string } {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  children.add(child)
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text))
  return { child, said: () => said }
}

async function ended({ child, said }: ReturnType<typeof start>): Promise<void> {
  if (child.exitCode === null) await once(child, 'exit')
  expect([child.exitCode, child.exitCode === 0 ? '' : said()]).toEqual([0, ''])
}

/** Waits for the record of a run to have so many bytes. */
async function recorded(folder: string, record: string, bytes: number): Promise<void> {
  const size = (): number => {
    try {
      return statSync(join(folder, 'federation', 'records', record)).size
    } catch {
      return 0
    }
  }
  while (size() < bytes) await new Promise((resolve) => setTimeout(resolve, 2))
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

const files = (folder: string, models: readonly string[]): string[] =>
  [...models.map((model) => join('models', model)), 'rows.csv', 'summary.json'].map((name) =>
    readFileSync(join(folder, name), 'base64'),
  )

it('serve and join: the server is killed and then an agent, and both go on', async () => {
  const [whole, live] = [join(root, 'q-whole'), join(root, 'q-live')]
  expect(fedrl(['run', Q, '--out', whole, '--threads', '1']).code).toBe(0)
  const port = await freePort()
  const serve = ['serve', Q, '--listen', `127.0.0.1:${port}`, '--out', live]
  const joinAs = (names: string): string[] => [
    'join',
    `ws://127.0.0.1:${port}`,
    '--agent',
    names,
    '--state',
    join(root, names),
  ]
  const first = start(serve)
  const others = start(joinAs('a,b,c'))
  const killed = start(joinAs('d,e'))

  await recorded(live, '0-1.jsonl', 5000)
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  const second = start(serve)

  await recorded(live, '1-1.jsonl', 5000)
  killed.child.kill('SIGKILL')
  await once(killed.child, 'exit')
  const again = start(joinAs('d,e'))

  for (const one of [second, others, again]) await ended(one)
  const models = ['averaging=equal/1.safetensors', 'averaging=importance/1.safetensors']
  expect(files(live, models)).toEqual(files(whole, models))
})

/** Processes that a process started. */
const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number)

it.skipIf(process.platform !== 'linux')('up: a process of agents is killed, and started again', async () => {
  const [whole, live] = [join(root, 'pg-whole'), join(root, 'pg-live')]
  expect(fedrl(['run', PG, '--out', whole, '--threads', '1']).code).toBe(0)
  const up = start(['up', PG, '--processes', '2', '--out', live])
  await recorded(live, '0-1.jsonl', 5000)
  process.kill(childrenOf(up.child.pid as number)[1] as number, 'SIGKILL')
  await ended(up)
  expect(up.said()).toContain('was killed (SIGKILL); it is started again')
  const models = ['default/1.safetensors', 'default/2.safetensors']
  expect(files(live, models)).toEqual(files(whole, models))
})
