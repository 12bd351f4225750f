/** Behaviour policies read from data: [agent][state][action], or [state][action] for all agents alike. */
import type { Policy, PolicySet } from '../mdp/policy.ts'
import type { Issue, Result } from '../numeric/result.ts'

/** Rows may miss a sum of 1 by this much; they are not renormalised. */
const TOLERANCE = 1e-9

type Path = readonly (string | number)[]

/** A short picture of a value that came where something else was expected. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (value === null) return 'null'
  return typeof value === 'object' ? 'an object' : JSON.stringify(value)
}

function sized(
  value: unknown,
  length: number,
  what: string,
  path: Path,
  issues: Issue[],
): readonly unknown[] {
  if (Array.isArray(value) && value.length === length) return value as unknown[]
  issues.push({ path, message: `expected an array of ${length} ${what}, got ${shown(value)}` })
  return []
}

/** One row of probabilities into `table` from `at` on; what is wrong with it into `issues`. */
function readRow(
  value: unknown,
  actions: number,
  path: Path,
  issues: Issue[],
  table: Policy,
  at: number,
): void {
  const row = sized(value, actions, 'action probabilities', path, issues)
  const before = issues.length
  let sum = 0
  row.forEach((entry, action) => {
    if (typeof entry === 'number' && entry >= 0 && entry <= 1) {
      table[at + action] = entry
      sum += entry
    } else
      issues.push({
        path: [...path, action],
        message: `expected a probability in [0, 1], got ${shown(entry)}`,
      })
  })
  if (row.length > 0 && issues.length === before && Math.abs(sum - 1) > TOLERANCE) {
    issues.push({
      path,
      message: `expected probabilities that sum to 1 within ${TOLERANCE}, got a sum of ${sum}`,
    })
  }
}

function readTable(value: unknown, states: number, actions: number, path: Path, issues: Issue[]): Policy {
  const table = new Float64Array(states * actions)
  sized(value, states, 'states', path, issues).forEach((row, state) => {
    readRow(row, actions, [...path, state], issues, table, state * actions)
  })
  return table
}

/** Whether the data are three arrays deep, judged by its first elements. */
const isPerAgent = (data: unknown): boolean =>
  Array.isArray(data) && Array.isArray(data[0]) && Array.isArray(data[0][0])

/**
 * The policies of K agents from parsed JSON of shape [K][S][A], or [S][A] for all agents alike. Equal tables are stored once.
 * @returns the set, or every wrong shape, probability outside [0, 1] and row that does not sum to 1 within 1e-9
 */
export function tablePolicies(
  data: unknown,
  states: number,
  actions: number,
  agents: number,
): Result<PolicySet> {
  const issues: Issue[] = []
  const read = isPerAgent(data)
    ? sized(data, agents, 'agents', [], issues).map((table, agent) =>
        readTable(table, states, actions, [agent], issues),
      )
    : [readTable(data, states, actions, [], issues)]
  if (issues.length > 0) return { ok: false, issues }
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
