/**
 * Draws against the laws they are drawn from, by everything that draws: the walker of the plain kernel, the agents' own experience, and
 * the compiled kernel, whose draws are read off its tables. Fixed seeds; every test would fail by chance once in a thousand seeds.
 */
import { describe, expect, it } from 'vitest'
import { walkExperience } from '../src/agent/experience/walk.ts'
import type { KernelProblem } from '../src/kernel.ts'
import { startCompiled } from '../src/kernel/compiled.ts'
import { modelWalker } from '../src/kernel/walk.ts'
import type { Mdp } from '../src/mdp/mdp.ts'
import { startLaw } from '../src/mdp/policy.ts'
import type { PolicySet } from '../src/mdp/policy.ts'
import { chiSquare, chiSquareOfRows, criticalValue } from './chi-square.ts'
import { randomMdp, randomPolicies } from './random-problems.ts'

/** The steps of one agent: the pair, and which of its outcomes came, told apart by the reward. */
interface Steps {
  readonly pair: Uint32Array
  readonly outcome: Float64Array
}

type Draw = (mdp: Mdp, behaviors: PolicySet, seed: number, steps: number) => Steps[]

const byWalker: Draw = (mdp, behaviors, seed, steps) => {
  const agents = behaviors.of.length
  const size = agents * steps
  const block = {
    pair: new Uint32Array(size),
    row: new Uint32Array(size),
    reward: new Float64Array(size),
  }
  modelWalker(mdp, behaviors, seed).walk(0, agents, steps, block)
  return Array.from({ length: agents }, (_, agent) => ({
    pair: Uint32Array.from({ length: steps }, (__, t) => block.pair[t * agents + agent]!),
    outcome: Float64Array.from({ length: steps }, (__, t) => block.reward[t * agents + agent]!),
  }))
}

const byExperience: Draw = (mdp, behaviors, seed, steps) =>
  Array.from(behaviors.of, (table, agent) => {
    const law = startLaw(behaviors, table, mdp.initial)
    const walk = walkExperience(mdp, behaviors.tables[table] as Float64Array, law, seed, agent)
    const { pair, reward } = walk.gather(walk.start(), steps).trajectory
    return { pair, outcome: reward }
  })

/** Every reward is the index of its outcome. */
const labelled = (mdp: Mdp): Mdp => ({ ...mdp, reward: mdp.reward.map((_, i) => i) })

/** Counts that grow on demand: [row][column]. */
function tally(cells: Iterable<readonly [row: number, column: number]>, rows: number, columns: number) {
  const counts = Array.from({ length: rows }, () => new Float64Array(columns))
  for (const [row, column] of cells) counts[row]![column]!++
  return counts
}

function expectLaws(rows: Parameters<typeof chiSquareOfRows>[0], leastFreedom: number): void {
  const { statistic, freedom } = chiSquareOfRows(rows)
  expect(freedom).toBeGreaterThanOrEqual(leastFreedom)
  expect(statistic).toBeLessThan(criticalValue(freedom))
}

/** The joint law of two independent draws, one row of cells. */
const product = (p: Float64Array, q: Float64Array): Float64Array =>
  Float64Array.from(
    { length: p.length * q.length },
    (_, i) => p[Math.floor(i / q.length)]! * q[i % q.length]!,
  )

