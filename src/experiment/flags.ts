/** What flags of the command line change in an experiment file: `--set path=value` and `--seeds`. */
import type { Issue, Result } from '../numeric/result.ts'
import { type Path, setIn } from './data.ts'
import { isRecord } from './expect.ts'
import { parseYaml } from './source.ts'
import { overrides, type Vary } from './vary.ts'

/** A flag as it was given, and the path into the file that it set. */
export interface Flag {
  readonly text: string
  readonly path: Path
}

/** A file's data with the flags applied. */
export interface Flagged {
  readonly data: unknown
  readonly flags: readonly Flag[]
}

/** The file's data with `--set` and `--seeds` applied, in this order, or the flags that cannot be read. */
export function applyFlags(
  data: unknown,
  given: { readonly set?: readonly string[]; readonly seeds?: string },
): Result<Flagged> {
  let flagged: Flagged = { data, flags: [] }
  for (const [option, argument] of [
    ...(given.set ?? []).map((set) => ['--set', set] as const),
    ['--seeds', given.seeds] as const,
  ]) {
    if (argument === undefined) continue
    const read = option === '--set' ? readSet(argument, data) : readSeeds(argument)
    if (!read.ok) return read
    const { path, value } = read.value
    flagged = {
      data: setIn(flagged.data, path, value),
      flags: [...flagged.flags, { text: `${option} ${argument}`, path }],
    }
  }
  return { ok: true, value: flagged }
}

const refusal = (message: string): { ok: false; issues: Issue[] } => ({
  ok: false,
  issues: [{ path: [], message }],
})

function readSet(argument: string, data: unknown): Result<{ path: Path; value: unknown }> {
  const [key = '', ...rest] = argument.split('=')
  if (rest.length === 0 || key.trim() === '' || key.split('.').includes(''))
    return refusal(
      `--set: expected path=value, as in algorithm.stepSize=0.1, got ${JSON.stringify(argument)}`,
    )
  const vary = isRecord(data) && isRecord(data['vary']) ? data['vary'] : {}
  const lists: Vary = Object.fromEntries(
    Object.entries(vary).filter((entry): entry is [string, unknown[]] => Array.isArray(entry[1])),
  )
  const outer = Object.keys(lists).find((other) => overrides(lists, other, key))
  if (outer !== undefined)
    return refusal(
      `--set ${argument}: would be without effect, because vary sets ${outer}: set vary.${outer} to a list instead`,
    )
  const value = parseYaml(rest.join('='))
  if (!value.ok)
    return refusal(`--set ${argument}: the value is ${value.issues[0]?.message ?? 'not valid YAML'}`)
  // A key of `vary` is itself a path with dots.
  const path = key.startsWith('vary.') ? ['vary', key.slice('vary.'.length)] : key.split('.')
  return { ok: true, value: { path, value: value.value.data } }
}

/** A longer range is a slip of the finger. */
const LONGEST_RANGE = 1_000_000

function readSeeds(argument: string): Result<{ path: Path; value: unknown }> {
  const path = ['seeds']
  if (/^\d+$/.test(argument)) return { ok: true, value: { path, value: Number(argument) } }
  if (/^\d+(,\d+)+$/.test(argument))
    return { ok: true, value: { path, value: argument.split(',').map(Number) } }
  const [first = NaN, last = NaN] = /^\d+\.\.\d+$/.test(argument) ? argument.split('..').map(Number) : []
  if (first <= last && last - first < LONGEST_RANGE)
    return { ok: true, value: { path, value: Array.from({ length: last - first + 1 }, (_, i) => first + i) } }
  return refusal(
    `--seeds: expected a count (5), a list (1,2,7) or a range (3..8), got ${JSON.stringify(argument)}`,
  )
}
