/** The Python agent: its own checks, and federations of it and of agents of Node with the built server. */
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addKey, initKeys } from '../src/experiment/federated/key-folder.ts'
import { Purpose, streamOf, uniform } from '../src/numeric/stream.ts'
import { authority } from './certificates.ts'
import { fedrl } from './fedrl.ts'
import { finished, freePort, killAll, recorded, start, startFedrl, type Running } from './processes.ts'
import { environment, noPython, PYTHON_ENV, runModule } from './python.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-python-'))
afterAll(() => {
  killAll()
  rmSync(root, { recursive: true })
})

const node = (...args: readonly string[]): Running => startFedrl(args, root)
const python = (...args: readonly string[]): Running =>
  start(environment(), ['-m', 'fedrl_agent', ...args], { cwd: root, env: PYTHON_ENV })

const path = (name: string): string => join(root, name)

function fileOf(name: string, lines: readonly string[]): string {
  writeFileSync(path(name), `${lines.join('\n')}\n`)
  return path(name)
}

const read = (...names: readonly string[]): string => readFileSync(join(root, ...names), 'base64')

const modelsOf = (out: string, models: readonly string[]): string[] =>
  models.map((model) => read(out, 'models', `${model}.safetensors`))

/** The models of a run, and its rows. */
const outcomeOf = (out: string, models: readonly string[]): string[] => [
  ...modelsOf(out, models),
  read(out, 'rows.csv'),
]

/** A server that agents may join; the number says where. */
async function serve(file: string, out: string, agents: string): Promise<[() => Running, string]> {
  const port = await freePort()
  const args = ['serve', file, '--listen', `127.0.0.1:${port}`, '--out', path(out), '--agents', agents]
  return [() => node(...args), `ws://127.0.0.1:${port}`]
}

/** A log of random steps among 12 states and 3 actions. */
function logOf(name: string, agent: number): string {
  const stream = streamOf(7, agent, Purpose.walk)
  const below = (n: number): number => Math.floor(uniform(stream) * n)
  const lines = Array.from({ length: 300 + 50 * agent }, () =>
    [below(12), below(3), uniform(stream), below(12), below(20) === 0].join(','),
  )
  return fileOf(`${name}.csv`, ['state,action,reward,next_state,terminated', ...lines])
}

/** An experiment with four agents that bring their own experience. */
const ownExperience = (environment: string, algorithm: string): string[] => [
  `environment: ${environment}`,
  'agents: { count: 4, experience: own, behavior: uniform }',
  `algorithm: { name: fed-asyn-q, averaging: importance, ${algorithm} }`,
  'evaluate: { metrics: [samples] }',
]

describe.skipIf(noPython !== null)('the package', { timeout: 300_000 }, () => {
  beforeAll(() => void environment(), 300_000)

  it('is well formed', () => {
    for (const check of [['ruff', 'check'], ['ruff', 'format', '--check'], ['mypy']])
      expect(() => runModule(check)).not.toThrow()
  })

  it('passes its own tests', () => {
    expect(runModule(['pytest', '-p', 'no:cacheprovider'])).toMatch(/\d+ passed in/)
  })
})

