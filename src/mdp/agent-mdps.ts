/** The Mdp of every agent of a federation: a common problem, with rewards and dynamics of the agent's own. */
import type { Issue, Result } from '../numeric/result.ts'
import { ownDynamics } from './agent-dynamics.ts'
import { drawRewards, type DrawnRewards } from './agent-rewards.ts'
import type { Built, Grid, Mdp } from './mdp.ts'
import { issues, shown } from './issues.ts'
import { withGoal, withRewards, withTurnedSign } from './rewards.ts'

/** Agent k is rewarded for reaching cell goals[k mod n] = [row, column] of a grid, counted from 0; see `withGoal`. */
export interface Goals {
  readonly goals: readonly (readonly [row: number, column: number])[]
}

/** How the agents' problems differ. */
export interface AgentProblems {
  /** N */
  readonly count: number
  /** drawn, goals on a grid, or a table [S * A] for each agent; absent: those of the common problem */
  readonly rewards?: DrawnRewards | Goals | readonly Float64Array[]
  /** drawn, see `ownDynamics`, or an Mdp for each agent, of which rewards count too unless `rewards` replace them; absent: the common ones */
  readonly dynamics?: { readonly heterogeneity: number } | readonly Mdp[]
  /** rewards are costs: their sign is turned, that of the Mdps' own too */
  readonly costs: boolean
}

/**
 * The agents' Mdps in agent order. Agents that share dynamics share their arrays.
 * Refused: goals without a grid, outside it or in a wall; lists that are not one for each agent; Mdps of other sizes or discounts.
 * @param seed of the run, integer in [0, 2^53)
 * @throws RangeError as `drawRewards` and `ownDynamics` do
 */
export function agentMdps(base: Built, how: AgentProblems, seed: number): Result<readonly Mdp[]> {
  const faults = [...rewardFaults(base, how), ...dynamicsFaults(base.mdp, how)]
  if (faults.length > 0) return { ok: false, issues: faults }
  const dynamics = dynamicsOf(base.mdp, how, seed)
  const rewards = rewardsOf(base, how, seed)
  const value = Array.from({ length: how.count }, (_, agent) => {
    const mdp = rewards(agent, dynamics(agent))
    return how.costs ? withTurnedSign(mdp) : mdp
  })
  return { ok: true, value }
}

function dynamicsOf(mdp: Mdp, { dynamics }: AgentProblems, seed: number): (agent: number) => Mdp {
  if (dynamics === undefined) return () => mdp
  if ('heterogeneity' in dynamics) return (agent) => ownDynamics(mdp, dynamics.heterogeneity, agent, seed)
  return (agent) => dynamics[agent] as Mdp
}

function rewardsOf(
  { mdp: { states, actions }, grid }: Built,
  { rewards }: AgentProblems,
  seed: number,
): (agent: number, mdp: Mdp) => Mdp {
  if (rewards === undefined) return (_, mdp) => mdp
  if ('goals' in rewards) {
    const goals = rewards.goals.map((cell) => stateAt(grid, cell))
    return (agent, mdp) => withGoal(mdp, goals[agent % goals.length] as number)
  }
  const table =
    'length' in rewards
      ? (agent: number) => rewards[agent] as Float64Array
      : drawRewards(rewards, states * actions, seed)
  return (agent, mdp) => withRewards(mdp, table(agent))
}

/** The state of a cell; -1 for a wall, a cell outside the grid, and where there is no grid. */
function stateAt(grid: Grid | undefined, [row, column]: readonly [number, number]): number {
  const inside = grid !== undefined && row >= 0 && row < grid.rows && column >= 0 && column < grid.columns
  return inside ? (grid.state[row * grid.columns + column] ?? -1) : -1
}

function rewardFaults({ grid }: Built, { rewards, count }: AgentProblems): readonly Issue[] {
  const found = issues()
  if (rewards === undefined) return []
  if ('length' in rewards && rewards.length !== count)
    found.add(['rewards'], `expected rewards of ${count} agents, got ${rewards.length}`)
  if (!('goals' in rewards)) return found.list
  if (grid === undefined)
    found.add(['rewards', 'goals'], 'expected an environment that is a grid, got one that is none')
  else if (rewards.goals.length === 0) found.add(['rewards', 'goals'], 'expected at least one goal, got none')
  else
    for (const [k, cell] of rewards.goals.entries())
      if (stateAt(grid, cell) < 0) found.add(['rewards', 'goals', k], goalFault(grid, cell))
  return found.list
}

const goalFault = (grid: Grid, cell: readonly [number, number]): string =>
  `expected [row, column] of a cell that is no wall, row in [0, ${grid.rows}) and column in [0, ${grid.columns}), got ${shown(cell)}`

function dynamicsFaults(mdp: Mdp, { dynamics, count }: AgentProblems): readonly Issue[] {
  const found = issues()
  if (dynamics === undefined || 'heterogeneity' in dynamics) return []
  if (dynamics.length !== count)
    found.add(['dynamics', 'mdps'], `expected an Mdp for each of ${count} agents, got ${dynamics.length}`)
  for (const [agent, own] of dynamics.entries())
    if (own.states !== mdp.states || own.actions !== mdp.actions || own.discount !== mdp.discount)
      found.add(
        ['dynamics', 'mdps', agent],
        `expected ${sizesOf(mdp)}, as the environment has, got ${sizesOf(own)}`,
      )
  return found.list
}

const sizesOf = ({ states, actions, discount }: Mdp): string =>
  `${states} states, ${actions} actions, discount ${discount}`
