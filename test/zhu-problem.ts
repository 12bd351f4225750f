/** The problem of experiments/zhu-bias for tests: ten agents with rewards of their own on one set of dynamics. */
import { readFileSync } from 'node:fs'
import { parseMdpJson } from '../src/mdp/json.ts'
import type { Mdp } from '../src/mdp/mdp.ts'
import type { PgContract } from '../src/protocol/pg-contract.ts'

const read = (name: string): string =>
  readFileSync(new URL(`../experiments/zhu-bias/${name}`, import.meta.url), 'utf8')

const parsed = parseMdpJson(read('problem.mdp.json'))
if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
const base = parsed.value

/** [agent][state][action] */
export const rewards = JSON.parse(read('rewards.json')) as number[][][]

/** P as plain lists, [state][action][next]. */
export const transitions = Array.from({ length: base.states }, (_, s) =>
  Array.from({ length: base.actions }, (__, a) => {
    const row = Array.from({ length: base.states }, () => 0)
    const z = s * base.actions + a
    for (let i = base.start[z] as number; i < (base.start[z + 1] as number); i++)
      row[base.next[i] as number] = (row[base.next[i] as number] as number) + (base.probability[i] as number)
    return row
  }),
)

/** The Mdp with rewards r(s, a), [state][action]. */
export function withRewards(table: readonly (readonly number[])[]): Mdp {
  const reward = base.reward.slice()
  for (let s = 0; s < base.states; s++)
    for (let a = 0; a < base.actions; a++) {
      const z = s * base.actions + a
      reward.fill(table[s]?.[a] ?? NaN, base.start[z], base.start[z + 1])
    }
  return { ...base, reward }
}

/** The Mdp of each agent. */
export const agentMdps = rewards.map(withRewards)

/** The Mdp whose rewards are the agents' average. */
export const averageMdp = withRewards(
  transitions.map((row, s) =>
    row.map((_, a) => rewards.reduce((sum, table) => sum + (table[s]?.[a] ?? NaN), 0) / rewards.length),
  ),
)

/** Settings on this problem, from theta = 0. */
export const contractOf = (more: Partial<PgContract> = {}): PgContract => ({
  algorithm: 'fedpg',
  agents: rewards.length,
  size: base.states * base.actions,
  shared: base.states * base.actions,
  localSteps: 10,
  stepSize: 0.1,
  serverStepSize: 1,
  rounds: 50,
  initial: new Float64Array(base.states * base.actions),
  clusters: 1,
  momentum: 1,
  reuseMemorySampleAtStep0: true,
  ...more,
})
