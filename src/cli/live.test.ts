/** What is wrong with a federation is told in one line. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { until } from '../../test/until.ts'
import { readIfThere } from '../experiment/run-folder.ts'
import { failureOf } from './failure.ts'
import type { Io } from './io.ts'
import { join } from './join.ts'
import { serve, type ServeFlags } from './serve.ts'
import { up } from './up.ts'

const root = await mkdtemp(joinPath(tmpdir(), 'fedrl-live-'))
afterAll(() => rm(root, { recursive: true }))

const io: Io = {
  json: false,
  interactive: false,
  signal: new AbortController().signal,
  result: () => undefined,
  note: () => undefined,
}

async function fileOf(text: string): Promise<string> {
  const file = joinPath(root, 'experiment.yaml')
  await writeFile(file, text)
  return file
}

const Q = `
environment: { family: two-state, actions: 2, discount: 0.9 }
agents: { count: 2, behavior: uniform }
algorithm: { name: q-learning, stepSize: 0.5, steps: 20, initial: 0 }
`
const PG = `
environment: { family: two-state, actions: 2, discount: 0.9 }
agents: { count: 2 }
algorithm: { name: fedpg, policy: softmax, gradient: exact, localSteps: 2, stepSize: 0.1, rounds: 3 }
`

/** What a person is told, and the exit code. */
async function told(action: Promise<void>): Promise<string> {
  try {
    await action
    return '0'
  } catch (error) {
    const failure = failureOf(error, '')
    return `${failure?.exitCode}: ${failure?.text}`
  }
}

const state = joinPath(root, 'state')

/** A server on a port that it chooses. */
function served(file: string, flags: ServeFlags) {
  const abort = new AbortController()
  const notes: string[] = []
  const note = (line: string): void => void notes.push(line)
  const end = told(serve(file, { listen: '127.0.0.1:0', ...flags }, { ...io, note, signal: abort.signal }))
  /** resolves with the first note that matches */
  const noted = (pattern: RegExp): Promise<string> => until(() => notes.find((line) => pattern.test(line)))
  return { notes, noted, end, stop: () => abort.abort() }
}

