/** The Python agent for tests: a virtual environment with the package and its test extras, made once and shared by all runs. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './source.ts'

/** `npm test` says where it is, and '' where tests do without. */
const PROGRAM = process.env['FEDRL_PYTHON'] ?? 'python3'

/** The package's folder. */
export const PACKAGE = join(ROOT, 'clients', 'python')

const CACHE = join(ROOT, 'node_modules', '.cache', 'fedrl-python')

/** Keeps what Python writes beside sources, and the tools' caches, out of the tree. */
export const PYTHON_ENV: NodeJS.ProcessEnv = {
  ...process.env,
  PYTHONPYCACHEPREFIX: join(CACHE, 'bytecode'),
  RUFF_CACHE_DIR: join(CACHE, 'ruff'),
  MYPY_CACHE_DIR: join(CACHE, 'mypy'),
  HYPOTHESIS_STORAGE_DIRECTORY: join(CACHE, 'hypothesis'),
  PIP_DISABLE_PIP_VERSION_CHECK: '1',
}

/** Why there is no Python to test with, or null. */
export const noPython: string | null =
  PROGRAM !== '' && spawnSync(PROGRAM, ['-c', 'import ensurepip, venv']).status === 0
    ? null
    : 'no Python with venv is installed'

/** What a finished command said; @throws Error with its output where it failed */
function outputOf(program: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd: PACKAGE,
    env: PYTHON_ENV,
    encoding: 'utf8',
  })
  if (status !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`)
  return stdout
}

/** Runs a module of the environment in the package's folder. @throws Error with its output where it fails */
export const runModule = (args: readonly string[]): string => outputOf(environment(), ['-m', ...args])

let made: string | null = null

/** The Python of the environment, absolute; the first call makes it where `pyproject.toml` or the Python are new. */
export function environment(): string {
  made ??= make()
  return made
}

function make(): string {
  const version = outputOf(PROGRAM, ['-c', 'import sys; print(sys.executable, sys.version)'])
  const hash = createHash('sha256')
    .update(readFileSync(join(PACKAGE, 'pyproject.toml')))
    .update(version)
    .update(PACKAGE)
  const folder = join(CACHE, hash.digest('hex').slice(0, 16))
  const python = join(folder, 'bin', 'python')
  const stamp = join(folder, 'ready')
  if (existsSync(stamp)) return python
  rmSync(folder, { recursive: true, force: true })
  outputOf(PROGRAM, ['-m', 'venv', folder])
  outputOf(python, ['-m', 'pip', 'install', '--quiet', '--editable', '.[test]'])
  writeFileSync(stamp, '')
  return python
}