describe.skipIf(noPython !== null)('in federations', { timeout: 300_000 }, () => {
  beforeAll(() => void environment(), 300_000)

  it('on logs, beside agents of Node, ends in the bytes of the simulation, also when it and the server are killed', async () => {
    const logs = Object.fromEntries(['a', 'b', 'c', 'd'].map((name, agent) => [name, logOf(name, agent)]))
    const file = fileOf('logs.yaml', [
      'environment: { states: 12, actions: 3, discount: 0.9, rewardRange: [0, 1] }',
      'agents: { logs: [a.csv, b.csv, c.csv, d.csv] }',
      'algorithm: { name: fed-asyn-q, syncPeriod: 10, steps: 1000, initial: perAgent }',
      'evaluate: { every: 500, metrics: [bytes] }',
      'vary: { algorithm: [{ averaging: equal, stepSize: 0.1 }, { averaging: importance, stepSize: { polynomial: 0.7 } }] }',
    ])
    expect(fedrl(['run', file, '--out', path('logs-whole'), '--threads', '1']).code).toBe(0)

    const [server, url] = await serve(file, 'logs-live', 'a,b,c,d')
    const own = (name: string): string[] => [
      'join', url, '--agent', name, '--logs', logs[name] ?? '', '--state', path(`state-${name}`), '--wait', '60',
    ] // prettier-ignore
    const first = server()
    const others = [node(...own('a')), python(...own('b')), node(...own('c'))]
    const killed = python(...own('d'))
    await recorded(path('logs-live'), 2000, '0-1')
    await killed.kill()
    const again = python(...own('d'))
    await recorded(path('logs-live'), 2000, '1-1')
    await first.kill()
    await finished(server(), again, ...others)

    const models = readdirSync(path('logs-whole/models')).map((variant) => `${variant}/1`)
    expect(models).toHaveLength(2)
    expect(outcomeOf('logs-live', models)).toEqual(outcomeOf('logs-whole', models))
  })

  it('learns alone, with a step size that moves with every step and a table drawn for a known lake', async () => {
    const steps = Array.from({ length: 60 }, (_, i) => [i % 16, i % 4, i % 7 === 0 ? 1 : 0, (5 * i + 1) % 16, i % 9 === 0].join(',')) // prettier-ignore
    const log = fileOf('lake.csv', ['state,action,reward,next_state,terminated', ...steps])
    const file = fileOf('alone.yaml', [
      'environment: { family: frozen-lake, discount: 0.9 }',
      'agents: { logs: [lake.csv] }',
      'algorithm: { name: q-learning, stepSize: { rescaledLinear: true }, steps: 500, initial: perAgent }',
      'seeds: 2',
      'evaluate: { metrics: [error] }',
    ])
    expect(fedrl(['run', file, '--out', path('alone-whole'), '--threads', '1']).code).toBe(0)
    const [server, url] = await serve(file, 'alone-live', 'a')
    await finished(python('join', url, '--agent', 'a', '--logs', log, '--state', path('state-alone'), '--wait', '60'), server()) // prettier-ignore
    const models = ['default/1', 'default/2']
    expect(modelsOf('alone-live', models)).toEqual(modelsOf('alone-whole', models))
  })

  it('is let in by its key, over TLS, and by no other', async () => {
    await initKeys(path('keys'))
    for (const name of ['a', 'b']) await addKey(path('keys'), name)
    const ca = authority(path('ca'))
    const tls = ca.issue('server', ['DNS:localhost'])
    const file = fileOf('keys.yaml', [
      'environment: { states: 12, actions: 3, discount: 0.9, rewardRange: [0, 1] }',
      'agents: { count: 1, experience: own }',
      'algorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 10, steps: 100 }',
    ])
    const port = await freePort()
    const secure = ['--keys', path('keys'), '--tls-cert', tls.cert, '--tls-key', tls.key]
    const server = node('serve', file, '--listen', `127.0.0.1:${port}`, '--out', path('keys-live'), ...secure)
    const own = ['join', `wss://localhost:${port}`, '--agent', 'a', '--logs', logOf('keys', 0), '--state', path('state-keys'), '--tls-ca', ca.ca, '--wait', '60'] // prettier-ignore
    const other = python(...own, '--key', path('keys/b.key'))
    expect([await other.ended(), other.said().split('\n').at(-2)]).toEqual([1, expect.stringContaining('refused a (unauthorized)')]) // prettier-ignore
    const none = python(...own)
    expect([await none.ended(), none.said()]).toEqual([1, expect.stringContaining('asks for the key of a')])
    chmodSync(path('keys/a.key'), 0o644)
    const open = python(...own, '--key', path('keys/a.key'))
    expect([await open.ended(), open.said()]).toEqual([
      2,
      expect.stringContaining('others may read this key'),
    ])
    chmodSync(path('keys/a.key'), 0o600)
    await finished(python(...own, '--key', path('keys/a.key')), server)
  })

  it('tells both sides that its environment has other S and A', async () => {
    const file = fileOf('other.yaml', ownExperience('{ states: 16, actions: 4, discount: 0.9, rewardRange: [0, 1] }', 'stepSize: 0.1, syncPeriod: 10, steps: 100')) // prettier-ignore
    const [server, url] = await serve(file, 'other', 'a,b,c,d')
    const running = server()
    const agent = python('join', url, '--agent', 'a', '--gym', 'Taxi-v3', '--state', path('state-other'), '--wait', '60') // prettier-ignore
    const said = 'expected an environment with 16 states and 4 actions, as the experiment has, got 500 and 6'
    expect([await agent.ended(), agent.said().split('\n').at(-2)]).toEqual([2, `error: ${said}`])
    await running.saying(/has another number of states or actions than the experiment/)
    await running.kill()
  })

  /** Four agents act in an environment of Gymnasium. */
  async function acting(
    out: string,
    file: string,
    name: string,
    disturb?: (agents: Running[], join: (agent: number) => Running) => Promise<void>,
  ): Promise<void> {
    const names = [0, 1, 2, 3].map((agent) => `g${agent}`)
    const [server, url] = await serve(file, out, names.join(','))
    const joining = (agent: number): Running =>
      python('join', url, '--agent', `g${agent}`, '--gym', name, '--state', path(`state-${out}-${agent}`), '--wait', '60') // prettier-ignore
    const running = server()
    const agents = [0, 1, 2, 3].map(joining)
    await disturb?.(agents, joining)
    await finished(running, ...agents)
  }

  const score = (out: string, name: string): number =>
    Number(runModule(['tests.greedy', join(path(out), 'models', 'default', '1.safetensors'), name]))

  it('four agents that act in FrozenLake-v1 learn to cross it', async () => {
    const file = fileOf('lake.yaml', [
      'environment: { family: frozen-lake, discount: 0.99 }',
      'agents: { count: 4, experience: own, behavior: { epsilonGreedy: 0.2 } }',
      'algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.02, syncPeriod: 500, steps: 75000, initial: 1 }',
      'evaluate: { every: 75000, metrics: [gap] }',
    ])
    await acting('lake', file, 'FrozenLake-v1')
    // the best that there is within 100 steps: 0.74 of all attempts reach the goal
    expect(score('lake', 'FrozenLake-v1')).toBeGreaterThan(0.68)
    const gap = Number(readFileSync(path('lake/rows.csv'), 'utf8').trim().split(',').at(-1))
    expect(gap).toBeLessThan(0.02)
  })

  it('four agents that act in Taxi-v3 learn to drive', async () => {
    const file = fileOf('taxi.yaml', ownExperience('{ states: 500, actions: 6, discount: 0.95, rewardRange: [-10, 20] }', 'stepSize: 0.5, syncPeriod: 500, steps: 50000, initial: 0')) // prettier-ignore
    await acting('taxi', file, 'Taxi-v3')
    expect(score('taxi', 'Taxi-v3')).toBeGreaterThan(7)
  })

  it('an agent that is killed while it acts goes on where it was: the model is the same to the last byte', async () => {
    const file = fileOf('killed.yaml', ownExperience('{ states: 500, actions: 6, discount: 0.9, rewardRange: [-10, 20] }', 'stepSize: 0.1, syncPeriod: 20, steps: 2000, initial: shared')) // prettier-ignore
    await acting('undisturbed', file, 'Taxi-v3')
    await acting('disturbed', file, 'Taxi-v3', async (agents, join) => {
      for (const bytes of [1500, 4000]) {
        await recorded(path('disturbed'), bytes, '0-1')
        await (agents[1] as Running).kill()
        agents[1] = join(1)
      }
    })
    expect(outcomeOf('disturbed', ['default/1'])).toEqual(outcomeOf('undisturbed', ['default/1']))
  })
})