describe('fedrl serve', () => {
  it('listens on this machine only, where nobody else does, and says where the run goes', async () => {
    const file = await fileOf(Q)
    const out = joinPath(root, 'serve')
    const at = (listen: string) => told(serve(file, { listen, out }, io))
    expect(await at('0.0.0.0:7070')).toBe(
      '2: --listen: other machines reach 0.0.0.0: expected --keys, which says who may join, and --tls-cert and --tls-key, so that nobody on the way can read or change what is sent; --insecure does without',
    )
    expect(await at('7070')).toBe('2: --listen: expected host:port, as in 127.0.0.1:7070, got 7070')
    const taken = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    expect(await at(`127.0.0.1:${port}`)).toBe(
      `2: --listen: cannot listen on 127.0.0.1:${port}: another program uses this port`,
    )
    taken.close()
  })

  it('goes to a folder of its own where it is told none, says which, and goes on there', async () => {
    const file = await fileOf(Q)
    const home = process.cwd()
    process.chdir(root)
    try {
      const first = served(file, {})
      const line = await first.noted(/^run folder/)
      const out = /runs\/experiment\/\d{8}-\d{6}/.exec(line)?.[0] ?? 'none'
      expect(line).toBe(`run folder: ${out}; where the server is stopped, --out ${out} goes on`)
      first.stop()
      expect(await first.end).toBe(
        `130: stopped: 0 of 1 trials are kept; to finish: the same command with --out ${out}`,
      )
      const second = served(file, { out })
      const url = /ws:\S+/.exec(await second.noted(/^listening/))?.[0] ?? ''
      expect(await told(join(url, { agent: 'a,b', state: joinPath(root, 'on') }, io))).toBe('0')
      expect(await second.end).toBe('0')
      expect(await readdir(joinPath(root, 'runs', 'experiment'))).toEqual([out.split('/').at(-1)])
      expect(second.notes.join()).not.toContain('run folder')
    } finally {
      process.chdir(home)
    }
  })

  it('lets nobody in where its checkpoints are damaged, and promises nothing of the same command', async () => {
    const file = await fileOf(Q)
    const out = joinPath(root, 'damaged')
    const first = served(file, { out })
    await first.noted(/^listening/)
    first.stop()
    await first.end
    const slots = ['a', 'b'].map((slot) =>
      joinPath(out, 'federation', 'checkpoints', `0-1.${slot}.checkpoint`),
    )
    await mkdir(joinPath(out, 'federation', 'checkpoints'), { recursive: true })
    for (const slot of slots) await writeFile(slot, new Uint8Array(1024))
    const second = served(file, { out })
    const both = slots.join(' and ')
    expect(await second.end).toBe(
      `1: ${both} are damaged: put back a copy of one, or remove ${both} to begin this run again, for which each agent has to join with a new --state`,
    )
    expect(second.notes).toEqual([])
    for (const slot of slots) await rm(slot)
    const third = served(file, { out })
    await third.noted(/^listening/)
    third.stop()
    expect(await third.end).toContain('to finish: the same command again')
  })

  it('tells who comes again and again once, by name and index', async () => {
    const file = await fileOf(Q)
    const server = served(file, { out: joinPath(root, 'again') })
    const url = /ws:\S+/.exec(await server.noted(/^listening/))?.[0] ?? ''
    const agent = new AbortController()
    const there = told(
      join(url, { agent: 'a', state: joinPath(root, 'there') }, { ...io, signal: agent.signal }),
    )
    await server.noted(/^a joined/)
    const notes: string[] = []
    const beside = { ...io, note: (line: string) => void notes.push(line) }
    const again = joinPath(root, 'again-state')
    expect(await told(join(url, { agent: 'a', state: again, wait: '1.5' }, beside))).toContain(
      '1: name-taken',
    )
    expect(notes).toEqual(['not connected: name-taken: an agent with the name a is connected; trying again'])
    const lines = server.notes.filter((line) => line.includes('turned away'))
    expect(lines).toHaveLength(1)
    expect(lines[0]).toMatch(
      /^a \(agent 0\) at 127\.0\.0\.1:\d+ was turned away: an agent with the name a is connected$/,
    )
    agent.abort()
    await there
    server.stop()
    await server.end
  })

  it('whose log has the place of the lines for people says nothing beside it', async () => {
    const run = joinPath(root, 'told')
    const server = served(await fileOf(Q), { out: run, log: '-', logLevel: 'error' })
    await until(async () => ((await readIfThere(joinPath(run, 'run.json'))) === null ? undefined : true))
    server.stop()
    expect(await server.end).toBe('130: ')
    expect(server.notes).toEqual([])
  })

  it('refuses names that are none, and experiments that are no federation', async () => {
    const out = joinPath(root, 'other')
    const serving = (file: string, agents?: string) =>
      told(serve(file, { listen: '127.0.0.1:0', out, ...(agents !== undefined && { agents }) }, io))
    const file = await fileOf(Q)
    expect(await serving(file, 'a,b c')).toContain('2: --agents: expected names of 1 to 64 letters')
    expect(await serving(file, 'a,a')).toBe('2: --agents: expected each name once, got a twice')
    expect(await serving(file, 'a,b,c')).toBe('2: --agents: expected at most 2 names, got 3')
    expect(await serving(await fileOf(`${Q}vary: { agents.count: [2, 3] }`))).toContain('got 2, 3')
    for (const [change, message] of [
      ['name: local', 'local has nothing for agents and a server to exchange'],
      ['name: central', 'central has nothing'],
      ['name: fedpg, personalize: { steps: 2, stepSize: 0.1 }', 'personalize is what agents do on their own'],
    ] as const)
      expect(await serving(await fileOf(PG.replace('name: fedpg', change)))).toContain(message)
  })
})

