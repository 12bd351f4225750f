/** Collecting what is wrong with an input, up to a few faults: a file with a million bad lines is told in five. */
import type { Issue, Result } from '../numeric/result.ts'

/** How many faults of one input are told. */
export const MOST_ISSUES = 5

/** Faults found so far, at most {@link MOST_ISSUES}; further ones are dropped. */
export interface Issues {
  readonly list: readonly Issue[]
  add(path: Issue['path'], message: string): void
  /** true once no more are kept: the search can stop */
  full(): boolean
}

/** An empty collection. */
export function issues(): Issues {
  const list: Issue[] = []
  return {
    list,
    add: (path, message) => {
      if (list.length < MOST_ISSUES) list.push({ path, message })
    },
    full: () => list.length >= MOST_ISSUES,
  }
}

/** The failed result of one fault. */
export const refused = (path: Issue['path'], message: string): Result<never> => ({
  ok: false,
  issues: [{ path, message }],
})

/** What came, for a message: a long value is cut at 40 characters. */
export function shown(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value === undefined ? 'nothing' : jsonOf(value)
  return text.length > 40 ? `${text.slice(0, 37)}...` : text
}

/** JSON of a value; of what has none (a bigint, a cycle) its text. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value
  } catch {
    return typeof value === 'bigint' ? `${value}n` : Object.prototype.toString.call(value)
  }
}
