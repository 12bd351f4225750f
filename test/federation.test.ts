/** Law 3, live: the models of a federation are those of the simulation, bit for bit, whatever happens on the way. */
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import type { Experiment } from '../src/experiment/experiment.ts'
import { invitee } from '../src/experiment/federated/join.ts'
import { listenMemory, type MemoryListener } from '../src/transport/memory.ts'
import { connectWebSocket, listenWebSocket } from '../src/transport/websocket.ts'
import { connectPort, listenPorts, type Port, type PortListener } from '../src/transport/worker.ts'
import { TransportError, type Connection, type Listener } from '../src/transport.ts'
import {
  agentsOptions,
  chances,
  Crash,
  crashingJournal,
  crashingWriter,
  cutAfter,
  experimentOf,
  fileOf,
  keepTakingPart,
  logsOf,
  memoryJournal,
  modelsOf,
  newFolder,
  removeFolders,
  served,
  simulated,
  textOf,
} from './federation-world.ts'
import { ROOT } from './source.ts'
import { startProxy, type Proxy } from './transport-faults.ts'

afterAll(removeFolders)

/** How often each experiment is carried out while things go down: once, or as often as FEDRL_DISTURBANCES says. */
const DISTURBANCES = Number(process.env['FEDRL_DISTURBANCES'] ?? 1)

const AGENTS = 5

const Q = `
environment: { family: garnet, states: 6, actions: 3, branching: 3, discount: 0.9 }
agents: { count: ${AGENTS}, behavior: { dirichlet: 0.5 } }
evaluate: { every: 20, metrics: [error, normalizedError, rmse, return, gap, samples, rounds, bytes] }
`
const PG = `
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: ${AGENTS}, rewards: { heterogeneity: 0.7, pairs: false } }
evaluate: { every: 3, metrics: [J, gap, gradientNorm, agentJ, rounds, bytes] }
`
const pg = (name: string, more = ''): string =>
  `${PG}algorithm: { name: ${name}, policy: softmax, gradient: exact, localSteps: 3, stepSize: 0.2, rounds: 16${more} }`
const example = (name: string): string => join(ROOT, 'examples', name)
const SAMPLED = `${PG}
algorithm: { name: fedpg, policy: softmax, gradient: { rollouts: 3, horizon: 6 }, localSteps: 2, stepSize: 0.05, rounds: 12 }
vary: { algorithm.name: [fast-fedpg, scaffold] }`

const ALONE = `name: alone${Q}
algorithm: { name: q-learning, stepSize: 0.3, steps: 50, initial: perAgent }
seeds: [2]`

const FILES: Readonly<Record<string, string>> = {
  'fed-asyn-q': `${Q}
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.3, syncPeriod: 7, steps: 100, initial: shared }
seeds: 2
vary: { algorithm.averaging: [equal, importance], algorithm.initial: [shared, perAgent] }`,
  'fed-syn-q': `${Q.replace('{ dirichlet: 0.5 }', 'uniform')}
algorithm: { name: fed-syn-q, stepSize: 0.3, syncPeriod: 4, steps: 30, initial: perAgent }
seeds: [4]`,
  logs: `
environment: { mdp: ${example('ward.mdp.json')} }
agents: { logs: [${logsOf(AGENTS, example('ward-a.csv'), example('ward-b.csv')).join(', ')}] }
evaluate: { every: 20, metrics: [error, bytes] }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.3, syncPeriod: 7, steps: 100, initial: 0 }`,
  fedpg: pg('fedpg'),
  'fast-fedpg': pg('fast-fedpg'),
  scaffold: pg('scaffold', ', entropy: 0.05'),
  'fedsvrpg-m': pg('fedsvrpg-m', ', momentum: 0.4'),
  ifca: pg('ifca', ', clusters: 2, initial: { normal: 0.5 }'),
  averagings: `${pg('softpavg')}\nvary: { algorithm.name: [softpavg, projpavg, qavg] }`,
  'sampled gradients': SAMPLED,
}

/** Simulations, each once. */
const simulations = new Map<string, Promise<{ experiment: Experiment; models: string[]; folder: string }>>()

function simulation(name: string) {
  const known = simulations.get(name) ?? simulate(`name: x${FILES[name]}`)
  simulations.set(name, known)
  return known
}

async function simulate(text: string) {
  const experiment = experimentOf(text)
  const { folder } = await simulated(experiment)
  return { experiment, models: await modelsOf(experiment, folder), folder }
}

const NAMES = Array.from({ length: AGENTS }, (_, agent) => `agent-${agent}`)
/** The agents of each process. */
const GROUPS = [NAMES.slice(0, 3), NAMES.slice(3)]

/** Where agents connect to, whoever listens there now. */
interface Place {
  readonly listen: () => Promise<Listener>
  readonly connect: () => Promise<Connection>
}

/** How often things went down. */
interface Crashes {
  agents: number
  server: number
}