describe('fedrl join', () => {
  it('asks for an address of this machine, and for a name', async () => {
    const at = (url: string, flags = {}) => told(join(url, { agent: 'a', state, wait: '0', ...flags }, io))
    expect(await at('127.0.0.1:7070')).toContain('2: URL: expected the address of a server')
    expect(await at('ws://192.168.0.7:7070')).toContain(
      '2: URL: expected wss://, for 192.168.0.7 is another machine',
    )
    expect(await at('ws://127.0.0.1:1', { agent: undefined })).toBe(
      '2: --agent: expected the name of the agent, got none',
    )
    expect(await at('ws://127.0.0.1:1', { agent: 'a,b', logs: 'x.csv' })).toContain(
      '2: --logs: expected one agent',
    )
    expect(await at('ws://127.0.0.1:1', { wait: 'long' })).toContain(
      '2: --wait: expected a number of seconds',
    )
    expect(await at('ws://127.0.0.1:1')).toBe(
      '1: cannot connect to ws://127.0.0.1:1: connect ECONNREFUSED 127.0.0.1:1',
    )
  })
})

describe('serve and join together', () => {
  it('tell a name that is taken, a log that does not belong there, and another experiment in the folder', async () => {
    const file = await fileOf(Q)
    const out = joinPath(root, 'together')
    const abort = new AbortController()
    const notes: string[] = []
    let url = ''
    const listening = new Promise<void>((resolve) => {
      const note = (line: string): void => {
        notes.push(line)
        url = /ws:\S+/.exec(line)?.[0] ?? url
        resolve()
      }
      void told(serve(file, { listen: '127.0.0.1:0', out }, { ...io, note, signal: abort.signal })).then(
        (text) => notes.push(text),
      )
    })
    await listening
    const agent = new AbortController()
    const joined = told(join(url, { agent: 'a', state }, { ...io, signal: agent.signal }))
    while (!notes.some((line) => line === 'a joined as agent 0'))
      await new Promise((resolve) => setTimeout(resolve, 5))
    const beside = { state: joinPath(root, 'beside'), wait: '0' }
    expect(await told(join(url, { agent: 'a', ...beside }, io))).toBe(
      '1: name-taken: an agent with the name a is connected',
    )
    expect(await told(join(url, { agent: 'a', state, wait: '0' }, io))).toBe(
      `2: ${state}: process ${process.pid} keeps the state of its agents in this folder; wait for it or stop it, or give these agents a --state of their own`,
    )
    for (const flag of ['logs', 'module', 'file']) {
      const before = notes.length
      const missing = joinPath(root, 'missing')
      expect(await told(join(url, { agent: 'b', [flag]: missing, ...beside }, io))).toBe(
        `2: ${missing}: no such file`,
      )
      expect(notes.length).toBe(before)
    }
    const log = joinPath(root, 'x.csv')
    await writeFile(log, '')
    expect(await told(join(url, { agent: 'b', logs: log, ...beside }, io))).toBe(
      '2: --logs: the agents of this experiment act in the model: experience of their own they bring where agents.experience is own',
    )
    agent.abort()
    expect(await joined).toBe('0')
    abort.abort()
    while (!notes.some((line) => line.startsWith('130')))
      await new Promise((resolve) => setTimeout(resolve, 5))
    expect(notes.at(-1)).toBe('130: stopped: 0 of 1 trials are kept; to finish: the same command again')
    const changed = await fileOf(Q.replace('steps: 20', 'steps: 30'))
    expect(await told(serve(changed, { listen: '127.0.0.1:0', out }, io))).toContain(
      '2: --out: expected a new folder or one with a run of this experiment',
    )
  })
})

describe('fedrl up', () => {
  it('starts nothing where the experience of the agents is their own', async () => {
    const file = await fileOf(`name: own
environment: { states: 2, actions: 2, discount: 0.9, rewardRange: [0, 1] }
agents: { count: 2, experience: own }
algorithm: { name: fed-asyn-q, stepSize: 0.5, syncPeriod: 5, steps: 20, initial: 0 }
`)
    const out = joinPath(root, 'up-own')
    expect(await told(up(file, { out }, io))).toBe(
      `2: ${file}: agents.experience: what agents learn from is their own, and fedrl up knows none of it: fedrl serve carries it out, and each agent joins with fedrl join --logs or --module`,
    )
    await expect(readdir(out)).rejects.toThrow('ENOENT')
  })

  it('asks for a number of processes', async () => {
    expect(await told(up(await fileOf(Q), { processes: '0' }, io))).toBe(
      '2: --processes: expected an integer in [1, 1024], got 0',
    )
  })
})
