/** 512 agents with a connection and a large Update each: Updates a second of a real server, and how much its memory grows, beside `ws` alone. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spreadOf, type Spread } from '../measure.ts'
import { PROGRAM, built, ended, freePort, inFolder, message, start, until } from './processes.ts'
import { PROCESSES, rawRounds, type Frames } from './raw-server.ts'

const AGENTS = 512
const [STATES, ACTIONS] = [592, 8]
const ENTRIES = STATES * ACTIONS
/** Rounds before the clock starts. */
const WARMING = 10

/** What was measured; rates in Updates a second. */
export interface Large {
  readonly agents: number
  readonly updateBytes: number
  readonly ours: Spread
  readonly raw: Spread
  readonly ratio: Spread
  /** how much what is live in the server's memory grew at the most since the first Task, in Updates an agent */
  readonly live: number
  /** the same of its resident memory, garbage included */
  readonly resident: Spread
}

const experimentOf = (rounds: number): string =>
  `name: large
environment: { family: garnet, states: ${STATES}, actions: ${ACTIONS}, branching: 2, discount: 0.9, seed: 7 }
agents: { count: ${AGENTS}, behavior: uniform }
algorithm: { name: fed-syn-q, stepSize: 0.1, syncPeriod: 1, steps: ${rounds}, initial: 0 }
seeds: 1
evaluate: { every: ${rounds}, metrics: [bytes] }
`

/** Both, one after the other, so often. @param rounds at most 100 */
export async function measureLarge(rounds: number, repetitions: number): Promise<Large> {
  const frames = await framesOf()
  const inUpdates = (bytes: number): number => bytes / (frames.updateBytes * AGENTS)
  const [ours, raw, resident]: [number[], number[], number[]] = [[], [], []]
  for (let i = 0; i < repetitions; i++) {
    const { ms, grown } = await inFolder((folder) => serve(folder, rounds + WARMING, 'resident'))
    ours.push((1000 * AGENTS) / ms)
    resident.push(inUpdates(grown))
    raw.push((1000 * AGENTS) / (await rawRounds(frames, rounds)))
  }
  const { grown } = await inFolder((folder) => serve(folder, 2 * WARMING, 'live'))
  return {
    agents: AGENTS,
    updateBytes: frames.updateBytes,
    ours: spreadOf(ours),
    raw: spreadOf(raw),
    ratio: spreadOf(ours.map((rate, i) => rate / (raw[i] as number))),
    live: inUpdates(grown),
    resident: spreadOf(resident),
  }
}

/** Resident memory of a process, bytes. */
function residentOf(pid: number | undefined): number {
  const path = `/proc/${pid}/status`
  const text = existsSync(path) ? readFileSync(path, 'utf8') : ''
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(text)?.[1] ?? 0)
}

const TELLS_MEMORY = ['--expose-gc', '--import', new URL('memory.mjs', import.meta.url).href]

/** ms a round of `fedrl serve`, and how many bytes its memory grew at the most since the first Task. */
async function serve(
  folder: string,
  rounds: number,
  memory: 'live' | 'resident',
): Promise<{ ms: number; grown: number }> {
  const [file, port] = [join(folder, 'large.yaml'), await freePort()]
  writeFileSync(file, experimentOf(rounds))
  const flags = ['serve', file, '--listen', `127.0.0.1:${port}`, '--out', join(folder, 'out'), '--json']
  const node = memory === 'live' ? TELLS_MEMORY : []
  const program = spawn(process.execPath, [...node, PROGRAM, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let [isListening, bytes] = [false, 0]
  program.stderr?.on('data', (text: Buffer) => (isListening ||= text.includes('listening')))
  program.on('message', (live: number) => (bytes = live))
  const now = (): number => (memory === 'live' ? bytes : residentOf(program.pid))
  await until(() => isListening)
  const each = AGENTS / PROCESSES
  const children = Array.from({ length: PROCESSES }, (_, i) =>
    start('thin-agents.ts', [`ws://127.0.0.1:${port}`, String(i * each), String(each), String(ENTRIES)]),
  )
  const [first, ...others] = children
  if (first === undefined) throw new Error('serve: expected agents')
  const over = [program, ...others].map((child) => ended(child))
  await message(first)
  const before = now()
  let most = before
  const watch = setInterval(() => (most = Math.max(most, now())), 10)
  const { ms } = await message<{ ms: number }>(first)
  clearInterval(watch)
  await Promise.all(over)
  return { ms, grown: most - before }
}

async function framesOf(): Promise<Frames> {
  const { encodeMessage } =
    await built<typeof import('../../src/protocol/session-codec.ts')>('protocol/session-codec.js')
  const { encodeTask, encodeUpdate } =
    await built<typeof import('../../src/protocol/q-codec.ts')>('protocol/q-codec.js')
  const position = { variant: 0, seed: 1, round: 50, phase: 0 }
  const zeros = new Float64Array(ENTRIES)
  const task = encodeTask({ round: 50, step: 50, steps: 1, table: zeros })
  const update = encodeUpdate({ agent: 200, round: 50, entries: null, changes: zeros, visits: null })
  const ack = { ...position, status: 'received', reason: '', agents: Uint32Array.of(200) } as const
  return {
    connections: AGENTS,
    updates: 1,
    taskBytes: encodeMessage({ kind: 'task', ...position, ahead: 1, agents: null, after: null, frame: task })
      .length,
    updateBytes: encodeMessage({ kind: 'update', ...position, agent: 200, frame: update }).length,
    acks: 2,
    ackBytes: encodeMessage({ kind: 'ack', ...ack }).length,
  }
}
