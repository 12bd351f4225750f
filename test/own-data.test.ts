/** Agents that bring what they learn from, in folders that the server does not see; on the built program. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fedrl } from './fedrl.ts'
import { freePort, killAll, recorded, startFedrl, type Running } from './processes.ts'
import { ROOT } from './source.ts'
import { until } from './until.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-own-'))
afterAll(() => {
  killAll()
  rmSync(root, { recursive: true })
})

/** A new folder with these files. */
function folderOf(name: string, files: Readonly<Record<string, string>> = {}): string {
  const folder = join(root, name)
  mkdirSync(folder, { recursive: true })
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}

/** A server in a folder of its own, which is listening. */
async function serve(folder: string, file: string, names: string): Promise<{ url: string; server: Running }> {
  const port = await freePort()
  const server = startFedrl(['serve', file, '--listen', `127.0.0.1:${port}`, '--out', 'run', '--agents', names], folder) // prettier-ignore
  await server.saying(/listening/)
  return { url: `ws://127.0.0.1:${port}`, server }
}

const joined = (folder: string, url: string, name: string, flags: readonly string[]): Running =>
  startFedrl(['join', url, '--agent', name, ...flags], folder)

const ended = (one: Running): Promise<number | null> => one.ended()

const model = (folder: string, variant = 'default'): string =>
  readFileSync(join(folder, 'models', variant, '1.safetensors'), 'base64')

const WARDS = `name: wards
environment: { states: 3, actions: 2, discount: 0.95, rewardRange: [-2, 0] }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 500 }
`
const ward = (letter: string): string => readFileSync(join(ROOT, 'examples', `ward-${letter}.csv`), 'utf8')

describe('logs', () => {
  it('stay with the agents: the server never had them, and what is learned is what the simulation learns', async () => {
    const all = folderOf('logs-all', {
      'wards.yaml': `${WARDS}agents: { logs: [./a.csv, ./b.csv] }\n`,
      'a.csv': ward('a'),
      'b.csv': ward('b'),
    })
    expect(fedrl(['run', 'wards.yaml', '--out', 'run', '--threads', '1'], all).code).toBe(0)
    const at = folderOf('logs-server', { 'wards.yaml': `${WARDS}agents: { logs: [./a.csv, ./b.csv] }\n` })
    const { url, server } = await serve(at, 'wards.yaml', 'a,b')
    const agents = ['a', 'b'].map((name) =>
      joined(folderOf(`logs-${name}`, { 'own.csv': ward(name) }), url, name, ['--logs', 'own.csv']),
    )
    expect(await Promise.all([server, ...agents].map(ended))).toEqual([0, 0, 0])
    expect(model(join(at, 'run'))).toBe(model(join(all, 'run')))
    const written = ['experiment.yaml', 'run.json'].map((name) => readFileSync(join(at, 'run', name), 'utf8'))
    expect(written.join()).not.toContain('.csv')

    const bare = fedrl(['verify', 'run'], at)
    expect([bare.code, bare.stdout]).toEqual([1, expect.stringContaining('cannot be repeated: agents a, b')])
    cpSync(join(all, 'a.csv'), join(at, 'a.csv'))
    cpSync(join(all, 'b.csv'), join(at, 'b.csv'))
    const whole = fedrl(['verify', 'run', '--logs', 'a.csv,b.csv', '--json'], at)
    expect([whole.code, JSON.parse(whole.stdout)]).toMatchObject([0, { same: true }])
    writeFileSync(join(at, 'b.csv'), ward('b').replaceAll(',-1,', ',-0.5,'))
    const other = fedrl(['verify', 'run', '--logs', 'a.csv,b.csv'], at)
    expect([other.code, other.stdout]).toEqual([1, expect.stringContaining('differs: model')])
  })

  it.each([
    [
      'a state that there is not',
      '0,0,-1,3,0',
      'own.csv:3:8: next_state: expected an integer in [0, 3), got "3"',
      'in line 3: next_state',
    ],
    [
      'a reward out of its range',
      '0,0,-7,0,0',
      "own.csv:3: reward: expected a reward in the environment's rewardRange [-2, 0], got -7",
      'in line 3: reward',
    ],
  ])(
    'with %s are told on both sides, with the line, and not what is in them',
    async (name, line, here, there) => {
      const folder = name.replaceAll(' ', '-')
      const text = `state,action,reward,next_state,terminated\n0,0,-1,0,0\n${line}\n`
      const at = folderOf(`${folder}-server`, {
        'wards.yaml': `${WARDS}agents: { count: 1, experience: own }\n`,
      })
      const { url, server } = await serve(at, 'wards.yaml', 'a')
      const agent = joined(folderOf(`${folder}-agent`, { 'own.csv': text }), url, 'a', ['--logs', 'own.csv'])
      expect(await ended(agent)).toBe(2)
      expect(agent.said()).toContain(here)
      await server.saying(/mismatch/)
      expect(server.said()).toContain(`what the agent learns from does not fit the experiment ${there}`)
      expect(server.said()).not.toMatch(/own\.csv|-7/)
      server.child.kill('SIGINT')
      expect(await ended(server)).toBe(130)
    },
  )

  it('that are not there are told as what they are, and not where they would be', async () => {
    const files = { 'wards.yaml': `${WARDS}agents: { logs: [./own.csv] }\n` }
    const { url, server } = await serve(folderOf('missing-server', files), 'wards.yaml', 'a')
    const agent = joined(folderOf('missing-agent', files), url, 'a', ['--file', 'wards.yaml'])
    expect(await ended(agent)).toBe(2)
    expect(agent.said()).toContain('own.csv: no such file')
    await server.saying(/mismatch/)
    expect(server.said()).toMatch(
      /a \(agent 0\) at \S+ was turned away: the agent says mismatch: a file that the agent needs cannot be read where it is/,
    )
    expect(server.said()).not.toContain('own.csv')
    server.child.kill('SIGINT')
    expect(await ended(server)).toBe(130)
  })
})

