/**
 * Several agents' Mdps as one problem: the Mdp whose rewards are their average, which exists where the dynamics are shared, and how far
 * apart the dynamics are where they are not.
 */
import type { Mdp } from './mdp.ts'

const equal = (a: ArrayLike<number>, b: ArrayLike<number>): boolean => {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Whether two Mdps differ in nothing but rewards: sizes, discount, start law, terminal states, and the same outcomes in the same order. */
export const sameDynamics = (a: Mdp, b: Mdp): boolean =>
  a.states === b.states &&
  a.actions === b.actions &&
  a.discount === b.discount &&
  equal(a.initial, b.initial) &&
  equal(a.terminal, b.terminal) &&
  equal(a.start, b.start) &&
  equal(a.next, b.next) &&
  equal(a.probability, b.probability)

/**
 * The average Mdp (S, A, P, (1/N) sum_i r_i, gamma, rho), outcome by outcome as r_0 + (sum_i (r_i - r_0)) / N, which gives r_0 back where
 * all are equal. The average of the agents' policy gradients is its policy gradient: J is linear in the rewards.
 * Source: Zhu, Heath, Mitra, "Towards fast rates for federated and multi-task reinforcement learning", 2024.
 * @param mdps of the agents, in agent order, at least one
 * @returns null where dynamics differ: then no Mdp has that gradient
 * @throws RangeError when there are none
 */
export function averageMdp(mdps: readonly Mdp[]): Mdp | null {
  const [first, ...others] = mdps
  if (first === undefined) throw new RangeError('averageMdp: expected at least one Mdp, got none')
  if (!others.every((mdp) => sameDynamics(first, mdp))) return null
  const reward = first.reward.map((base, i) => {
    let sum = 0
    for (const other of others) sum += (other.reward[i] as number) - base
    return base + sum / mdps.length
  })
  return { ...first, reward }
}

/**
 * How far apart two Mdps' dynamics are: max over pairs of (1/2) sum_s' |P(s'|s, a) - P'(s'|s, a)|, in [0, 1]. Pairs of states terminal in
 * both are left out; those of states terminal in one only count as 1.
 * @throws RangeError when numbers of states or actions differ
 */
export function dynamicsDistance(a: Mdp, b: Mdp): number {
  if (a.states !== b.states || a.actions !== b.actions)
    throw new RangeError(
      `dynamicsDistance: expected ${a.states} states and ${a.actions} actions in both, got ${b.states} and ${b.actions}`,
    )
  const difference = new Float64Array(a.states)
  let most = 0
  for (let z = 0; z < a.states * a.actions; z++) {
    const state = Math.floor(z / a.actions)
    if (a.terminal[state] !== b.terminal[state]) return 1
    if (a.terminal[state] === 1) continue
    difference.fill(0)
    addRow(a, z, 1, difference)
    addRow(b, z, -1, difference)
    most = Math.max(most, difference.reduce((sum, x) => sum + Math.abs(x), 0) / 2)
  }
  return most
}

function addRow(mdp: Mdp, z: number, sign: number, into: Float64Array): void {
  for (let i = mdp.start[z] as number; i < (mdp.start[z + 1] as number); i++) {
    const next = mdp.next[i] as number
    into[next] = (into[next] as number) + sign * (mdp.probability[i] as number)
  }
}

/**
 * The largest {@link dynamicsDistance} of any two agents; 0 where dynamics are shared.
 * @throws RangeError when numbers of states or actions differ
 */
export function dynamicsHeterogeneity(mdps: readonly Mdp[]): number {
  const distinct: Mdp[] = []
  let most = 0
  for (const mdp of mdps) {
    if (distinct.some((other) => sameDynamics(other, mdp))) continue
    for (const other of distinct) most = Math.max(most, dynamicsDistance(other, mdp))
    distinct.push(mdp)
  }
  return most
}
