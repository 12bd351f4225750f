/** The grid of an experiment: from `vary` to named cells, each of them the sections of one variant. */
import type { Issue } from '../numeric/result.ts'
import { getIn, merge, same, setIn } from './data.ts'
import { isRecord, show } from './expect.ts'
import { SECTIONS } from './schema.ts'
import { didYouMean } from '../numeric/suggest.ts'

/** The values that each key path takes. */
export type Vary = Readonly<Record<string, readonly unknown[]>>

/** One cell of the grid, not validated yet. */
export interface Cell {
  readonly name: string
  readonly assignment: Readonly<Record<string, unknown>>
  /** which value of each key this cell takes */
  readonly choice: Readonly<Record<string, number>>
  readonly sections: unknown
}

/** Larger grids are refused unless the person says yes. */
export const MOST_CELLS = 10_000

/** Longest name of a variant, which is also a folder's; the last 8 letters are kept for a number. */
const LONGEST_NAME = 100

const isSection = (key: string): boolean => (SECTIONS as readonly string[]).includes(key)

/** How many variants the grid has: the product of the lengths. */
export const cellCount = (vary: Vary): number =>
  Object.values(vary).reduce((product, values) => product * values.length, 1)

/** What is wrong with the keys and lists of a grid, with paths into the file. */
export function varyIssues(vary: Vary): Issue[] {
  return Object.entries(vary).flatMap(([key, values]) => [
    ...keyIssues(key, vary),
    ...valueIssues(key, values),
  ])
}

function keyIssues(key: string, vary: Vary): Issue[] {
  const [section = '', ...rest] = key.split('.')
  const issue = (message: string): Issue[] => [{ path: ['vary', key], message }]
  if (!isSection(section))
    return issue(
      `expected a path that begins with ${SECTIONS.join(', ')}, got "${key}"${didYouMean(section, SECTIONS)}`,
    )
  if (rest.includes('')) return issue(`expected a path of keys with single dots between them, got "${key}"`)
  const outer = Object.keys(vary).find((other) => key !== other && overrides(vary, other, key))
  return outer === undefined ? [] : issue(`"${outer}" sets this key too: one of them would be without effect`)
}

/** Whether the values of `outer` set what `inner` stands for. */
export function overrides(vary: Vary, outer: string, inner: string): boolean {
  if (!`${inner}.`.startsWith(`${outer}.`)) return false
  if (inner === outer || !isSection(outer)) return true
  const [, next = ''] = inner.split('.')
  return (vary[outer] ?? []).some((value) => isRecord(value) && Object.hasOwn(value, next))
}

const valueIssues = (key: string, values: readonly unknown[]): Issue[] =>
  values.flatMap((value, index) => {
    const path = ['vary', key, index]
    if (isSection(key) && !isRecord(value))
      return [{ path, message: `expected a mapping to merge over the section ${key}, got ${show(value)}` }]
    // A million repetitions are found by the count of the grid, not by comparing each with each.
    const twice = values.length <= MOST_CELLS && values.slice(0, index).some((other) => same(other, value))
    return twice ? [{ path, message: 'this value is listed twice' }] : []
  })

/**
 * The cells of the grid over the sections of a file, the last key varying fastest; one cell named `default` where nothing varies.
 * A value replaces what stands at its path; the mapping under a section's name is merged over that section.
 */
export function cells(base: unknown, vary: Vary): Cell[] {
  const keys = Object.keys(vary)
  if (keys.length === 0) return [{ name: 'default', assignment: {}, choice: {}, sections: base }]
  const taken = new Map<string, number>()
  const labels = shortLabels(keys)
  return choices(keys.map((key) => vary[key]?.length ?? 0)).map((indices) => {
    const choice = Object.fromEntries(keys.map((key, i) => [key, indices[i] as number]))
    const assignment = Object.fromEntries(keys.map((key) => [key, vary[key]?.[choice[key] as number]]))
    const name = unique(
      keys.map((key, i) => slugOf(key, labels[i] as string, assignment[key])).join('_'),
      taken,
    )
    return { name, assignment, choice, sections: Object.entries(assignment).reduce(assign, base) }
  })
}

function assign(sections: unknown, [key, value]: readonly [string, unknown]): unknown {
  const path = key.split('.')
  return setIn(sections, path, isSection(key) ? merge(getIn(sections, path), value) : value)
}

/** All index vectors of the grid, the last index fastest. */
function choices(lengths: readonly number[]): number[][] {
  return lengths.reduce<number[][]>(
    (grid, length) => grid.flatMap((head) => Array.from({ length }, (_, index) => [...head, index])),
    [[]],
  )
}

/** The last segments of each key, as few as tell the keys apart. */
function shortLabels(keys: readonly string[]): string[] {
  return keys.map((key) => {
    const parts = key.split('.')
    const ends = (count: number): string => parts.slice(-count).join('.')
    const clashes = (end: string): boolean =>
      keys.some((other) => other !== key && `.${other}`.endsWith(`.${end}`))
    let count = 1
    while (count < parts.length && clashes(ends(count))) count++
    return ends(count)
  })
}

const slugOf = (key: string, label: string, value: unknown): string =>
  isSection(key) && isRecord(value)
    ? Object.entries(value)
        .map(([inner, item]) => `${slug(inner)}=${valueSlug(item)}`)
        .join('_')
    : `${slug(label)}=${valueSlug(value)}`

function valueSlug(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueSlug).join('-')
  if (isRecord(value))
    return Object.entries(value)
      .map(([key, item]) => `${slug(key)}-${valueSlug(item)}`)
      .join('-')
  const text = String(value)
  return slug(
    typeof value === 'string'
      ? text.slice(Math.max(text.lastIndexOf('/'), text.lastIndexOf('\\')) + 1)
      : text,
  )
}

/** `stepSize` as step-size, and no letters but [a-z0-9._-]. */
const slug = (text: string): string =>
  text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')

/**
 * The name, shortened, with a number where it is taken already.
 * @param taken last number given to each name; grows
 */
function unique(name: string, taken: Map<string, number>): string {
  const short = name.slice(0, LONGEST_NAME - 8)
  for (let number = (taken.get(short) ?? 0) + 1; ; number++) {
    const result = number === 1 ? short : `${short}_${number}`
    taken.set(short, number)
    if (number === 1 || !taken.has(result)) {
      taken.set(result, 1)
      return result
    }
  }
}
