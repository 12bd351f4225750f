/** From the cells of a grid to validated variants, with each fault told once and where it comes from. */
import type { Issue, Result } from '../numeric/result.ts'
import { getIn, type Path, startsWith } from './data.ts'
import type { Variant } from './experiment.ts'
import { settingsOf } from './settings.ts'
import { type Cell, cells, type Vary } from './vary.ts'

/** A fault, the first variant in which it shows, and in how many it does. */
interface Found {
  readonly issue: Issue
  readonly variant: string
  readonly count: number
}

/**
 * The variants of a grid over the sections of a file.
 * @param base the sections as the file has them, possibly incomplete where `vary` completes them
 */
export function variantsOf(base: unknown, vary: Vary): Result<Variant[]> {
  const grid = cells(base, vary)
  const variants: Variant[] = []
  const found = new Map<string, Found>()
  for (const cell of grid) {
    const settings = settingsOf(cell.sections)
    if (settings.ok) variants.push({ name: cell.name, assignment: cell.assignment, settings: settings.value })
    else
      for (const issue of tidy(settings.issues, cell.sections))
        note(found, { ...issue, path: blamed(issue, cell, vary) }, cell.name)
  }
  if (found.size === 0) return { ok: true, value: variants }
  return { ok: false, issues: [...found.values()].map((each) => told(each, vary, grid.length)) }
}

/** Without "missing" for a key that is there under a mistyped name. */
export function tidy(issues: readonly Issue[], data: unknown): readonly Issue[] {
  const mistyped = ({ path }: Issue): boolean =>
    issues.some(
      (other) =>
        other.path.length === path.length &&
        startsWith(other.path, path.slice(0, -1)) &&
        other.message.endsWith(`did you mean "${path.at(-1)}"?`),
    )
  return issues.filter((issue) => getIn(data, issue.path) !== undefined || !mistyped(issue))
}

function note(found: Map<string, Found>, issue: Issue, variant: string): void {
  const key = JSON.stringify(issue)
  const before = found.get(key)
  found.set(key, before === undefined ? { issue, variant, count: 1 } : { ...before, count: before.count + 1 })
}

/** The path into the file of what causes a cell's issue: the value in `vary` that is at fault, or the issue's own path. */
function blamed(issue: Issue, cell: Cell, vary: Vary): Path {
  for (const [key, index] of Object.entries(cell.choice)) {
    const path = key.split('.')
    if (isUnknown(issue) && startsWith(path, issue.path)) return ['vary', key]
    if (!startsWith(issue.path, path)) continue
    const rest = issue.path.slice(path.length)
    const merged = path.length === 1
    if (!merged || getIn(vary[key]?.[index], rest.slice(0, 1)) !== undefined)
      return ['vary', key, index, ...rest]
  }
  return issue.path
}

const isUnknown = (issue: Issue): boolean => issue.message.startsWith('unknown key')

/** The issue, with the variants in which it shows unless it shows wherever its key or value is used. */
function told({ issue, variant, count }: Found, vary: Vary, total: number): Issue {
  const [root, key, index] = issue.path
  const uses = root === 'vary' && index !== undefined ? total / (vary[String(key)]?.length ?? 1) : total
  if (count === uses) return issue
  const others = count === 1 ? '' : ` and ${count - 1} more`
  return { ...issue, message: `${issue.message} (in variant ${variant}${others})` }
}
