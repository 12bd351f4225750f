/**
 * `kill -9` at random instants, of built processes over WebSocket: of the server and of agents while they start, write a checkpoint, learn and
 * finish. Every run ends, in the models, rows and summary of the undisturbed one.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Purpose, below, streamOf, type Stream } from '../src/numeric/stream.ts'
import { childrenOf, freePort, killAll, resultOf, simulated, startFedrl, type Running } from './processes.ts'
import { until } from './until.ts'

/** So many kills of the server, and so many of agents, in all; without the flag a few, of one federation of each kind. */
const KILLS = process.env['FEDRL_KILLS']
const SEED = Number(process.env['FEDRL_KILLS_SEED'] ?? 1)

const root = mkdtempSync(join(tmpdir(), 'fedrl-kills-'))
afterAll(() => {
  killAll()
  rmSync(root, { recursive: true, force: true })
})

const few = KILLS === undefined

/** Runs are long enough for many kills, or for a few. */
const [STEPS, ROUNDS] = few ? [1500, 150] : [3000, 300]

const FILES: Readonly<Record<string, string>> = {
  'fed-asyn-q, two variants and two seeds': `
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 5, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: ${STEPS}, initial: perAgent }
seeds: 2
evaluate: { every: 500, metrics: [error, bytes] }
vary: { algorithm.averaging: [equal, importance] }
`,
  'fast-fedpg, two seeds': `
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: 5, rewards: { heterogeneity: 0.7, pairs: false } }
algorithm: { name: fast-fedpg, policy: softmax, gradient: { rollouts: 4, horizon: 10 }, localSteps: 4, stepSize: 0.05, rounds: ${ROUNDS} }
seeds: 2
evaluate: { every: 50, metrics: [J, gap, bytes] }
`,
}

/** Resolves when a file whose path holds `part` is written below the folder, after some seconds without one, or when `isOver`. */
async function written(folder: string, part: string, isOver: () => boolean): Promise<void> {
  const watcher = watch(folder, { recursive: true })
  let isWritten = false
  watcher.on('change', (_, name) => (isWritten ||= String(name).includes(part)))
  await passed(3000, () => isWritten || isOver())
  watcher.close()
}

/** Resolves after so many ms, or when `isOver`. */
function passed(ms: number, isOver: () => boolean): Promise<unknown> {
  const end = performance.now() + ms
  return until(() => isOver() || performance.now() >= end)
}

/** Waits until the next kill: for a while since the last start, or for something to be written. */
function instant(stream: Stream, folder: string, isOver: () => boolean): Promise<unknown> {
  const parts = ['checkpoints', 'records', 'members', 'parts', 'models', '.journal']
  return below(stream, 2) === 0
    ? passed(below(stream, 1500), isOver)
    : written(folder, parts[below(stream, parts.length)] as string, isOver)
}

/** How often whom. */
interface Kills {
  server: number
  agents: number
}

/** A federation whose processes are killed and started again. */
interface Federation {
  /** `null` while nobody of the kind is there */
  kill(whom: keyof Kills, pick: number): Promise<boolean>
  /** exit code of the server, when nobody kills it any more */
  readonly over: () => Promise<void>
  /** whether the server has ended by itself */
  readonly isOver: () => boolean
}

/** `fedrl serve`, and two processes of `fedrl join`. */
async function serveAndJoin(file: string, out: string): Promise<Federation> {
  const port = await freePort()
  const serve = (): Running =>
    startFedrl(['serve', file, '--listen', `127.0.0.1:${port}`, '--out', out, '--agents', 'a,b,c,d,e'])
  const groups = ['a,b,c', 'd,e']
  const joinAs = (names: string): Running =>
    startFedrl([
      'join',
      `ws://127.0.0.1:${port}`,
      '--agent',
      names,
      '--state',
      join(`${out}-agents`, names),
      '--file',
      file,
      '--wait',
      '600',
    ])
  let server = serve()
  const agents = groups.map(joinAs)
  const replace = async (old: Running, again: () => Running): Promise<Running | null> => {
    if (old.child.exitCode !== null) return null
    await old.kill()
    // it ended by itself just then
    return old.child.signalCode === null ? null : again()
  }
  return {
    isOver: () => server.child.exitCode !== null,
    async kill(whom, pick) {
      const index = pick % agents.length
      const old = whom === 'server' ? server : (agents[index] as Running)
      const next = await replace(old, whom === 'server' ? serve : () => joinAs(groups[index] as string))
      if (next !== null && whom === 'server') server = next
      else if (next !== null) agents[index] = next
      return next !== null
    },
    async over() {
      expect([await server.ended(), server.said()]).toEqual([0, expect.any(String)])
      for (const agent of agents) {
        // one that was killed after its end has nobody to come back to
        await passed(3000, () => agent.child.exitCode !== null)
        await agent.kill()
      }
    },
  }
}

