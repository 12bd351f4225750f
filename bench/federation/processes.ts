/** What the parts of the federation's benchmark share: the built program, processes, ports, folders that go away. */
import { fork, type ChildProcess } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The executable of the built program. */
export const PROGRAM = join(ROOT, 'bin', 'fedrl.mjs')

/** A module of the built program, by its path below src. */
export const built = async <Module>(path: string): Promise<Module> =>
  (await import(pathToFileURL(join(ROOT, 'dist', 'src', path)).href)) as Module

/** A process of a script of this folder. */
export const start = (script: string, args: readonly string[]): ChildProcess =>
  fork(fileURLToPath(new URL(script, import.meta.url)), args)

/** Resolves when a process has ended. @throws Error where it failed */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${child.spawnargs.join(' ')}: ended with ${code}`)),
    )
  })
}

/** The next message of a process. @throws Error where it ends before */
export function message<T>(child: ChildProcess): Promise<T> {
  return new Promise((resolve, reject) => {
    const early = (): void => reject(new Error(`${child.spawnargs.join(' ')}: ended without an answer`))
    child.once('close', early)
    child.once('message', (value) => {
      child.off('close', early)
      resolve(value as T)
    })
  })
}

/** A port of loopback that nobody uses. */
export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Works in a folder of its own, which is removed afterwards. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'fedrl-bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Waits until `holds`, looked at every few ms. @throws Error after two minutes */
export async function until(holds: () => boolean): Promise<void> {
  const giveUpAt = performance.now() + 120_000
  while (!holds()) {
    if (performance.now() > giveUpAt) throw new Error('until: two minutes have passed')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
