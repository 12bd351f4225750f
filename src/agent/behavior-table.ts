/** Behaviour policies read from data: [agent][state][action], or [state][action] for all agents alike. */
import type { Policy, PolicySet } from '../mdp/policy.ts'
import { issues, type Issues } from '../mdp/issues.ts'
import type { Result } from '../numeric/result.ts'

/** Rows may miss a sum of 1 by this much; they are not renormalised. */
const TOLERANCE = 1e-9

type Path = readonly (string | number)[]

/** A short picture of a value that came where something else was expected. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : JSON.stringify(value)
}

function sized(value: unknown, length: number, what: string, path: Path, found: Issues): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value as unknown[]
  found.add(path, `expected an array of ${length} ${what}, got ${shown(value)}`)
  return []
}

/** One row of probabilities into `table` from `at` on; what is wrong with it into `found`. */
function readRow(
  value: unknown,
  actions: number,
  path: Path,
  found: Issues,
  table: Policy,
  at: number,
): void {
  if (found.full()) return
  const row = sized(value, actions, 'action probabilities', path, found)
  const before = found.list.length
  let sum = 0
  row.forEach((entry, action) => {
    if (typeof entry === 'number' && entry >= 0 && entry <= 1) {
      table[at + action] = entry
      sum += entry
    } else found.add([...path, action], `expected a probability in [0, 1], got ${shown(entry)}`)
  })
  if (row.length > 0 && found.list.length === before && Math.abs(sum - 1) > TOLERANCE)
    found.add(path, `expected probabilities that sum to 1 within ${TOLERANCE}, got a sum of ${sum}`)
}

function readTable(value: unknown, states: number, actions: number, path: Path, found: Issues): Policy {
  const table = new Float64Array(states * actions)
  sized(value, states, 'states', path, found).forEach((row, state) => {
    readRow(row, actions, [...path, state], found, table, state * actions)
  })
  return table
}

/** Whether the data are three arrays deep, judged by its first elements. */
const isPerAgent = (data: unknown): boolean =>
  Array.isArray(data) && Array.isArray(data[0]) && Array.isArray(data[0][0])

/**
 * The policies of K agents from parsed JSON of shape [K][S][A], or [S][A] for all agents alike. Equal tables are stored once.
 * @returns the set, or the first few wrong shapes, probabilities outside [0, 1] and rows that do not sum to 1 within 1e-9
 */
export function tablePolicies(
  data: unknown,
  states: number,
  actions: number,
  agents: number,
): Result<PolicySet> {
  const found = issues()
  const read = isPerAgent(data)
    ? sized(data, agents, 'agents', [], found).map((table, agent) =>
        readTable(table, states, actions, [agent], found),
      )
    : [readTable(data, states, actions, [], found)]
  if (found.list.length > 0) return { ok: false, issues: found.list }
  const { tables, index } = distinct(read)
  return {
    ok: true,
    value: { tables, of: Uint32Array.from({ length: agents }, (_, agent) => index[agent] ?? 0) },
  }
}

function distinct(read: readonly Policy[]): { tables: Policy[]; index: number[] } {
  const seen = new Map<string, number>()
  const tables: Policy[] = []
  const index = read.map((table) => {
    const key = table.join(',')
    const at = seen.get(key) ?? tables.push(table) - 1
    seen.set(key, at)
    return at
  })
  return { tables, index }
}
