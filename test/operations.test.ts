/** A federation that is operated: what it tells while it goes on, what it writes down, and what happens where the disk is full. */
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { get, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { writeAtomically, type Writer } from '../src/experiment/disk.ts'
import { RunError } from '../src/experiment/errors.ts'
import { hang } from '../src/experiment/federated/gateway.ts'
import { operationsOf } from '../src/experiment/federated/operations.ts'
import { askStatus } from '../src/cli/ask-status.ts'
import type { Io } from '../src/cli/io.ts'
import { run as runCommand } from '../src/cli/run.ts'
import { show } from '../src/cli/show.ts'
import { statusText } from '../src/cli/status.ts'
import { listenMemory } from '../src/transport/memory.ts'
import { connectWebSocket, listenWebSocket } from '../src/transport/websocket.ts'
import {
  agentsOptions,
  experimentOf,
  memoryJournal,
  modelsOf,
  newFolder,
  removeFolders,
  served,
  simulated,
  takePart,
  textOf,
} from './federation-world.ts'
import { until } from './until.ts'

afterAll(removeFolders)

const TEXT = `name: operated
environment: { family: garnet, states: 6, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 3, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.3, syncPeriod: 5, steps: 300, initial: shared }
evaluate: { every: 100, metrics: [error, bytes] }
`
const PARTIAL = `${TEXT}participation: { minimum: 2, deadlineSeconds: 0.5, late: foldNextRound }\n`

/** A federation over WebSocket with its gateway, whose agents join when they are told. */
async function operated(
  text: string,
  {
    hidesNames = false,
    out = newFolder(),
    write,
  }: { hidesNames?: boolean; out?: string; write?: Writer } = {},
) {
  const experiment = experimentOf(text)
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const listener = await listenWebSocket()
  const operations = operationsOf(experiment, { hidesNames, log: { level: 'debug', destination } })
  hang(listener.server, operations.gateway)
  const stop = new AbortController()
  const done = served(experiment, listener, {
    out,
    watch: operations.watch,
    signal: stop.signal,
    ...(write !== undefined && { write }),
  }).finally(() => void listener.close())
  const url = listener.address
  const get = async (path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(new URL(path, url.replace('ws:', 'http:')))
    return { status: response.status, text: await response.text() }
  }
  const join = (names: readonly string[], journal = memoryJournal()) =>
    takePart(agentsOptions(names, () => connectWebSocket(url), journal))
  return {
    experiment,
    operations,
    url,
    get,
    join,
    stop,
    done,
    out,
    log: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

const io: Io = {
  json: false,
  interactive: false,
  signal: new AbortController().signal,
  result: () => undefined,
  note: () => undefined,
}

/** What `fedrl show` says of a run. */
async function shown(run: string): Promise<string> {
  let text = ''
  await show(run, {}, { ...io, result: (_, told) => void (text = told()) })
  return text
}

describe('a federation under way', () => {
  it('tells over HTTP how it stands: while it waits, and when it is over', async () => {
    const here = await operated(TEXT)
    await until(async () => (await here.get('/readyz')).status === 200)
    await until(() => here.operations.status() !== null)
    expect(await askStatus(here.url)).toMatchObject({
      name: 'operated',
      variant: 'default',
      seed: 1,
      round: 0,
      rounds: 60,
      state: 'waiting',
      present: 0,
      participation: { minimum: 3, target: null },
    })
    const first = here.join(['a', 'b'])
    await until(() => here.operations.status()?.present === 2)
    const status = await askStatus(here.url)
    expect(status.agents.map(({ name, state, lag }) => [name, state, lag])).toEqual([
      ['a', 'here', null],
      ['b', 'here', null],
      ['agent 2', 'expected', null],
    ])
    expect(statusText(status)).toContain(
      'round 0 of 60, 0 on disk; the phase waits for 1 more agent\n2 of 3 agents here',
    )
    expect((await here.get('/metrics')).text).toContain('\nfedrl_agents_present 2\n')
    expect((await here.get('/elsewhere')).status).toBe(404)
    const second = here.join(['c'])
    await Promise.all([here.done, first, second])
    expect(here.operations.status()).toBe(null)
  })

  it('counts what goes to and fro, in metrics, in traffic.csv, in the report', async () => {
    const here = await operated(TEXT)
    const finished: string[] = []
    const watching = until(async () => {
      const page = await here.get('/metrics').catch(() => null)
      if (page !== null && page.status === 200) finished.push(page.text)
      return page === null || here.operations.status()?.state === 'over'
    })
    await Promise.all([here.done, here.join(['a', 'b', 'c']), watching])
    const rounds = finished.map((text) => Number(/^fedrl_rounds_closed_total (\d+)$/m.exec(text)?.[1] ?? NaN))
    expect(rounds).toEqual(rounds.toSorted((one, other) => one - other))
    const [header, ...rows] = (await textOf(here.out, 'federation/traffic.csv')).trim().split('\n')
    expect(header).toBe(
      'agent,name,sessions,received_bytes,sent_bytes,received,durable,duplicate,late,refused',
    )
    const cells = rows.map((row) => row.split(','))
    expect(cells.map(([agent, name, sessions]) => [agent, name, sessions])).toEqual([['0', 'a', '1'], ['1', 'b', '1'], ['2', 'c', '1']]) // prettier-ignore
    for (const [, , , received, sent, updates, durable, ...others] of cells) {
      expect([Number(updates), Number(durable), ...others.map(Number)]).toEqual([60, 60, 0, 0, 0])
      // a Task holds the whole table, of which one connection gets one for its three agents
      expect(Number(sent)).toBeGreaterThan((60 * 18 * 8) / 3)
      expect(Number(received)).toBeGreaterThan(60 * 5 * 8)
    }
    const report = await textOf(here.out, 'report.html')
    expect(report).toContain(
      'A federation of 3 agents: 60 phases closed in 1 run, all of them with everybody.',
    )
    const closings = here.log().filter(({ event }) => event === 'closed')
    expect(closings.length).toBe(60)
    expect(closings[7]).toMatchObject({
      level: 'debug',
      variant: 'default',
      seed: 1,
      round: 7,
      phase: 0,
      agents: 3,
      late: 0,
    })
    expect(here.log().filter(({ event }) => event === 'joined')).toMatchObject([
      { agent: 0, name: 'a', round: 0 },
      { agent: 1, name: 'b' },
      { agent: 2, name: 'c' },
    ])
    expect(here.log().at(-1)).toMatchObject({ level: 'info', event: 'finished', msg: 'all runs are over' })
  })

  it('names nobody to whom asks by another name than one of this machine, or through another server', async () => {
    const here = await operated(TEXT)
    // it looks for a server that is gone, until the test ends
    void here.join(['ward-a']).catch(() => undefined)
    await until(() => here.operations.status()?.present === 1)
    const { port } = new URL(here.url)
    const told = async (headers: Record<string, string>): Promise<string> => {
      const [response] = (await once(get({ port, path: '/status', headers }), 'response')) as [
        IncomingMessage,
      ]
      let text = ''
      for await (const piece of response.setEncoding('utf8')) text += piece as string
      return text
    }
    expect(await told({ host: `localhost:${port}` })).toContain('ward-a')
    expect(await told({ host: `rebound.example:${port}` })).not.toContain('ward-a')
    expect(await told({ 'x-forwarded-for': '192.0.2.1' })).not.toContain('ward-a')
    here.stop.abort()
    await expect(here.done).rejects.toThrow('stopped')
  })

  it('names nobody where others than the operator can ask', async () => {
    const here = await operated(TEXT, { hidesNames: true })
    const joining = here.join(['ward-a'])
    await until(() => here.operations.status()?.present === 1)
    const { text } = await here.get('/status')
    expect(text).not.toContain('ward-a')
    expect(text).toContain('"name":"agent 0"')
    const kept = async () => textOf(here.out, 'federation/traffic.csv').catch(() => '')
    // a server that is killed from here on has counted this session
    await until(async () => (await kept()).includes('\n0,ward-a,1,'))
    here.stop.abort()
    await expect(here.done).rejects.toThrow(
      'stopped: 0 of 1 trials are kept; to finish: the same command again',
    )
    expect(here.log().at(-1)).toMatchObject({ level: 'info', event: 'stopped' })
    await expect(runCommand(undefined, { resume: here.out }, io)).rejects.toThrow(
      `--resume: expected a simulation, got ${here.out} with a federation, which the command that began it finishes`,
    )
    expect(await shown(here.out)).toContain('to finish: the command that began it')
    const again = await operated(TEXT, { out: here.out })
    // the agent looks for a server that is gone, until the test ends
    void joining.catch(() => undefined)
    await Promise.all([again.done, again.join(['ward-a', 'b', 'c'])])
    const rows = (await textOf(here.out, 'federation/traffic.csv')).split('\n')
    expect(await shown(here.out)).toMatch(
      /^a federation of 3 agents in 4 sessions: .+ received, .+ sent, 0 updates refused; by agent in /m,
    )
    // restarts of the server included
    expect(rows[1]).toMatch(/^0,ward-a,2,/)
  })
})

describe('participation in a federation', () => {
  it('closes rounds without those that are away, and writes down who was missing', async () => {
    const here = await operated(PARTIAL)
    const { folder } = (await Promise.all([here.done, here.join(['a', 'b'])]))[0]
    const record = (await textOf(folder, 'federation/records/0-1.jsonl')).trim().split('\n')
    expect(record.length).toBe(60)
    for (const line of record) expect(JSON.parse(line)).toMatchObject({ agents: [0, 1], late: [] })
    const report = await textOf(folder, 'report.html')
    expect(report).toContain(
      'A federation of 3 agents: 60 phases closed in 1 run, 60 of them without somebody.',
    )
    expect(report).toContain('10 more phases without somebody, or with a late Update')
    expect(await textOf(folder, 'experiment.yaml')).toContain('participation:\n  minimum: 2')
  }, 120_000)

  it('changes nothing in a simulation', async () => {
    const [plain, partial] = [experimentOf(TEXT), experimentOf(PARTIAL)]
    const [one, other] = [await simulated(plain), await simulated(partial)]
    expect(await modelsOf(partial, other.folder)).toEqual(await modelsOf(plain, one.folder))
    expect(await textOf(other.folder, 'rows.csv')).toBe(await textOf(one.folder, 'rows.csv'))
    const notes: string[] = []
    const file = join(one.folder, 'partial.yaml')
    await writeFile(file, PARTIAL)
    await runCommand(
      file,
      { out: newFolder(), threads: '1' },
      { ...io, note: (line) => void notes.push(line) },
    )
    expect(notes).toEqual([
      'participation is for federations: in a simulation everybody takes part in every round',
    ])
  })
})

/** Writes as long as there is room for so many files. */
function fillingUp(files: number): Writer {
  let left = files
  return async (path, chunks) => {
    if (left-- <= 0)
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write', errno: -28 })
    await writeAtomically(path, chunks)
  }
}

describe('a disk that is full', () => {
  it.each([2, 3, 4, 5])(
    'stops the server after %i files, which says so and goes on when there is room',
    async (files) => {
      const experiment = experimentOf(TEXT)
      const out = newFolder()
      const listener = listenMemory()
      let there = listener
      const agents = takePart(agentsOptions(['a', 'b', 'c'], () => there.connect(), memoryJournal()))
      const stopped = await served(experiment, listener, { out, write: fillingUp(files) }).catch(
        (error: unknown) => error,
      )
      expect(stopped).toBeInstanceOf(RunError)
      expect((stopped as RunError).message).toMatch(
        new RegExp(
          `^cannot write ${out}/.+: no space left on the device \\(ENOSPC\\)\\n0 of 1 trials are kept; to finish: the same command again$`,
        ),
      )
      await listener.close()
      there = listenMemory()
      const { folder } = (await Promise.all([served(experiment, there, { out }), agents]))[0]
      await there.close()
      const simulation = await simulated(experiment)
      expect(await modelsOf(experiment, folder)).toEqual(await modelsOf(experiment, simulation.folder))
    },
  )
})

describe('the time of day', () => {
  it('may jump: deadlines and results do not look at it', async () => {
    const experiment = experimentOf(
      TEXT.replace('name: operated', 'name: operated\nparticipation: { deadlineSeconds: 1 }'),
    )
    const listener = listenMemory()
    vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-01-01') })
    try {
      let jumps = 0
      const jump = (): void => {
        vi.setSystemTime(Date.parse(++jumps % 2 === 0 ? '1999-12-31' : '2038-01-20'))
      }
      const [{ folder }] = await Promise.all([
        served(experiment, listener, { onNotice: jump }),
        takePart(agentsOptions(['a', 'b', 'c'], () => listener.connect(), memoryJournal())),
      ])
      expect(jumps).toBeGreaterThan(60)
      const simulation = await simulated(experiment)
      expect(await modelsOf(experiment, folder)).toEqual(await modelsOf(experiment, simulation.folder))
    } finally {
      vi.useRealTimers()
      await listener.close()
    }
  })
})

it('a checkpoint that cannot be read is named, with the last good one', async () => {
  const experiment = experimentOf(TEXT)
  const out = newFolder()
  const listener = listenMemory()
  const stop = new AbortController()
  const journal = memoryJournal()
  let closed = 0
  const agents = takePart(
    agentsOptions(['a', 'b', 'c'], () => listener.connect(), journal, { signal: stop.signal }),
  )
  const stopping = served(experiment, listener, {
    out,
    signal: stop.signal,
    onNotice(notice) {
      if (notice.type === 'closed' && ++closed === 20) stop.abort()
    },
  })
  await expect(stopping).rejects.toThrow('stopped')
  await agents
  await listener.close()
  const slot = (which: string): string => join(out, 'federation', 'checkpoints', `0-1.${which}.checkpoint`)
  expect(existsSync(slot('a')) && existsSync(slot('b'))).toBe(true)
  const numbers = await Promise.all(
    ['a', 'b'].map(async (which) => (await readFile(slot(which))).readUInt32LE(0)),
  )
  const [newest, before] =
    (numbers[0] as number) > (numbers[1] as number) ? (['a', 'b'] as const) : (['b', 'a'] as const)
  await writeAtomically(slot(newest), [new Uint8Array(7)])
  const failing = served(experiment, listenMemory(), { out })
  await expect(failing).rejects.toThrow(
    `${slot(newest)} is damaged: put back a copy of it; the last good checkpoint is ${slot(before)}, after round `,
  )
})
