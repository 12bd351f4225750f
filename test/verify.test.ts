/** Federations whose server was killed, whose agents missed rounds or were late, are repeated to the last byte; on the built program. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { fedrl } from './fedrl.ts'
import { freePort, killAll, recorded, startFedrl, type Running } from './processes.ts'

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

const linesOf = (run: string, record = '0-1'): Line[] =>
  readFileSync(join(run, 'federation', 'records', `${record}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)

/** What verify says of a run, the hashes left out. */
const verified = (folder: string, ...flags: string[]) => {
  const { code, stdout, stderr } = fedrl(['verify', 'run', '--json', ...flags], folder)
  return { code, said: stdout === '' ? stderr : (JSON.parse(stdout) as unknown) }
}

const MODEL = `name: killed
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 4, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 2000, initial: perAgent }
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
  await recorded(join(at, 'run'), 5000)
  await first.kill()
  const server = serve()
  for (const one of [server, ...agents]) expect(await one.ended()).toBe(0)
  expect(verified(at)).toMatchObject({
    code: 0,
    said: { same: true, verdicts: [{ outcome: 'same' }] },
  })
})

/** An environment whose steps take so long, ms. */
const CORRIDOR = `import { streamOf, uniform } from 'fedrl/numeric'
const nap = new Int32Array(new SharedArrayBuffer(4))
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
      if (STEP_MS > 0) Atomics.wait(nap, 0, 0, STEP_MS)
      steps++
      at = uniform(stream) < 0.1 ? at : Math.max(0, at + (action === 1 ? 1 : -1))
      const terminated = at === 5
      return { observation: at, reward: terminated ? 1 : 0, terminated, truncated: steps === 30 }
    },
  }
}
`
const corridor = (stepMs: number): string => CORRIDOR.replaceAll('STEP_MS', String(stepMs))

/** c takes longer than a round may. */
const LATE = `name: late
environment: { states: 6, actions: 2, discount: 0.9, rewardRange: [0, 1] }
agents: { count: 3, experience: own, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 500, initial: perAgent }
evaluate: { every: 50, metrics: [samples, bytes] }
participation: { minimum: 2, deadlineSeconds: 0.1, late: foldNextRound }
`

it('agents that miss rounds and are late, with a server that was killed', async () => {
  const at = folderOf('late', { 'late.yaml': LATE, 'env.ts': corridor(0) })
  const listen = `127.0.0.1:${await freePort()}`
  const serve = (): Running => startFedrl(['serve', 'late.yaml', '--listen', listen, '--out', 'run', '--agents', 'a,b,c'], at) // prettier-ignore
  let server = serve()
  const joining = (name: string, stepMs: number): Running =>
    startFedrl(['join', `ws://${listen}`, '--agent', name, '--module', 'env.ts'], folderOf(`late-${name}`, { 'env.ts': corridor(stepMs) })) // prettier-ignore
  // as long as b is missing, nothing goes on without c
  const agents = [joining('a', 0), joining('c', 12)]
  await recorded(join(at, 'run'), 200)
  agents.push(joining('b', 0))
  await recorded(join(at, 'run'), 1000)
  await server.kill()
  server = serve()
  for (const one of [server, ...agents]) expect(await one.ended()).toBe(0)
  const lines = linesOf(join(at, 'run'))
  expect(lines).toHaveLength(50)
  expect(lines.some(({ agents: folded }) => folded.length === 2)).toBe(true)
  expect(lines.flatMap(({ late }) => late)).toContain(2)
  // the same steps, and nobody waits for them
  expect(verified(at, '--modules', 'env.ts,env.ts,env.ts')).toMatchObject({ code: 0, said: { same: true } })
})
