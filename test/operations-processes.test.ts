/** A server that is asked to stop, and one whose disk is full, as processes; on the built program. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { FederationStatus } from '../src/experiment/federated/status.ts'
import { fedrl } from './fedrl.ts'
import { killAll, recorded, startFedrl } from './processes.ts'
import { until } from './until.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-operations-'))
afterAll(() => {
  killAll()
  rmSync(root, { recursive: true })
})

function fileOf(name: string, steps: number): string {
  const file = join(root, `${name}.yaml`)
  writeFileSync(
    file,
    `name: ${name}
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 3, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: ${steps}, initial: perAgent }
evaluate: { every: 1000, metrics: [error, bytes] }
`,
  )
  return file
}

const FILE = fileOf('q', 2000)
/** It fills a small disk. */
const LONG = fileOf('long', 6000)

const modelOf = (folder: string): string =>
  readFileSync(join(folder, 'models', 'default', '1.safetensors'), 'base64')

/** The model of the simulation. */
function simulated(file: string): string {
  const folder = `${file}-simulated`
  if (!existsSync(folder)) expect(fedrl(['run', file, '--out', folder, '--threads', '1']).code).toBe(0)
  return modelOf(folder)
}

/** A server on a port that it chooses, which a second one takes over. */
async function serving(file: string, out: string, port = '0') {
  const server = startFedrl([
    'serve',
    file,
    '--listen',
    `127.0.0.1:${port}`,
    '--out',
    out,
    '--log',
    `${out}.log`,
  ])
  const url = await server.saying(/ws:\/\/127\.0\.0\.1:\d+/)
  return { ...server, url, port: new URL(url).port }
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
    const first = await serving(FILE, out)
    const agents = startFedrl(['join', first.url, '--agent', 'a,b,c', '--state', `${out}-state`])
    await recorded(out, 2000)
    first.child.kill(signal)
    expect(await first.ended()).toBe(130)
    expect(first.said()).toContain('stopped: 0 of 1 trials are kept; to finish: the same command again')
    await agents.saying(/not connected: the server stops/)
    const second = await serving(FILE, out, first.port)
    expect([await second.ended(), await agents.ended()]).toEqual([0, 0])
    expect(modelOf(out)).toBe(simulated(FILE))
    expect(events(out).filter((event) => event !== 'joined' && event !== 'left')).toEqual(['ready', 'stopped', 'ready', 'finished']) // prettier-ignore
    const [, ...rows] = readFileSync(join(out, 'federation', 'traffic.csv'), 'utf8')
      .trim()
      .split('\n')
    for (const row of rows) expect(row).toMatch(/^\d,[abc],2,\d+,\d+,\d+,200,/)
  },
)

it.skipIf(process.platform === 'win32')(
  'SIGUSR2: no round closes until the second one, and the model is that of the simulation',
  async () => {
    const out = join(root, 'paused')
    const server = await serving(LONG, out)
    const agents = startFedrl(['join', server.url, '--agent', 'a,b,c', '--state', `${out}-state`])
    await recorded(out, 2000)
    server.child.kill('SIGUSR2')
    await server.saying(/^the run is paused$/m)
    const paused = (): FederationStatus => {
      const status = fedrl(['status', server.url, '--json'])
      return JSON.parse(status.stdout) as FederationStatus
    }
    const { round } = paused()
    // whoever was asked has answered: but for the pause, the round would close
    const last = await until(() => {
      const status = paused()
      return status.missing === 0 && status.durableRound === round ? status : null
    })
    expect(last).toMatchObject({ state: 'paused', round, present: 3 })
    expect(round).toBeLessThan(600)
    expect(fedrl(['status', server.url]).stdout).toContain('on disk; paused')
    server.child.kill('SIGUSR2')
    await server.saying(/^the run is resumed$/m)
    expect([await server.ended(), await agents.ended()]).toEqual([0, 0])
    expect(modelOf(out)).toBe(simulated(LONG))
    expect(events(out).filter((event) => event !== 'joined' && event !== 'left')).toEqual(['ready', 'paused', 'resumed', 'finished']) // prettier-ignore
  },
)

it('SIGTERM: an agent leaves', async () => {
  const out = join(root, 'leaving')
  const server = await serving(FILE, out)
  const agent = startFedrl(['join', server.url, '--agent', 'a', '--state', `${out}-state`])
  await agent.saying(/a joined as agent 0/)
  agent.child.kill('SIGTERM')
  expect(await agent.ended()).toBe(0)
  await server.saying(/a left/)
  server.child.kill('SIGTERM')
  expect(await server.ended()).toBe(130)
})

/** A file system of so many KiB; null where this machine lets nobody have one. */
function smallDisk(name: string, size: string): string | null {
  if (process.platform !== 'linux') return null
  const path = join(root, name)
  mkdirSync(path)
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', path]).status === 0 ? path : null
}

it('a disk that is really full stops the server, and with more room it goes on', async (context) => {
  const disk = smallDisk('disk', '64k')
  // only root may mount
  if (disk === null) return context.skip()
  try {
    const out = join(disk, 'run')
    const first = await serving(LONG, out)
    const agents = startFedrl(['join', first.url, '--agent', 'a,b,c', '--state', join(root, 'disk-state')])
    expect(await first.ended()).toBe(1)
    expect(first.said()).toMatch(
      /cannot write .+: no space left on the device \(ENOSPC\)\n0 of 1 trials are kept; to finish: the same command again\n$/,
    )
    expect(spawnSync('mount', ['-o', 'remount,size=16m', disk]).status).toBe(0)
    const second = await serving(LONG, out, first.port)
    expect([await second.ended(), await agents.ended()]).toEqual([0, 0])
    expect(modelOf(out)).toBe(simulated(LONG))
  } finally {
    spawnSync('umount', ['-l', disk])
  }
})

it('a disk that is full stops an agent, which says so', async (context) => {
  const disk = smallDisk('agent-disk', '100k')
  // only root may mount
  if (disk === null) return context.skip()
  try {
    const server = await serving(LONG, join(root, 'agent-disk-run'))
    const agent = startFedrl(['join', server.url, '--agent', 'a,b,c', '--state', join(disk, 'state')])
    expect(await agent.ended()).toBe(1)
    expect(agent.said()).toMatch(/\ncannot write .+\.journal: no space left on the device \(ENOSPC\)\n$/)
    server.child.kill('SIGTERM')
    expect(await server.ended()).toBe(130)
  } finally {
    spawnSync('umount', ['-l', disk])
  }
})