describe.each([
  ['the walker of the plain kernel', byWalker],
  ["the agents' own experience", byExperience],
])('%s', (_, draw) => {
  const mdp = labelled(randomMdp(11, 9, 3, 0.9, 2))
  const behaviors = randomPolicies(12, mdp, 6)

  it('draws outcomes from P, actions from pi, start states from rho, and again after every end', () => {
    const agents = draw(mdp, behaviors, 4, 20_000)
    const steps = agents.flatMap(({ pair, outcome }) =>
      Array.from(pair, (z, t) => [z, outcome[t]! - mdp.start[z]!] as const),
    )
    const taken = tally(steps, 27, 4)
    const outcomes = taken.map((counts, z) => {
      const law = mdp.probability.slice(mdp.start[z], mdp.start[z + 1])
      return { counts: counts.subarray(0, law.length), law }
    })
    // 21 pairs that steps are taken in, of one to four outcomes
    expectLaws(outcomes, 25)

    const ofPolicy = behaviors.tables.flatMap((law, table) => {
      const cells = agents
        .filter((__, agent) => behaviors.of[agent] === table)
        .flatMap(({ pair }) => Array.from(pair, (z) => [Math.floor(z / 3), z % 3] as const))
      return tally(cells, 9, 3).map((counts, state) => ({
        counts,
        law: law.subarray(3 * state, 3 * state + 3),
      }))
    })
    // at least two policies, in 7 states of three actions
    expectLaws(ofPolicy, 2 * 7 * 2)

    const restarts = agents.flatMap(({ pair, outcome }) =>
      Array.from(pair.subarray(0, -1), (__, t) => t)
        .filter((t) => mdp.terminal[mdp.next[outcome[t]!]!] === 1)
        .map((t) => [0, Math.floor(pair[t + 1]! / 3)] as const),
    )
    expect(restarts.length).toBeGreaterThan(10_000)
    expectLaws([{ counts: tally(restarts, 1, 9)[0]!, law: mdp.initial }], 6)
  })

  it('starts agents in states drawn from rho, and from the start laws of their policies', () => {
    const [own] = randomPolicies(3, mdp, 1).tables
    const region = Float64Array.of(0, 0.2, 0, 0.5, 0.3, 0, 0, 0, 0)
    const set: PolicySet = {
      tables: [own!, own!],
      of: Uint32Array.from({ length: 8000 }, (__, agent) => agent % 2),
      starts: [null, region],
    }
    const first = draw(mdp, set, 5, 1).map(
      ({ pair }, agent) => [agent % 2, Math.floor(pair[0]! / 3)] as const,
    )
    const [fromRho, fromRegion] = tally(first, 2, 9)
    expectLaws(
      [
        { counts: fromRho!, law: mdp.initial },
        { counts: fromRegion!, law: region },
      ],
      6 + 2,
    )
  })

  describe('in one state, where every step is an independent draw', () => {
    const outcomeLaw = Float64Array.of(0.05, 0.1, 0.2, 0.25, 0.4)
    const policy = Float64Array.of(0.2, 0.3, 0.5)
    const single = oneState(policy.length, outcomeLaw)
    const agents = { tables: [policy], of: new Uint32Array(2) }
    const joint = product(outcomeLaw, outcomeLaw)
    const outcomesOf = ({ outcome }: Steps): number[] => Array.from(outcome, (i) => i % 5)

    const expectJoint = (a: readonly number[], b: readonly number[], law: Float64Array, width: number) => {
      const counts = tally(
        a.map((value, i) => [0, value * width + b[i]!] as const),
        1,
        law.length,
      )
      const expected = law.map((p) => p * a.length)
      const { statistic, cells } = chiSquare(counts[0]!, expected)
      expect(statistic).toBeLessThan(criticalValue(cells - 1))
    }

    it('agents draw independently of one another', () => {
      const [one, other] = draw(single, agents, 6, 50_000).map(outcomesOf)
      expectJoint(one!, other!, joint, 5)
    })

    it('seeds draw independently of one another', () => {
      const [one, other] = [7, 8].map((seed) => outcomesOf(draw(single, agents, seed, 50_000)[0]!))
      expectJoint(one!, other!, joint, 5)
    })

    it('the outcome does not depend on the action, nor on the outcome before', () => {
      const steps = draw(single, agents, 9, 50_000)[0]!
      const outcomes = outcomesOf(steps)
      expectJoint([...steps.pair], outcomes, product(policy, outcomeLaw), 5)
      const even = outcomes.filter((__, t) => t % 2 === 0)
      const odd = outcomes.filter((__, t) => t % 2 === 1)
      expectJoint(even, odd, joint, 5)
    })
  })
})

