/** Reads the source tree for the tests that hold its shape: which module imports what, and which expressions it uses. */
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import { parseSync } from 'vite'

/** The root of the repository, absolute. */
export const ROOT = join(import.meta.dirname, '..')

/** One import, export-from, `import()` or `import('...')` type. */
export interface Import {
  readonly specifier: string
  /** path from the root where the specifier is relative, else null */
  readonly target: string | null
  /** erased by the compiler: nothing is loaded */
  readonly typeOnly: boolean
  /** loaded when called for, not with the module */
  readonly dynamic: boolean
}

/** A source file, by its path from the root with forward slashes. */
export interface Module {
  readonly path: string
  readonly imports: readonly Import[]
  /** `**`, `**=`, and members of Math, Date, crypto and performance as `Math.random`; `Date` for `Date()` and `new Date()`, the time of day */
  readonly uses: readonly string[]
}

type Node = { readonly type: string } & { readonly [key: string]: unknown }

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value

function* nodesOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* nodesOf(item)
  else if (isNode(value)) {
    yield value
    for (const child of Object.values(value)) if (typeof child === 'object') yield* nodesOf(child)
  }
}

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
  'ImportExpression',
  'TSImportType',
])

function importOf(path: string, node: Node): Import | null {
  const source = node['source']
  if (!IMPORTING.has(node.type) || !isNode(source) || typeof source['value'] !== 'string') return null
  const specifier = source['value']
  return {
    specifier,
    target: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null,
    typeOnly: node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type',
    dynamic: node.type === 'ImportExpression',
  }
}

const nameOf = (value: unknown): unknown =>
  isNode(value) && value.type === 'Identifier' ? value['name'] : undefined

const GLOBALS = new Set<unknown>(['Math', 'Date', 'crypto', 'performance'])

function useOf(node: Node): string | null {
  if (node['operator'] === '**' || node['operator'] === '**=') return node['operator']
  if (node.type === 'MemberExpression' && GLOBALS.has(nameOf(node['object']))) {
    return `${String(nameOf(node['object']))}.${String(nameOf(node['property']))}`
  }
  const given = node['arguments']
  const now = Array.isArray(given) && given.length === 0 && nameOf(node['callee']) === 'Date'
  return now ? 'Date' : null
}

/** One module from its text. */
export function parseModule(path: string, text: string): Module {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${String(errors[0]?.message)}`)
  const nodes = [...nodesOf(program)]
  return {
    path,
    imports: nodes.map((node) => importOf(path, node)).filter((one) => one !== null),
    uses: nodes.map(useOf).filter((one) => one !== null),
  }
}

/** Every module below `folder` (a path from the root) that is no test. */
export function modulesOf(folder: string): Module[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter(
      (entry) => entry.isFile() && entry.name.endsWith('.ts') && !/\.(test|contract)\.ts$/.test(entry.name),
    )
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .toSorted()
    .map((path) => parseModule(path, readFileSync(join(ROOT, path), 'utf8')))
}
