/** A server that is asked to stop, and one whose disk is full, as processes; on the built program. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { BIN, fedrl } from './fedrl.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-operations-'))
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(root, { recursive: true })
})

const FILE = join(root, 'q.yaml')
writeFileSync(
  FILE,
  `name: q
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 3, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: 6000, initial: perAgent }
evaluate: { every: 2000, metrics: [error, bytes] }
`,
)

/** A process of the program, and what it says on stderr. */
function start(args: readonly string[]) {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  children.add(child)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  return {
    child,
    said: () => said,
    async ended(): Promise<number | null> {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'close')
      return child.exitCode
    },
  }
}

async function until<T>(what: () => T | null | undefined): Promise<T> {
  for (;;) {
    const value = what()
    if (value !== null && value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Waits for the record of the run to have so many bytes. */
const recorded = (folder: string, bytes: number): Promise<true> =>
  until(() => {
    const { size } = statSync(join(folder, 'federation', 'records', '0-1.jsonl'), { throwIfNoEntry: false }) ?? { size: 0 } // prettier-ignore
    return size >= bytes ? true : null
  })

const modelOf = (folder: string): string =>
  readFileSync(join(folder, 'models', 'default', '1.safetensors'), 'base64')

const whole = join(root, 'whole')
const simulated = (): string => {
  if (statSync(whole, { throwIfNoEntry: false }) === undefined)
    expect(fedrl(['run', FILE, '--out', whole, '--threads', '1']).code).toBe(0)
  return modelOf(whole)
}

/** A server on a port that it chooses, which a second one takes over. */
async function serving(out: string, port = '0') {
  const server = start(['serve', FILE, '--listen', `127.0.0.1:${port}`, '--out', out, '--log', `${out}.log`])
  const [, url = '', bound = ''] = await until(
    () => /fedrl join (ws:\/\/127\.0\.0\.1:(\d+))/.exec(server.said()) ?? (server.child.exitCode === null ? null : ['', '', '']), // prettier-ignore
  )
  return { ...server, url, port: bound }
}

const events = (out: string): unknown[] =>
  readFileSync(`${out}.log`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: unknown }).event)

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: the server gives back what is open, and goes on later',
  async (signal) => {
    const out = join(root, signal)
    const first = await serving(out)
    const agents = start(['join', first.url, '--agent', 'a,b,c', '--state', `${out}-state`])
    await recorded(out, 5000)
    first.child.kill(signal)
    expect(await first.ended()).toBe(130)
    expect(first.said()).toContain('stopped: 0 of 1 trials are kept; to finish: the same command again')
    await until(() => /not connected: the server stops/.exec(agents.said()))
    const second = await serving(out, first.port)
    expect([await second.ended(), await agents.ended()]).toEqual([0, 0])
    expect(modelOf(out)).toBe(simulated())
    expect(events(out).filter((event) => event !== 'joined' && event !== 'left')).toEqual(['ready', 'stopped', 'ready', 'finished']) // prettier-ignore
    const [, ...rows] = readFileSync(join(out, 'federation', 'traffic.csv'), 'utf8')
      .trim()
      .split('\n')
    for (const row of rows) expect(row).toMatch(/^\d,[abc],2,\d+,\d+,\d+,600,/)
  },
)

it('SIGTERM: an agent leaves', async () => {
  const out = join(root, 'leaving')
  const server = await serving(out)
  const agent = start(['join', server.url, '--agent', 'a', '--state', `${out}-state`])
  await until(() => /a joined as agent 0/.exec(agent.said()))
  agent.child.kill('SIGTERM')
  expect(await agent.ended()).toBe(0)
  await until(() => /a left/.exec(server.said()))
  server.child.kill('SIGTERM')
  expect(await server.ended()).toBe(130)
})

/** A file system of so many KiB; null where this machine lets nobody have one. */
function smallDisk(size: string): string | null {
  if (process.platform !== 'linux') return null
  const path = join(root, 'disk')
  mkdirSync(path)
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]).status === 0 ? path : null
}

it('a disk that is really full stops the server, and with more room it goes on', async (context) => {
  const disk = smallDisk('64k')
  // only root may mount
  if (disk === null) return context.skip()
  try {
    const out = join(disk, 'run')
    const first = await serving(out, '0')
    const agents = start(['join', first.url, '--agent', 'a,b,c', '--state', join(root, 'disk-state')])
    expect(await first.ended()).toBe(1)
    expect(first.said()).toMatch(
      /cannot write .+: no space left on the device \(ENOSPC\)\n0 of 1 trials are kept; to finish: the same command again\n$/,
    )
    expect(spawnSync('mount', ['-o', 'remount,size=16m', disk]).status).toBe(0)
    const second = await serving(out, first.port)
    expect([await second.ended(), await agents.ended()]).toEqual([0, 0])
    expect(modelOf(out)).toBe(simulated())
  } finally {
    spawnSync('umount', ['-l', disk])
  }
})
