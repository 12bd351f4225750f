/**
 * Behaviour policies: how each of K agents picks actions while it gathers experience. Pure constructors of policy sets, in which
 * every distinct policy is stored once.
 */
import { greedyActions } from '../mdp/greedy.ts'
import type { Mdp } from '../mdp/mdp.ts'
import type { Policy, PolicySet } from '../mdp/policy.ts'
import { dirichlet as drawDirichlet } from '../numeric/draw.ts'
import type { Issue, Result } from '../numeric/result.ts'
import { Purpose, streamOf } from '../numeric/stream.ts'
import { tablePolicies } from './behavior-table.ts'

/** What agents do. `epsilonGreedy` needs Q*; `table` holds parsed JSON, [agent][state][action] or [state][action]. */
export type Behavior =
  | 'uniform'
  | 'one-action'
  | { readonly dirichlet: number }
  | { readonly mixture: number }
  | { readonly epsilonGreedy: number }
  | { readonly region: readonly (readonly number[])[] }
  | { readonly table: unknown }

const constantRows = (states: number, row: ArrayLike<number>): Policy => {
  const table = new Float64Array(states * row.length)
  for (let state = 0; state < states; state++) table.set(row, state * row.length)
  return table
}

/** All K agents pick every action with probability 1/A. */
export function uniformBehavior(states: number, actions: number, agents: number): PolicySet {
  return { tables: [new Float64Array(states * actions).fill(1 / actions)], of: new Uint32Array(agents) }
}

/**
 * Agent k gives action k mod A the probability weight + (1 - weight) / A and every other action (1 - weight) / A, in every state:
 * from uniform (weight 0) to one action only (weight 1).
 * @param weight in [0, 1]
 */
export function mixtureBehavior(states: number, actions: number, agents: number, weight: number): PolicySet {
  const distinct = weight === 0 ? 1 : Math.min(agents, actions)
  const tables = Array.from({ length: distinct }, (_, own) => {
    const row = new Float64Array(actions).fill((1 - weight) / actions)
    row[own] = (row[own] as number) + weight
    return constantRows(states, row)
  })
  return { tables, of: Uint32Array.from({ length: agents }, (_, agent) => agent % distinct) }
}

/** Agent k always takes action k mod A (Woo, Joshi, Chi 2025, section 6). */
export function oneActionBehavior(states: number, actions: number, agents: number): PolicySet {
  return mixtureBehavior(states, actions, agents, 1)
}

/**
 * Every agent draws its own row of every state from the symmetric Dirichlet law, states in order, from its stream `behavior`.
 * @param concentration above 0; small values concentrate on few actions
 */
export function dirichletBehavior(
  states: number,
  actions: number,
  agents: number,
  concentration: number,
  seed: number,
): PolicySet {
  const tables = Array.from({ length: agents }, (_, agent) => {
    const stream = streamOf(seed, agent, Purpose.behavior)
    const table = new Float64Array(states * actions)
    for (let state = 0; state < states; state++) {
      table.set(drawDirichlet(stream, concentration, actions), state * actions)
    }
    return table
  })
  return { tables, of: Uint32Array.from({ length: agents }, (_, agent) => agent) }
}

/**
 * All agents take a uniform action with probability epsilon and the greedy action of `q`, [S * A], otherwise; the lowest action wins ties.
 * @param epsilon in [0, 1]
 */
export function epsilonGreedyBehavior(
  q: Float64Array,
  actions: number,
  agents: number,
  epsilon: number,
): PolicySet {
  const table = new Float64Array(q.length).fill(epsilon / actions)
  greedyActions({ states: q.length / actions, actions }, q).forEach((best, state) => {
    const pair = state * actions + best
    table[pair] = (table[pair] as number) + (1 - epsilon)
  })
  return { tables: [table], of: new Uint32Array(agents) }
}

/**
 * The start law, [S], of an agent that is limited to `region`: the Mdp's `initial` restricted to the region and renormalised, or, where
 * it has no mass there, uniform over the region. Terminal states have probability 0.
 */
export function regionStart(mdp: Mdp, region: readonly number[]): Float64Array {
  const inside = [...new Set(region)].filter((state) => mdp.terminal[state] !== 1)
  const mass = inside.reduce((sum, state) => sum + (mdp.initial[state] as number), 0)
  const law = new Float64Array(mdp.states)
  for (const state of inside)
    law[state] = mass > 0 ? (mdp.initial[state] as number) / mass : 1 / inside.length
  return law
}