/** `fedrl up`, which starts its agents again itself. */
function upAlone(file: string, out: string): Federation {
  const up = (): Running => startFedrl(['up', file, '--processes', '2', '--out', out])
  let server = up()
  return {
    isOver: () => server.child.exitCode !== null,
    async kill(whom, pick) {
      if (server.child.exitCode !== null) return false
      const agents = childrenOf(server.child.pid as number)
      const agent = agents[pick % agents.length]
      if (whom === 'agents') return agent !== undefined && process.kill(agent, 'SIGKILL')
      await server.kill()
      if (server.child.signalCode === null) return false
      // its agents notice, and go
      await until(() => !agents.some(isRunning))
      server = up()
      return true
    },
    async over() {
      expect([await server.ended(), server.said()]).toEqual([0, expect.any(String)])
    },
  }
}

function isRunning(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ')
  } catch {
    return false
  }
}

/** Most kills of one run. */
const A_RUN = 12

let runs = 0

/** One run from its start to its end, with kills on the way until there were enough of them. */
async function runKilled(
  file: string,
  how: typeof serveAndJoin | typeof upAlone,
  stream: Stream,
  wanted: Kills,
): Promise<string> {
  const out = join(root, `run-${++runs}`)
  mkdirSync(out)
  const federation = await how(file, out)
  for (let kills = 0; kills < A_RUN && !federation.isOver() && wanted.server + wanted.agents > 0;) {
    await instant(stream, out, federation.isOver)
    const whom = wanted.agents === 0 || (wanted.server > 0 && below(stream, 2) === 0) ? 'server' : 'agents'
    if (!(await federation.kill(whom, below(stream, 1000)))) continue
    wanted[whom]--
    kills++
  }
  await federation.over()
  return out
}

describe.each(Object.keys(FILES))('%s', (name) => {
  const file = join(root, `${Object.keys(FILES).indexOf(name)}.yaml`)
  writeFileSync(file, `name: killed\n${FILES[name]}`)
  let expected: Record<string, string> | null = null

  // `up` is asked for its processes in a way that Linux has alone
  it.each([
    ['serve and join', serveAndJoin, few && name !== 'fed-asyn-q, two variants and two seeds'],
    ['up', upAlone, process.platform !== 'linux' || (few && name !== 'fast-fedpg, two seeds')],
  ] as const)(
    '%s',
    async (command, how, isLeftOut) => {
      if (isLeftOut) return
      expected ??= simulated(file, `${file}-whole`)
      const share = KILLS === undefined ? 2 : Math.ceil(Number(KILLS) / 4)
      const wanted: Kills = { server: share, agents: share }
      const stream = streamOf(SEED, command.length + name.length, Purpose.walk)
      let count = 0
      while (wanted.server + wanted.agents > 0) {
        const out = await runKilled(file, how, stream, wanted)
        expect(resultOf(out)).toEqual(expected)
        rmSync(out, { recursive: true })
        rmSync(`${out}-agents`, { recursive: true, force: true })
        count++
        if (!few)
          console.log(
            `${name}, ${command}: run ${count} as undisturbed; killed ${share - wanted.server} servers, ${share - wanted.agents} agents of ${share} each`,
          )
      }
      if (!few) console.log(name, expected)
    },
    7_200_000,
  )
})