const MODEL = `name: inline
environment: { mdp: ./ward.mdp.json }
agents: { count: 2, behavior: { table: ./behavior.json } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: 300, initial: perAgent }
`

it('files of the experiment travel with it: agents elsewhere need none of them', async () => {
  const files = {
    'model.yaml': MODEL,
    'ward.mdp.json': JSON.stringify({
      states: 3,
      actions: 2,
      discount: 0.9,
      transitions: [0, 1, 2].flatMap((s) => [
        [s, 0, s, 0.5, 0],
        [s, 0, (s + 1) % 3, 0.5, 1],
        [s, 1, (s + 2) % 3, 1, 0.25],
      ]),
    }),
    'behavior.json': JSON.stringify([0, 1, 2].map(() => [0.25, 0.75])),
  }
  const at = folderOf('inline-server', files)
  const same = folderOf('inline-same', files)
  expect(fedrl(['run', 'model.yaml', '--out', 'run', '--threads', '1'], same).code).toBe(0)
  const { url, server } = await serve(at, 'model.yaml', 'a,b')
  await until(async () => (await fetch(new URL('/status', url.replace('ws:', 'http:')))).status === 200)
  // nothing of the server's folder is read after the run has begun
  for (const name of Object.keys(files)) rmSync(join(at, name))
  const agents = ['a', 'b'].map((name) => joined(folderOf(`inline-${name}`), url, name, []))
  for (const agent of agents) await agent.saying(/joined as agent/)
  // the report at the end needs them
  folderOf('inline-server', files)
  expect(await Promise.all(agents.map(ended))).toEqual([0, 0])
  expect(await server.ended()).toBe(0)
  expect(model(join(at, 'run'))).toBe(model(join(same, 'run')))
})

