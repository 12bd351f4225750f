/** Ten thousand agents, each with a key, in two processes over one WebSocket each: from their start until the first round is on the server's disk. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { spreadOf, type Spread } from '../measure.ts'
import { PROGRAM, built, ended, freePort, inFolder, start, until } from './processes.ts'
import { PROCESSES } from './raw-server.ts'

/** What was measured. */
export interface Many {
  readonly agents: number
  /** from the start of the processes of agents until the round has closed and is on disk, s */
  readonly seconds: Spread
}

const experimentOf = (agents: number): string =>
  `name: many
environment: { family: garnet, states: 20, actions: 5, branching: 5, discount: 0.95, seed: 7 }
agents: { count: ${agents}, behavior: uniform }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.05, syncPeriod: 100, steps: 100 }
seeds: 1
evaluate: { every: 100, metrics: [bytes] }
`

/** One round of so many agents, so often. */
export async function measureMany(agents: number, repetitions: number): Promise<Many> {
  const seconds: number[] = []
  for (let i = 0; i < repetitions; i++) seconds.push(await inFolder((folder) => oneRound(folder, agents)))
  return { agents, seconds: spreadOf(seconds) }
}

async function oneRound(folder: string, agents: number): Promise<number> {
  const [file, port, out] = [join(folder, 'many.yaml'), await freePort(), join(folder, 'out')]
  writeFileSync(file, experimentOf(agents))
  const groups = await writeKeys(folder, agents)
  const flags = ['--listen', `127.0.0.1:${port}`, '--keys', join(folder, 'keys'), '--out', out, '--json']
  const program = spawn(process.execPath, [PROGRAM, 'serve', file, ...flags], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  program.stderr.on('data', (text: Buffer) => (said += text.toString()))
  await until(() => said.includes('listening') || program.exitCode !== null)
  if (program.exitCode !== null) throw new Error(`fedrl serve: ${said}`)
  const since = performance.now()
  const children = groups.map((group) => start('key-agents.ts', [`ws://127.0.0.1:${port}`, group]))
  const over = [program, ...children].map((child) => ended(child))
  const checkpoint = join(out, 'federation', 'checkpoints', '0-1.a.checkpoint')
  await until(() => existsSync(checkpoint) && statSync(checkpoint).size > 0)
  const seconds = (performance.now() - since) / 1000
  await Promise.all(over)
  return seconds
}

/** The list of the server, and a folder for each process with the keys of its agents. */
async function writeKeys(folder: string, agents: number): Promise<readonly string[]> {
  const { makeKey } = await built<typeof import('../../src/federation/keys/ed25519.ts')>(
    'federation/keys/ed25519.js',
  )
  const { keyLine } = await built<typeof import('../../src/federation/keys/key-list.ts')>(
    'federation/keys/key-list.js',
  )
  const { KEY_LIST } = await built<typeof import('../../src/experiment/federated/key-folder.ts')>(
    'experiment/federated/key-folder.js',
  )
  const made = Array.from({ length: agents }, (_, i) => ({ name: `agent-${i}`, ...makeKey() }))
  mkdirSync(join(folder, 'keys'))
  const lines = made.map(({ name, key }) => keyLine({ name, key, revoked: false }))
  writeFileSync(join(folder, 'keys', KEY_LIST), `${lines.join('\n')}\n`)
  return Array.from({ length: PROCESSES }, (_, i) => {
    const group = join(folder, `group-${i}`)
    mkdirSync(group)
    const own = made.filter((_, k) => k % PROCESSES === i).map(({ name, pem }) => [name, pem])
    writeFileSync(join(group, 'names.json'), JSON.stringify(own))
    return group
  })
}
