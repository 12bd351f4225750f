/** What can be wrong with a finite problem beyond the shape of its section. */
import type { Issue } from '../numeric/result.ts'
import { fileName } from './data-url.ts'
import type { EnvironmentSpec } from './environment-spec.ts'
import { fault } from './issues.ts'

/** A variant's table larger than this is refused: it would take gigabytes for every table. */
const MOST_PAIRS = 100_000_000

/** Faults between the keys of an environment: what an Mdp file states itself, sizes, and successors. */
export function environmentIssues(environment: EnvironmentSpec): Issue[] {
  const issues: Issue[] = []
  if ('mdp' in environment) {
    const name = fileName(environment.mdp)
    const npz = name.endsWith('.npz')
    if (!npz && !name.endsWith('.json'))
      issues.push(
        fault(
          'environment.mdp',
          `expected a path that ends in .mdp.json or .npz, got ${JSON.stringify(name)}`,
        ),
      )
    for (const key of ['layout', 'discount'] as const) {
      if (npz && environment[key] === undefined)
        issues.push(fault(`environment.${key}`, `missing, an .npz file does not state its ${key}`))
      if (!npz && environment[key] !== undefined)
        issues.push(
          fault(`environment.${key}`, `does not belong beside an .mdp.json file, which states its own`),
        )
    }
  }
  if (
    'states' in environment &&
    'actions' in environment &&
    environment.states * environment.actions > MOST_PAIRS
  )
    issues.push(
      fault(
        'environment',
        `expected at most ${MOST_PAIRS} pairs of state and action, got ${environment.states * environment.actions}`,
      ),
    )
  if ('branching' in environment && environment.branching > environment.states)
    issues.push(
      fault(
        'environment.branching',
        `expected at most the ${environment.states} states, got ${environment.branching}`,
      ),
    )
  return issues
}
