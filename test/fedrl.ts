/** Runs the built program in a process of its own. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './source.ts'

/** What a finished command left. */
export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The executable, absolute. */
export const BIN = join(ROOT, 'bin', 'fedrl.mjs')

/**
 * `fedrl ...args`, to its end.
 * @throws Error where nothing is built
 */
export function fedrl(args: readonly string[], cwd = ROOT): Outcome {
  if (!existsSync(join(ROOT, 'dist', 'src', 'cli', 'main.js')))
    throw new Error('dist/ is missing: run "npm run build" first')
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    cwd,
    encoding: 'utf8',
    maxBuffer: 1e9,
  })
  return { code: status, stdout, stderr }
}
