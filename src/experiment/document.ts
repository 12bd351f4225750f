/** The resolved form of an experiment file: plain data that gives the same experiment wherever it lies. */
import { getIn, merge, type Path, same, setIn, shared, startsWith } from './data.ts'
import { isRecord } from './expect.ts'
import type { Variant } from './experiment.ts'
import { SECTIONS } from './schema.ts'

/** Where files are named in the sections. */
const FILES: readonly Path[] = [
  ['environment', 'mdp'],
  ['environment', 'module'],
  ['agents', 'logs'],
  ['agents', 'behavior', 'table'],
  ['agents', 'rewards'],
  ['agents', 'dynamics', 'mdps'],
  ['algorithm', 'policy', 'linear', 'matrix'],
]

/** `path` as an absolute path with forward slashes, relative ones taken from `folder`. */
function absolutePath(folder: string, path: string): string {
  if (path.startsWith('data:')) return path
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(path)) return path
  const parts: string[] = []
  for (const part of `${folder}/${path}`.split(/[/\\]/)) {
    if (part === '..' && parts.length > 1) parts.pop()
    else if (part !== '.' && (part !== '' || parts.length === 0)) parts.push(part)
  }
  return parts.join('/')
}

/** A file's data in which every path to another file is absolute, also those in `vary`. */
export const absolutePaths = (data: unknown, folder: string): unknown =>
  changedPaths(data, (path) => absolutePath(folder, path))

/** A file's data in which `change` has been applied to every path to another file, also those in `vary`. */
export function changedPaths(data: unknown, change: (path: string) => string): unknown {
  const file = changedUnder(data, [], change)
  const vary = getIn(file, ['vary'])
  if (!isRecord(vary)) return file
  const entries = Object.entries(vary).map(([key, values]) => [
    key,
    Array.isArray(values) ? values.map((value) => changedUnder(value, key.split('.'), change)) : values,
  ])
  return setIn(file, ['vary'], Object.fromEntries(entries))
}

/** `value` stands at `path` of the file. */
function changedUnder(value: unknown, path: Path, change: (path: string) => string): unknown {
  const resolve = (item: unknown): unknown => {
    if (Array.isArray(item)) return item.map(resolve)
    return typeof item === 'string' && item !== '' ? change(item) : item
  }
  let result = value
  for (const file of FILES) {
    if (startsWith(path, file)) return resolve(value)
    const rest = file.slice(path.length)
    const inner = startsWith(file, path) ? getIn(value, rest) : undefined
    if (inner !== undefined) result = setIn(result, rest, resolve(inner))
  }
  return result
}

/** The file as it was read. */
interface File {
  readonly name: string
  readonly seeds: readonly number[]
  readonly vary: Readonly<Record<string, readonly unknown[]>>
  readonly [section: string]: unknown
}

/** The file with the defaults filled in that all variants share; what differs between them is left to `vary` and to the defaults. */
export function resolvedDocument(file: File, variants: readonly Variant[]): Record<string, unknown> {
  const { name, seeds, vary, participation } = file
  const section = (key: (typeof SECTIONS)[number]): [string, unknown][] => {
    const settings = variants.map((variant): Record<string, unknown> => ({ ...variant.settings[key] }))
    const filled = merge(settings.reduce(shared), file[key] ?? {})
    return isRecord(filled) && Object.keys(filled).length === 0 ? [] : [[key, filled]]
  }
  const counted = same(
    seeds,
    seeds.map((_, index) => index + 1),
  )
  return {
    name,
    ...Object.fromEntries(SECTIONS.flatMap(section)),
    seeds: counted ? seeds.length : seeds,
    ...(participation === undefined ? {} : { participation }),
    ...(Object.keys(vary).length === 0 ? {} : { vary }),
  }
}