/** Carries an experiment out while lines are cut and server and agents go down, all drawn from a seed; without one, undisturbed. */
async function federation(experiment: Experiment, place: Place, seed: number | null) {
  const draw = chances(seed ?? 0)
  const crashes: Crashes = { agents: 0, server: 0 }
  const out = newFolder()
  const file = fileOf(experiment)
  /** the first crash comes early enough to come at all */
  const soon = (before: number, most: number, later: number): number => 3 + draw(before === 0 ? most : later)
  const agents = GROUPS.map((group) => {
    const journal = memoryJournal(2)
    const connect = async (): Promise<Connection> =>
      seed === null ? place.connect() : cutAfter(await place.connect(), 5 + draw(60))
    return keepTakingPart(
      () =>
        agentsOptions(
          group,
          connect,
          seed === null ? journal : crashingJournal(journal, soon(crashes.agents, 5, 20)),
          { open: invitee({ file }) },
        ),
      crashes,
    )
  })
  const failed = new Promise<never>((_, reject) => {
    for (const one of agents) one.catch(reject)
  })
  for (;;) {
    const listener = await place.listen()
    const write = seed === null ? {} : { write: crashingWriter(3 + soon(crashes.server, 5, 25)) }
    try {
      const { folder } = await Promise.race([
        served(experiment, listener, { out, isLocal: true, ...write }),
        failed,
      ])
      expect(new Set(await Promise.all(agents))).toEqual(new Set(['finished']))
      return { folder, crashes }
    } catch (error) {
      if (!(error instanceof Crash)) throw error
      crashes.server++
    } finally {
      await listener.close()
    }
  }
}

function overMemory(): Place {
  let listener: MemoryListener | null = null
  return {
    listen: async () => (listener = listenMemory()),
    async connect() {
      if (listener === null) throw new TransportError('nobody listens yet')
      return listener.connect()
    },
  }
}

async function checkSame(name: string, place: Place, seed: number | null): Promise<Crashes> {
  const { experiment, models, folder } = await simulation(name)
  const live = await federation(experiment, place, seed)
  expect(await modelsOf(experiment, live.folder)).toEqual(models)
  for (const file of ['rows.csv', 'summary.json'])
    expect(await textOf(live.folder, file)).toBe(await textOf(folder, file))
  return live.crashes
}

describe('over memory', () => {
  it.each(Object.keys(FILES))('%s gives the models, rows and summary of the simulation', async (name) => {
    expect(await checkSame(name, overMemory(), null)).toEqual({ agents: 0, server: 0 })
  })

  it.each(Object.keys(FILES))('%s, lines cut, agents and server going down', async (name) => {
    for (let seed = 1; seed <= DISTURBANCES; seed++) {
      const { agents, server } = await checkSame(name, overMemory(), seed)
      expect(agents).toBeGreaterThan(0)
      expect(server).toBeGreaterThan(0)
    }
  })
})

/** Agents that reach the server through a proxy, which breaks every line, in the middle of a frame mostly, after a random number of bytes. */
function overWebSocket(seed: number | null): Place & { close(): Promise<void> } {
  const draw = chances(seed ?? 0)
  const proxies: Proxy[] = []
  return {
    async listen() {
      const listener = await listenWebSocket()
      proxies.push(await startProxy(Number(new URL(listener.address).port)))
      return listener
    },
    async connect() {
      const proxy = proxies.at(-1)
      if (proxy === undefined) throw new TransportError('nobody listens yet')
      if (seed !== null) proxy.cutAfter(5000 + draw(40_000))
      return connectWebSocket(`ws://127.0.0.1:${proxy.port}`)
    },
    async close() {
      for (const proxy of proxies) await proxy.close()
    },
  }
}

describe('over WebSocket', () => {
  it.each(['fed-asyn-q', 'fast-fedpg', 'scaffold'])('%s', async (name) => {
    for (const seed of [null, 2]) {
      const place = overWebSocket(seed)
      const { agents, server } = await checkSame(name, place, seed)
      expect(agents + server > 0).toBe(seed !== null)
      await place.close()
    }
  })
})

/** Agents that are given ports, as those in other threads are. */
function overPorts(): Place {
  let listener: PortListener | null = null
  return {
    listen: async () => (listener = listenPorts()),
    async connect() {
      if (listener === null) throw new TransportError('nobody listens yet')
      const { port1, port2 } = new MessageChannel()
      listener.accept(port1 as Port)
      return connectPort(port2 as Port)
    },
  }
}

describe('over message ports', () => {
  it.each(['fed-asyn-q', 'fast-fedpg'])('%s', async (name) => {
    for (const seed of [null, 4]) {
      const { agents, server } = await checkSame(name, overPorts(), seed)
      expect([agents > 0, server > 0]).toEqual([seed !== null, seed !== null])
    }
  })
})

describe('what differs from a simulation is said', () => {
  it('agents that learn alone tell their tables at the end: the model is the same, rows before it are missing', async () => {
    const { experiment, models, folder } = await simulate(ALONE)
    const live = await federation(experiment, overMemory(), 3)
    expect(await modelsOf(experiment, live.folder)).toEqual(models)
    const rows = async (path: string) => (await textOf(path, 'rows.csv')).trim().split('\n')
    const [before, after] = [await rows(folder), await rows(live.folder)]
    expect(after.slice(1)).toEqual(before.slice(-8))
    expect(await textOf(live.folder, 'summary.json')).toContain('nothing is measured before the end')
  })

  it('how many transitions agents drew is not told, and the run ends where it diverges as a simulation does', async () => {
    const text = `name: x${PG.replace('J, gap', 'samples, J, gap')}
algorithm: { name: fedpg, policy: softmax, gradient: { rollouts: 3, horizon: 6 }, localSteps: 2, stepSize: 1.0e+8, rounds: 6 }`
    const { experiment, models, folder } = await simulate(text)
    const live = await federation(experiment, overMemory(), null)
    expect(await modelsOf(experiment, live.folder)).toEqual(models)
    const [before, after] = [await textOf(folder, 'summary.json'), await textOf(live.folder, 'summary.json')]
    const diverged = /Seed 1 diverged in round 1 at agent \d[^"]*/
    expect(diverged.exec(after)?.[0]).toBe(diverged.exec(before)?.[0])
    expect(diverged.exec(after)).not.toBeNull()
    expect(after).toContain('The metric samples is left out')
  })
})
