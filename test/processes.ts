/** Processes that a test starts: what they say, how they end, and the folder of a federation that they write. */
import { spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'vitest'
import { BIN, fedrl } from './fedrl.ts'
import { until } from './until.ts'

/** A process. */
export interface Running {
  readonly child: ChildProcess
  /** all that it said on stderr */
  said(): string
  /** resolves with what it says that matches; throws where it ends without */
  saying(pattern: RegExp): Promise<string>
  /** resolves with its exit code when it has ended; null where a signal ended it */
  ended(): Promise<number | null>
  /** kills it, and resolves when it is gone */
  kill(): Promise<void>
}

const alive = new Set<ChildProcess>()

/** Ends what is left of all processes. */
export function killAll(): void {
  for (const child of alive) child.kill('SIGKILL')
}

/** Starts a program. */
export function start(
  program: string,
  args: readonly string[],
  { cwd, env = process.env }: { readonly cwd?: string; readonly env?: NodeJS.ProcessEnv } = {},
): Running {
  const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'ignore', 'pipe'] })
  alive.add(child)
  child.once('close', () => alive.delete(child))
  let text = ''
  child.stderr?.setEncoding('utf8').on('data', (more: string) => (text += more))
  const closed = once(child, 'close')
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  return {
    child,
    said: () => text,
    saying: (pattern) =>
      until(() => {
        const found = pattern.exec(text)?.[0]
        if (found === undefined && isOver()) throw new Error(`ended without ${pattern}: ${text}`)
        return found
      }),
    async ended() {
      await closed
      return child.exitCode
    },
    async kill() {
      child.kill('SIGKILL')
      await closed
    },
  }
}

/** Starts `fedrl ...args`, as it was built. */
export const startFedrl = (args: readonly string[], cwd?: string): Running =>
  start(process.execPath, [BIN, ...args], cwd === undefined ? {} : { cwd })

/** Holds that they end one after another, each with exit code 0; shows what one said that does not. */
export async function finished(...running: readonly Running[]): Promise<void> {
  for (const one of running)
    expect([await one.ended(), one.child.exitCode === 0 ? '' : one.said()]).toEqual([0, ''])
}

/** Processes that a process started and that are there; Linux alone tells them. */
export function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    return children.trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

/** A port that nobody listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Resolves when the record of a run, `VARIANT-SEED`, has so many bytes. @param folder of the run */
export async function recorded(folder: string, bytes: number, record = '0-1'): Promise<void> {
  const path = join(folder, 'federation', 'records', `${record}.jsonl`)
  await until(() => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= bytes)
}

/** Hashes of all that a run ends in, by file: models, rows and summary. @param folder of the run */
export function resultOf(folder: string): Record<string, string> {
  const models = readdirSync(join(folder, 'models'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.safetensors'))
    .map((name) => join('models', name))
  const hashOf = (name: string): string =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')
  return Object.fromEntries(
    [...models, 'rows.csv', 'summary.json'].toSorted().map((name) => [name, hashOf(name)]),
  )
}

/** What a file ends in when it is simulated. @param folder of that run, new; @throws Error where the simulation fails */
export function simulated(file: string, folder: string): Record<string, string> {
  const { code, stderr } = fedrl(['run', file, '--out', folder, '--threads', '1'])
  if (code !== 0) throw new Error(`fedrl run ${file} ended with ${code}: ${stderr}`)
  return resultOf(folder)
}