const CORRIDOR = `import { streamOf, uniform } from 'fedrl/numeric'
export default function corridor() {
  let [at, steps, stream] = [0, 0, new Uint32Array(2)]
  return {
    observationSpace: { kind: 'discrete', n: 6 },
    actionSpace: { kind: 'discrete', n: 2 },
    reset(seed) {
      stream = streamOf(seed, 0, 6)
      ;[at, steps] = [seed % 3, 0]
      return at
    },
    step(action) {
      steps++
      at = uniform(stream) < 0.1 ? at : Math.max(0, at + (action === 1 ? 1 : -1))
      const terminated = at === 5
      return { observation: at, reward: terminated ? 1 : 0, terminated, truncated: steps === 30 }
    },
  }
}
`
const OWN = `name: corridors
environment: { states: 6, actions: 2, discount: 0.9, rewardRange: [0, 1] }
agents: { count: 2, experience: own, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: STEPS, initial: perAgent }
`

const PG = `name: pg
environment: { module: ./lift.ts, discount: 0.9 }
algorithm: { name: fedpg, policy: { mlp: [4] }, gradient: { rollouts: 2, horizon: 10 }, localSteps: 1, stepSize: 0.05, rounds: 3 }
`

describe('environments of the agents', () => {
  it('Q-learning: an agent that is killed goes on where it was, and verify repeats it', async () => {
    const text = OWN.replace('STEPS', '600')
    const run = async (name: string, kills: boolean): Promise<string> => {
      const at = folderOf(`${name}-server`, { 'own.yaml': text })
      const { url, server } = await serve(at, 'own.yaml', 'a,b')
      const agentAt = (agent: string): string => folderOf(`${name}-${agent}`, { 'env.ts': CORRIDOR })
      const join2 = (agent: string): Running => joined(agentAt(agent), url, agent, ['--module', 'env.ts'])
      const first = [join2('a'), join2('b')]
      if (kills) {
        await recorded(join(at, 'run'), 500)
        await first[1]?.kill()
        first[1] = join2('b')
      }
      expect(await Promise.all([server, ...first].map(ended))).toEqual([0, 0, 0])
      return at
    }
    const [whole, killed] = [await run('own', false), await run('own-killed', true)]
    expect(model(join(killed, 'run'))).toBe(model(join(whole, 'run')))
    writeFileSync(join(killed, 'env.ts'), CORRIDOR)
    expect(fedrl(['verify', 'run', '--modules', 'env.ts,env.ts'], killed)).toMatchObject({ code: 0 })
    expect(fedrl(['run', 'own.yaml'], whole)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('fedrl serve carries it out'),
    })
  })

  it('policy gradients: what does not fit is told on both sides, and what fits ends in the model of the simulation', async () => {
    const lift = CORRIDOR.replace(
      "observationSpace: { kind: 'discrete', n: 6 }",
      "observationSpace: { kind: 'box', low: [0], high: [Infinity] }",
    )
      .replace('return at', 'return [at]')
      .replace('observation: at', 'observation: [at]')
    const other = lift.replace(
      "actionSpace: { kind: 'discrete', n: 2 }",
      "actionSpace: { kind: 'discrete', n: 3 }",
    )
    const at = folderOf('pg-server', { 'pg.yaml': PG, 'lift.ts': lift })
    const { url, server } = await serve(at, 'pg.yaml', 'a')
    const agent = folderOf('pg-agent', { 'lift.ts': lift, 'other.ts': other, 'a.csv': ward('a') })
    for (const [flags, here, there] of [
      [[], '--module: missing', '--module: missing'],
      [
        ['--module', 'other.ts'],
        'other.ts: actionSpace: expected the integers 0 to 1, as in the experiment, got the integers 0 to 2',
        'what the agent learns from does not fit the experiment: actionSpace',
      ],
      [['--logs', 'a.csv'], '--logs: the agents of this experiment learn by acting', '--logs: the agents'],
    ] as const) {
      const wrong = joined(agent, url, 'a', flags)
      expect(await ended(wrong)).toBe(2)
      expect(wrong.said()).toContain(here)
      await server.saying(new RegExp(there))
    }
    const right = joined(agent, url, 'a', ['--module', 'lift.ts'])
    expect(await Promise.all([ended(right), ended(server)])).toEqual([0, 0])
    expect(fedrl(['run', 'pg.yaml', '--out', 'simulated', '--threads', '1'], at).code).toBe(0)
    expect(model(join(at, 'run'))).toBe(model(join(at, 'simulated')))
  })
})
