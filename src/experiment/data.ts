/** Plain data of a parsed file: reading, setting and merging by path, without changing what is given. */
import { isRecord } from './expect.ts'

/** Keys and indices from the root down. */
export type Path = readonly (string | number)[]

/** The value at a path, undefined where there is none. */
export function getIn(data: unknown, path: Path): unknown {
  let value = data
  for (const part of path) {
    if (Array.isArray(value)) value = value[Number(part)] as unknown
    else value = isRecord(value) && Object.hasOwn(value, part) ? value[part] : undefined
  }
  return value
}

/** A copy of `data` with `value` at the path; mappings on the way are made, items of lists replaced, other values make way. */
export function setIn(data: unknown, path: Path, value: unknown): unknown {
  const [first, ...rest] = path
  if (first === undefined) return value
  if (Array.isArray(data) && Number(first) in data)
    return data.with(Number(first), setIn(data[Number(first)], rest, value)) as unknown
  const record = isRecord(data) ? data : {}
  const inner = Object.hasOwn(record, first) ? record[first] : undefined
  return { ...record, [first]: setIn(inner, rest, value) }
}

/** `over` merged over `base`, key by key and one level deep; what is no mapping is replaced. */
export const merge = (base: unknown, over: unknown): unknown =>
  isRecord(base) && isRecord(over) ? { ...base, ...over } : over

/** Whether two pieces of plain data are equal. */
export function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, index) => same(item, b[index]))
  if (!isRecord(a) || !isRecord(b)) return Object.is(a, b)
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && same(a[key], b[key]))
  )
}

/** The keys whose values are equal in two mappings. */
export const shared = (a: Record<string, unknown>, b: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(a).filter(([key, value]) => Object.hasOwn(b, key) && same(value, b[key])))

/** Whether `path` begins with `start`. */
export const startsWith = (path: Path, start: Path): boolean =>
  start.every((part, index) => String(part) === String(path[index]))
