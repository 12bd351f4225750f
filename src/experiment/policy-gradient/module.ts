/**
 * A person's own environment: a module, JavaScript or TypeScript, whose default export is a factory (parameters) => Environment.
 * It is found, loaded, called and checked; every fault is told with the module's name.
 */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { Jiti } from 'jiti'
import { checkEnvironment } from '../../agent/environment/check.ts'
import type { Environment } from '../../agent/environment.ts'
import type { Issue } from '../../numeric/result.ts'
import { InputError } from '../errors.ts'
import { readBytes } from '../files.ts'
import type { Parameters } from './spec.ts'
import { calling, messageOf, watched, type UserEnvironment } from './watched.ts'

/** Largest file of a module, bytes. */
const MOST_BYTES = 10_000_000

/** Makes an environment. @throws InputError naming the module, where it fails or the environment does not keep the contract */
export type EnvironmentFactory = (parameters: Parameters) => Environment

/** The doors of the fedrl that is running, for modules that stand where no fedrl is installed: `fedrl/numeric` and the like -> file. */
function doors(): Record<string, string> {
  const require = createRequire(import.meta.url)
  const manifest = require.resolve('fedrl/package.json')
  const { exports } = require(manifest) as { exports: Record<string, string | { default: string }> }
  return Object.fromEntries(
    Object.entries(exports).flatMap(([door, target]) =>
      typeof target === 'string' ? [] : [[`fedrl${door.slice(1)}`, join(dirname(manifest), target.default)]],
    ),
  )
}

let loader: Promise<Jiti> | undefined

/** The loader of TypeScript. It keeps nothing, on disk or in memory: a module that was changed is loaded as it is now. */
function jitiLoader(): Promise<Jiti> {
  loader ??= import('jiti').then(({ createJiti }) =>
    createJiti(import.meta.url, {
      alias: doors(),
      fsCache: false,
      moduleCache: false,
      interopDefault: false,
    }),
  )
  return loader
}

/** What kept a module from being loaded, as the user's error. */
function loadFault(path: string, error: unknown): InputError {
  const message = messageOf(error)
  const syntax = /^ParseError: (.*?)\s*\n\s*(.*):(\d+):(\d+)/.exec(message)
  if (syntax !== null) {
    const [, what = '', file = path, line, column] = syntax
    const issue: Issue = {
      path: [],
      message: `expected JavaScript or TypeScript: ${what}`,
      line: Number(line),
      column: Number(column),
    }
    return new InputError(file, [issue])
  }
  if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')
    return new InputError(path, message.split('\n')[0] ?? message)
  return new InputError(path, `threw while it was loaded: ${message}`)
}

function factoryOf(path: string, exports: unknown): (parameters: Parameters) => unknown {
  const names = typeof exports === 'object' && exports !== null ? Object.keys(exports) : []
  if (!names.includes('default'))
    throw new InputError(
      path,
      `expected a default export, a function (parameters) => Environment, got ${names.length === 0 ? 'no exports' : `only ${names.join(', ')}`}`,
    )
  const factory = (exports as { default: unknown }).default
  if (typeof factory !== 'function')
    throw new InputError(
      path,
      `expected the default export to be a function (parameters) => Environment, got ${factory === null ? 'null' : typeof factory}`,
    )
  return factory as (parameters: Parameters) => unknown
}

async function load(path: string): Promise<EnvironmentFactory> {
  const jiti = await jitiLoader()
  const exports: unknown = await jiti.import(path).catch((error: unknown) => {
    throw loadFault(path, error)
  })
  const factory = factoryOf(path, exports)
  const checked = new Set<string>()
  return (parameters) => {
    const key = JSON.stringify(parameters)
    const made = calling(
      path,
      () => [],
      `the default export, called with ${key},`,
      () => factory(parameters),
    )
    const found = checked.has(key) ? [] : checkEnvironment(made, { episodes: 2 })
    if (found.length > 0) throw new InputError(path, found)
    checked.add(key)
    return watched(path, made as UserEnvironment)
  }
}

/** What has been loaded in this process, by path and content. */
const loaded = new Map<string, Promise<EnvironmentFactory>>()

/**
 * Loads a module, once as long as it is not changed. What it makes is put to the checker once for every set of parameters, and watched
 * at every later step: vectors may be arrays of numbers, and anything else that breaks the contract is told with the seed and the step.
 * @param path absolute
 * @throws InputError naming the module, and the line where it is known: missing, not to be loaded, without a factory
 */
export async function loadEnvironmentModule(path: string): Promise<EnvironmentFactory> {
  const key = `${path} ${await hashEnvironmentModule(path)}`
  const before = loaded.get(key)
  if (before !== undefined) return before
  const factory = load(path)
  loaded.set(key, factory)
  // What it lacked, a package say, may be there the next time.
  factory.catch(() => loaded.delete(key))
  return factory
}

/** Names of files in `import ... from './x.ts'`, `import('./x.ts')` and `require('./x.ts')`; also in comments, which does no harm. */
const RELATIVE = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]*)\1/g

/** The files that `path` is made of: itself, and what it imports by relative paths, in the order in which they are met. */
async function filesOf(path: string): Promise<Map<string, Uint8Array>> {
  const jiti = await jitiLoader()
  const files = new Map<string, Uint8Array>()
  const visit = async (file: string): Promise<void> => {
    if (files.has(file)) return
    const bytes = await readBytes(file, file, MOST_BYTES)
    files.set(file, bytes)
    for (const [, , name = ''] of new TextDecoder().decode(bytes).matchAll(RELATIVE)) {
      const url = jiti.esmResolve(name, { parentURL: pathToFileURL(file), try: true })
      if (url !== undefined) await visit(fileURLToPath(url))
    }
  }
  await visit(path)
  return files
}

/**
 * The identity of a module: sha256, hex, over its text and that of every file it imports by a relative path, directly or not. Packages
 * and files that it reads while it runs do not count.
 * @param path absolute
 * @throws InputError naming a file that cannot be read
 */
export async function hashEnvironmentModule(path: string): Promise<string> {
  const hash = createHash('sha256')
  for (const [file, bytes] of await filesOf(path)) {
    const name = relative(dirname(path), file).replaceAll('\\', '/')
    hash.update(`${JSON.stringify([name, bytes.length])}\n`).update(bytes)
  }
  return hash.digest('hex')
}
