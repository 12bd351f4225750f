/** Processes that a test starts: what they say, how they end, and the folder of a federation that they write. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { BIN } from './fedrl.ts'
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
