/** Rules on the agents of policy gradients: what fits their environment, and their number. */
import { parameterFault } from '../../agent/environment/parameters.ts'
import type { Issue } from '../../numeric/result.ts'
import { fault } from '../issues.ts'
import { BUILT_IN } from './environments.ts'
import { isBuiltIn, isFiniteSpec, nameOf } from './settings-kind.ts'
import type { PgAgentsSpec, PgEnvironmentSpec, PgSettings, ProgramSpec, RewardsSpec } from './spec.ts'

/** Cells of a grid world that an agent can enter without ending the episode for the others. */
const PLAIN_CELLS = 'S.'

/** What is wrong with the agents of a variant. */
export function agentsIssues({ environment, agents }: PgSettings): Issue[] {
  const fit = isFiniteSpec(environment)
    ? finiteIssues(environment, agents)
    : programIssues(environment, agents)
  return [...fit, ...countIssues(agents)]
}

function programIssues(
  environment: ProgramSpec,
  { rewards, dynamics, costs, parameters }: PgAgentsSpec,
): Issue[] {
  const name = nameOf(environment)
  const refused = (key: string, instead: string): Issue =>
    fault(`agents.${key}`, `needs a finite problem, got ${name}: ${instead}`)
  return [
    ...(rewards === undefined ? [] : [refused('rewards', 'agents of a program differ by their parameters')]),
    ...(dynamics === undefined
      ? []
      : [refused('dynamics', 'agents of a program differ by their parameters')]),
    ...parameterIssues(environment, parameters ?? {}),
    ...(costs ? [refused('costs', 'a program gives its rewards itself, with their sign')] : []),
  ]
}

/** Names and ranges of a module's parameters are its own matter. */
function parameterIssues(
  environment: ProgramSpec,
  parameters: NonNullable<PgAgentsSpec['parameters']>,
): Issue[] {
  return Object.entries(parameters).flatMap(([name, values]) => {
    const path = ['agents', 'parameters', name]
    if (Object.hasOwn(environment.parameters, name))
      return [{ path, message: 'is set for all agents by environment.parameters too: expected it once' }]
    if (!isBuiltIn(environment)) return []
    const table = BUILT_IN[environment.family].parameters
    const faults = Object.entries(values).flatMap(([key, value]) => {
      const message = parameterFault(table, name, value)
      return message === null ? [] : [{ path: [...path, key], message }]
    })
    return Object.hasOwn(table, name) ? faults : faults.slice(0, 1).map(({ message }) => ({ path, message }))
  })
}

function finiteIssues(environment: PgEnvironmentSpec, { rewards, parameters }: PgAgentsSpec): Issue[] {
  const issues: Issue[] = []
  if (parameters !== undefined)
    issues.push(
      fault(
        'agents.parameters',
        `belongs to environments such as CartPole-v1, got ${nameOf(environment)}: agents of a finite problem differ by rewards and dynamics`,
      ),
    )
  return goalsOf(rewards) === null ? issues : [...issues, ...goalIssues(environment, goalsOf(rewards) ?? [])]
}

const goalsOf = (rewards: RewardsSpec | undefined): readonly (readonly [number, number])[] | null =>
  typeof rewards === 'object' && 'goals' in rewards ? rewards.goals : null

function goalIssues(environment: PgEnvironmentSpec, goals: readonly (readonly [number, number])[]): Issue[] {
  if (!('family' in environment && environment.family === 'grid-world'))
    return [fault('agents.rewards.goals', `needs the cells of a grid-world, got ${nameOf(environment)}`)]
  const { map } = environment
  return goals.flatMap(([row, column], index) => {
    const cell = map[row]?.[column]
    if (cell !== undefined && PLAIN_CELLS.includes(cell)) return []
    const got =
      cell === undefined ? `a map of ${map.length} rows and ${map[0]?.length ?? 0} columns` : `"${cell}"`
    return [
      {
        path: ['agents', 'rewards', 'goals', index],
        message: `expected a plain cell ("S" or "."), for all agents share the dynamics, got ${got} at [${row}, ${column}]`,
      },
    ]
  })
}

/** More of something than there are agents, so that some would be without effect: a count is missing or mistaken. */
function countIssues({ count, rewards, dynamics, parameters }: PgAgentsSpec): Issue[] {
  const atMost = (path: string, what: string, got: number): Issue[] =>
    got > count ? [fault(path, `expected at most ${what} for each of the ${count} agents, got ${got}`)] : []
  const issues: Issue[] = []
  if (typeof rewards === 'object') {
    if ('goals' in rewards) issues.push(...atMost('agents.rewards.goals', 'one goal', rewards.goals.length))
    if ('clusters' in rewards)
      issues.push(...atMost('agents.rewards.clusters', 'one cluster', rewards.clusters))
    if ('pairs' in rewards && rewards.pairs && count % 2 !== 0)
      issues.push(
        fault('agents.rewards.pairs', `expected an even number of agents, got agents.count ${count}`),
      )
  }
  if (dynamics !== undefined && 'mdps' in dynamics && dynamics.mdps.length !== count)
    issues.push(
      fault(
        'agents.dynamics.mdps',
        `expected one Mdp file for each of the ${count} agents, got ${dynamics.mdps.length}`,
      ),
    )
  for (const [name, values] of Object.entries(parameters ?? {}))
    if (Array.isArray(values)) issues.push(...atMost(`agents.parameters.${name}`, 'one value', values.length))
  return issues
}
