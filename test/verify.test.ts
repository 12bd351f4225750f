/** Federations whose server was killed, whose agents missed rounds or were late, are repeated to the last byte; on the built program. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { clock } from '../src/experiment/federated/clock.ts'
import { invitee } from '../src/experiment/federated/join.ts'
import { verifyRun } from '../src/experiment/federated/verify.ts'
import { takePart } from '../src/federation/agent.ts'
import { decodeFrame } from '../src/protocol/frame.ts'
import { connectWebSocket } from '../src/transport/websocket.ts'
import { memoryJournal } from './federation-world.ts'
import { fedrl } from './fedrl.ts'
import { freePort, killAll, recorded, startFedrl, type Running } from './processes.ts'
import { until } from './until.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-verify-'))
afterAll(() => {
  killAll()
  rmSync(root, { recursive: true })
})

/** A new folder with these files. */
function folderOf(name: string, files: Readonly<Record<string, string>>): string {
  const folder = join(root, name)
  mkdirSync(folder)
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text)
  return folder
}

/** A line of the record of a federation. */
interface Line {
  readonly round: number
  readonly agents: readonly number[]
  readonly late: readonly number[]
}

/** The whole lines of its only record. */
const linesOf = (run: string): Line[] =>
  readFileSync(join(run, 'federation', 'records', '0-1.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line)

/** What verify says of a run, the hashes left out. */
const verified = (folder: string, ...flags: string[]) => {
  const { code, stdout, stderr } = fedrl(['verify', 'run', '--json', ...flags], folder)
  return { code, said: stdout === '' ? stderr : (JSON.parse(stdout) as unknown) }
}

const MODEL = `name: killed
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 4, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 1500, initial: perAgent }
evaluate: { every: 500, metrics: [error, bytes] }
`

it('a server that was killed', async () => {
  const at = folderOf('killed', { 'killed.yaml': MODEL })
  const listen = `127.0.0.1:${await freePort()}`
  const serve = (): Running => startFedrl(['serve', 'killed.yaml', '--listen', listen, '--out', 'run'], at)
  const first = serve()
  const agents = ['a,b', 'c,d'].map((names) =>
    startFedrl(['join', `ws://${listen}`, '--agent', names, '--state', names], at),
  )
  await recorded(join(at, 'run'), 2000)
  await first.kill()
  const server = serve()
  for (const one of [server, ...agents]) expect(await one.ended()).toBe(0)
  expect(verified(at)).toMatchObject({
    code: 0,
    said: { same: true, verdicts: [{ outcome: 'same' }] },
  })
})

const LATE = `name: late
environment: { family: garnet, states: 6, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 3, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 200, initial: perAgent }
evaluate: { every: 50, metrics: [error, bytes] }
participation: { minimum: 2, deadlineSeconds: 0.25, late: foldNextRound }
`

/** An agent that answers each Task when its round has closed without it: the next one is open then. */
function lateAgent(url: string, name: string, run: string): Promise<unknown> {
  const open = invitee()
  return takePart({
    names: [name],
    client: 'a slow agent',
    wantsExperiment: true,
    connect: () => connectWebSocket(url),
    journal: () => Promise.resolve(memoryJournal()),
    clock,
    patienceMs: 60_000,
    async open(invitation) {
      const own = await open(invitation)
      return {
        ...own,
        async work(state, frame) {
          const task = decodeFrame(frame)
          const round = task.ok ? Number(task.value.fields['round']) : 0
          await until(() => linesOf(run).length > round)
          return own.work(state, frame)
        },
      }
    },
  })
}

it('agents that miss rounds and are late, with a server that was killed', async () => {
  const at = folderOf('late', { 'late.yaml': LATE })
  const run = join(at, 'run')
  const listen = `127.0.0.1:${await freePort()}`
  const serve = (): Running => startFedrl(['serve', 'late.yaml', '--listen', listen, '--out', 'run', '--agents', 'a,b,c'], at) // prettier-ignore
  const first = serve()
  const others = startFedrl(['join', `ws://${listen}`, '--agent', 'a,b', '--state', 'a'], at)
  await first.saying(/listening/)
  const late = lateAgent(`ws://${listen}`, 'c', run)
  await recorded(run, 500)
  await first.kill()
  const server = serve()
  expect(await Promise.all([server.ended(), others.ended(), late])).toEqual([0, 0, 'finished'])
  const lines = linesOf(run)
  expect(lines).toHaveLength(20)
  expect(lines.some(({ agents }) => agents.length === 2)).toBe(true)
  expect(lines.flatMap((line) => line.late)).toContain(2)
  expect(verified(at)).toMatchObject({ code: 0, said: { same: true } })
  writeFileSync(join(run, 'federation', 'members.json'), '["a"')
  await expect(verifyRun(run, {}, () => undefined)).rejects.toThrow('members.json is damaged')
})