/** One state whose actions share a law of outcomes. */
function oneState(actions: number, law: Float64Array): Mdp {
  const outcomes = actions * law.length
  return labelled({
    states: 1,
    actions,
    discount: 0.9,
    initial: Float64Array.of(1),
    terminal: new Uint8Array(1),
    start: Uint32Array.from({ length: actions + 1 }, (_, pair) => pair * law.length),
    next: new Uint32Array(outcomes),
    probability: Float64Array.from({ length: outcomes }, (_, i) => law[i % law.length]!),
    reward: new Float64Array(outcomes),
  })
}

/** P of the hub: [action][outcome]. */
const HUB = [
  Float64Array.of(0.1, 0.2, 0.3, 0.4),
  Float64Array.of(0.7, 0.1, 0.1, 0.1),
  Float64Array.of(0.05, 0.05, 0.45, 0.45),
]
const HUB_POLICY = Float64Array.of(0.2, 0.3, 0.5)

/**
 * A hub, state 0, and a leaf for every outcome of every action in it; every action of a leaf leads back. Visits of the leaves count the
 * draws in the hub. Rows have one length where leaves list their way back four times.
 */
function star(waysBack: number): Mdp {
  const leaves = 12
  const hub = HUB.flatMap((row) => [...row])
  const back = leaves * 3 * waysBack
  return {
    states: 1 + leaves,
    actions: 3,
    discount: 0,
    initial: Float64Array.from({ length: 1 + leaves }, (_, state) => (state === 0 ? 1 : 0)),
    terminal: new Uint8Array(1 + leaves),
    start: Uint32Array.from({ length: 3 * (1 + leaves) + 1 }, (_, pair) =>
      pair < 3 ? 4 * pair : leaves + (pair - 3) * waysBack,
    ),
    next: Uint32Array.from({ length: leaves + back }, (_, i) => (i < leaves ? 1 + i : 0)),
    probability: Float64Array.from({ length: leaves + back }, (_, i) => hub[i] ?? 1 / waysBack),
    reward: new Float64Array(leaves + back).fill(1),
  }
}

describe('the compiled kernel', () => {
  const STEPS = 40_000
  const STEP_SIZE = 1e-4
  const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8]

  // With rewards of 1 and nothing to come, n visits leave Q = 1 - (1 - eta)^n.
  const visitsOf = (table: Float64Array): number[] =>
    Array.from(table, (q) => Math.round(Math.log1p(-q) / Math.log1p(-STEP_SIZE)))

  it.each([
    ['narrow', 4],
    ['wide', 1],
  ])('draws from P and pi in its %s layout, and what the plain walker draws', async (_, waysBack) => {
    const mdp = star(waysBack)
    const behaviors = {
      tables: [Float64Array.from({ length: 39 }, (__, pair) => HUB_POLICY[pair % 3]!)],
      of: new Uint32Array(1),
    }
    const problem: KernelProblem = {
      states: 13,
      actions: 3,
      agents: 1,
      syncPeriod: 1000,
      initial: 0,
      terminal: mdp.terminal,
      lanes: [{ discount: 0, averaging: 'equal' }],
      members: SEEDS.map((seed) => ({
        seed,
        initialSeed: seed,
        rewardRange: [0, 1],
        experience: { kind: 'walk', mdp, behaviors },
      })),
    }
    const run = await startCompiled(problem)
    run.advance(STEPS / 1000, 1000, [STEP_SIZE])

    const hub = { actions: new Float64Array(3), leaves: new Float64Array(12) }
    SEEDS.forEach((seed, member) => {
      const visits = visitsOf(run.table(member, 0))
      const [walked] = byWalker(mdp, behaviors, seed, STEPS)
      expect(visits).toEqual([
        ...tally(
          Array.from(walked!.pair, (z) => [0, z] as const),
          1,
          39,
        )[0]!,
      ])
      visits.forEach((n, pair) => {
        if (pair < 3) hub.actions[pair]! += n
        else hub.leaves[Math.floor(pair / 3) - 1]! += n
      })
    })
    expect(hub.actions.reduce((sum, n) => sum + n, 0)).toBe((SEEDS.length * STEPS) / 2)
    expectLaws([{ counts: hub.actions, law: HUB_POLICY }], 2)
    expectLaws(
      HUB.map((law, action) => ({ counts: hub.leaves.subarray(4 * action, 4 * action + 4), law })),
      9,
    )
  })
})