/** Whether every outcome of pair z that can happen ends in `inside`. */
function stays(mdp: Mdp, pair: number, inside: ReadonlySet<number>): boolean {
  for (let i = mdp.start[pair] as number; i < (mdp.start[pair + 1] as number); i++) {
    if ((mdp.probability[i] as number) > 0 && !inside.has(mdp.next[i] as number)) return false
  }
  return true
}

/** The policy of one region into a table; the states of the region that no action keeps inside are returned. */
function regionPolicy(mdp: Mdp, inside: ReadonlySet<number>): { table: Policy; stuck: number[] } {
  const { actions } = mdp
  const table = new Float64Array(mdp.states * actions).fill(1 / actions)
  const stuck: number[] = []
  for (const state of inside) {
    if (mdp.terminal[state] === 1) continue
    const allowed = Array.from({ length: actions }, (_, action) =>
      stays(mdp, state * actions + action, inside),
    )
    const count = allowed.filter(Boolean).length
    if (count === 0) stuck.push(state)
    for (let action = 0; action < actions; action++)
      table[state * actions + action] = allowed[action] === true ? 1 / count : 0
  }
  return { table, stuck }
}

/**
 * Agent k stays in the states of regions[k mod regions.length]: uniform over the actions that cannot leave them, uniform over all
 * actions elsewhere (where it never is), starting by {@link regionStart}. Entering a terminal state that is not listed counts as leaving.
 * Issues name states that do not exist, states that every action can leave, and regions in which no step can be taken.
 */
export function regionBehavior(
  mdp: Mdp,
  agents: number,
  regions: readonly (readonly number[])[],
): Result<PolicySet> {
  const used = regions.slice(0, agents)
  const issues: Issue[] = []
  if (used.length === 0)
    issues.push({ path: ['region'], message: 'expected the states of at least one agent, got none' })
  const tables = used.map((region, agent) => {
    issues.push(...regionFaults(mdp, region, agent))
    const { table, stuck } = regionPolicy(mdp, new Set(region.filter((state) => state in mdp.terminal)))
    for (const state of stuck) {
      issues.push({
        path: ['region', agent],
        message: `agent ${agent} cannot stay in its region: every action of state ${state} can leave it`,
      })
    }
    return table
  })
  if (issues.length > 0) return { ok: false, issues }
  const of = Uint32Array.from({ length: agents }, (_, agent) => agent % used.length)
  return { ok: true, value: { tables, of, starts: used.map((region) => regionStart(mdp, region)) } }
}

function regionFaults(mdp: Mdp, region: readonly number[], agent: number): Issue[] {
  const issues: Issue[] = []
  region.forEach((state, i) => {
    if (!(state in mdp.terminal))
      issues.push({
        path: ['region', agent, i],
        message: `expected a state in 0..${mdp.states - 1}, got ${state}`,
      })
  })
  if (issues.length === 0 && !region.some((state) => mdp.terminal[state] === 0)) {
    issues.push({
      path: ['region', agent],
      message: `expected at least one state that is not terminal for agent ${agent}, got [${region.join(', ')}]`,
    })
  }
  return issues
}

/**
 * The policies of K agents.
 * @param seed of the run; only `dirichlet` draws from it
 * @param q Q*, [S * A], for `epsilonGreedy`
 * @returns issues whose paths start at the behaviour, or, for `table`, at the root of its data
 * @throws RangeError for `epsilonGreedy` without `q`
 */
export function buildBehaviors(
  behavior: Behavior,
  mdp: Mdp,
  agents: number,
  seed: number,
  q?: Float64Array,
): Result<PolicySet> {
  const { states, actions } = mdp
  const ok = (value: PolicySet): Result<PolicySet> => ({ ok: true, value })
  if (behavior === 'uniform') return ok(uniformBehavior(states, actions, agents))
  if (behavior === 'one-action') return ok(oneActionBehavior(states, actions, agents))
  if ('dirichlet' in behavior) return ok(dirichletBehavior(states, actions, agents, behavior.dirichlet, seed))
  if ('mixture' in behavior) return ok(mixtureBehavior(states, actions, agents, behavior.mixture))
  if ('region' in behavior) return regionBehavior(mdp, agents, behavior.region)
  if ('table' in behavior) return tablePolicies(behavior.table, states, actions, agents)
  if (q === undefined) throw new RangeError('buildBehaviors: epsilonGreedy needs Q*, got none')
  return ok(epsilonGreedyBehavior(q, actions, agents, behavior.epsilonGreedy))
}
