/** Rounds a second of `fedrl up` with two processes of agents, journals and checkpoints included, beside the same frames by `ws` alone. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spreadOf, type Spread } from '../measure.ts'
import { PROGRAM, built, ended, inFolder } from './processes.ts'
import { PROCESSES, rawRounds, type Frames } from './raw-server.ts'

const AGENTS = 20
const [STATES, ACTIONS] = [20, 5]
const SYNC_PERIOD = 100

/** What was measured; times in ms a round. */
export interface Rounds {
  readonly agents: number
  readonly rounds: number
  readonly frames: Frames
  readonly ours: Spread
  readonly raw: Spread
  readonly ratio: Spread
}

const experimentOf = (rounds: number): string =>
  `name: rounds
environment: { family: garnet, states: ${STATES}, actions: ${ACTIONS}, branching: 5, discount: 0.95, seed: 7 }
agents: { count: ${AGENTS}, behavior: uniform }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.05, syncPeriod: ${SYNC_PERIOD}, steps: ${SYNC_PERIOD * rounds} }
seeds: 1
evaluate: { every: ${SYNC_PERIOD * rounds}, metrics: [bytes] }
`

/** Both, one after the other, so often. */
export async function measureRounds(rounds: number, repetitions: number): Promise<Rounds> {
  const [ours, raw]: [number[], number[]] = [[], []]
  let frames: Frames | null = null
  for (let i = 0; i < repetitions; i++) {
    const { ms, bytes } = await inFolder((folder) => up(folder, rounds))
    frames ??= await framesOf(rounds, bytes / (rounds * AGENTS))
    ours.push(ms)
    raw.push(await rawRounds(frames, rounds))
  }
  if (frames === null) throw new RangeError('measureRounds: expected at least one repetition')
  const ratio = spreadOf(ours.map((ms, i) => ms / (raw[i] as number)))
  return { agents: AGENTS, rounds, frames, ours: spreadOf(ours), raw: spreadOf(raw), ratio }
}

/** Runs the federation; the pace is that of the record, which grows when rounds are on disk, without the first tenth. */
async function up(folder: string, rounds: number): Promise<{ ms: number; bytes: number }> {
  const [file, out] = [join(folder, 'rounds.yaml'), join(folder, 'out')]
  writeFileSync(file, experimentOf(rounds))
  const record = join(out, 'federation', 'records', '0-1.jsonl')
  const seen: { readonly at: number; readonly size: number }[] = []
  const flags = ['up', file, '--processes', String(PROCESSES), '--out', out, '--json']
  const program = spawn(process.execPath, [PROGRAM, ...flags], { stdio: ['ignore', 'ignore', 'inherit'] })
  const watch = setInterval(() => {
    const size = existsSync(record) ? statSync(record).size : 0
    if (size > (seen.at(-1)?.size ?? 0)) seen.push({ at: performance.now(), size })
  }, 3)
  await ended(program)
  clearInterval(watch)
  const text = readFileSync(record)
  const closedIn = (size: number): number => text.subarray(0, size).toString().split('\n').length - 1
  const first = seen.find(({ size }) => closedIn(size) >= rounds / 10)
  const last = seen.at(-1)
  if (first === undefined || last === undefined || first === last) throw new Error('up: too few rounds')
  const bytes = Number(readFileSync(join(out, 'rows.csv'), 'utf8').trim().split(',').at(-1))
  return { ms: (last.at - first.at) / (closedIn(last.size) - closedIn(first.size)), bytes }
}

/** The frames of a round as they are on the line. @param inner bytes of a Task and a mean Update of the algorithm */
async function framesOf(rounds: number, inner: number): Promise<Frames> {
  const { encodeMessage } =
    await built<typeof import('../../src/protocol/session-codec.ts')>('protocol/session-codec.js')
  const { encodeTask } = await built<typeof import('../../src/protocol/q-codec.ts')>('protocol/q-codec.js')
  const round = Math.floor(rounds / 2)
  const position = { variant: 0, seed: 1, round, phase: 0 }
  const table = new Float64Array(STATES * ACTIONS)
  const task = encodeTask({ round, step: SYNC_PERIOD * round, steps: SYNC_PERIOD, table })
  const update = new Uint8Array(8 * Math.round((inner - task.length) / 8))
  const each = AGENTS / PROCESSES
  const whom = Uint32Array.from({ length: each }, (_, agent) => agent)
  const message = { ...position, status: 'received', reason: '', agents: whom } as const
  return {
    connections: PROCESSES,
    updates: each,
    taskBytes: encodeMessage({ kind: 'task', ...position, ahead: 1, agents: null, after: null, frame: task })
      .length,
    updateBytes: encodeMessage({ kind: 'update', ...position, agent: 1, frame: update }).length,
    acks: 2,
    ackBytes: encodeMessage({ kind: 'ack', ...message }).length,
  }
}
