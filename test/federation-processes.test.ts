/** A federation of processes that are killed on the way ends in the bytes of the simulation; on the built program. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { fedrl } from './fedrl.ts'
import { freePort, killAll, recorded, startFedrl, type Running } from './processes.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-processes-'))
afterAll(() => {
  killAll()
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

/** It did what it was to do. */
const ended = async (one: Running): Promise<void> =>
  expect([await one.ended(), one.child.exitCode === 0 ? '' : one.said()]).toEqual([0, ''])

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
  const first = startFedrl(serve)
  const others = startFedrl(joinAs('a,b,c'))
  const killed = startFedrl(joinAs('d,e'))

  await recorded(live, 5000)
  await first.kill()
  const second = startFedrl(serve)

  await recorded(live, 5000, '1-1')
  await killed.kill()
  const again = startFedrl(joinAs('d,e'))

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
  const up = startFedrl(['up', PG, '--processes', '2', '--out', live])
  await recorded(live, 5000)
  process.kill(childrenOf(up.child.pid as number)[1] as number, 'SIGKILL')
  await ended(up)
  expect(up.said()).toContain('was killed (SIGKILL); it is started again')
  const models = ['default/1.safetensors', 'default/2.safetensors']
  expect(files(live, models)).toEqual(files(whole, models))
})
