import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distance, mdps } from '../../test/exact-twins.ts'
import { randomMdp } from '../../test/random-problems.ts'
import { NOBODY, Purpose, streamOf } from '../numeric/stream.ts'
import { agentMdps, type AgentProblems } from './agent-mdps.ts'
import { drawRewards, type DrawnRewards } from './agent-rewards.ts'
import { averageMdp, dynamicsDistance, sameDynamics } from './average.ts'
import { garnet, gridWorld } from './families.ts'
import { greedyActions } from './greedy.ts'
import type { Built, Mdp } from './mdp.ts'
import { withTurnedSign } from './rewards.ts'
import { solveOptimal } from './solve.ts'

const SHARED: AgentProblems = { count: 4, costs: false }

function agents(base: Built, how: AgentProblems, seed = 1): readonly Mdp[] {
  const result = agentMdps(base, how, seed)
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.value
}

const issuesOf = (base: Built, how: AgentProblems): string[] => {
  const result = agentMdps(base, how, 1)
  return result.ok ? [] : result.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

const families = fc.oneof(
  fc.record({ heterogeneity: fc.double({ min: 0, max: 1, noNaN: true }), pairs: fc.boolean() }),
  fc.record({ dirichlet: fc.constantFrom(0.1, 1, 10) }),
  fc.record({ clusters: fc.integer({ min: 1, max: 4 }), spread: fc.double({ min: 0, max: 1, noNaN: true }) }),
)
const seeds = fc.nat(1000)

describe('agentMdps', () => {
  it('keeps dynamics shared and rewards a matter of the pair, for every family of rewards', () => {
    fc.assert(
      fc.property(mdps, families, seeds, (mdp, rewards, seed) => {
        for (const own of agents({ mdp }, { ...SHARED, rewards }, seed)) {
          expect(sameDynamics(mdp, own)).toBe(true)
          for (let z = 0; z < mdp.states * mdp.actions; z++)
            expect(new Set(own.reward.subarray(mdp.start[z], mdp.start[z + 1])).size).toBeLessThan(2)
        }
      }),
      { seed: 15, numRuns: 100 },
    )
  })

  it('draws agent i alike for every number of agents', () => {
    fc.assert(
      fc.property(families, fc.integer({ min: 1, max: 9 }), seeds, (rewards, count, seed) => {
        const how = { rewards, dynamics: { heterogeneity: 0.5 }, costs: false }
        const base = { mdp: randomMdp(1, 3, 2, 0.9) }
        expect(agents(base, { ...how, count }, seed)).toEqual(
          agents(base, { ...how, count: 9 }, seed).slice(0, count),
        )
      }),
      { seed: 16, numRuns: 50 },
    )
  })

  it('does not draw dynamics from the words of rewards, nor rewards from those of the problem', () => {
    const { mdp } = garnet(
      { states: 4, actions: 2, branching: 3, discount: 0.9 },
      streamOf(5, NOBODY, Purpose.model),
    )
    const dynamics = { heterogeneity: 0.5 }
    const plain = agents({ mdp }, { ...SHARED, dynamics }, 5)
    const both = agents({ mdp }, { ...SHARED, dynamics, rewards: { dirichlet: 1 } }, 5)
    expect(both.map((own) => own.probability)).toEqual(plain.map((own) => own.probability))
    const entries = drawRewards({ heterogeneity: 0, pairs: false }, 8, 5)(0)
    expect(new Set([...entries, ...drawRewards({ heterogeneity: 1, pairs: false }, 8, 5)(0)]).size).toBe(16)
  })

  it('leaves the problem as it is where nothing differs', () => {
    const mdp = randomMdp(2, 4, 2, 0.9, 1)
    expect(agents({ mdp }, SHARED)).toEqual([mdp, mdp, mdp, mdp])
  })

  it('turns every sign for costs, of drawn rewards and of those of the problem', () => {
    const mdp = randomMdp(2, 4, 2, 0.9, 1)
    expect(agents({ mdp }, { ...SHARED, costs: true })[2]).toEqual(withTurnedSign(mdp))
    const rewards = { heterogeneity: 0.5, pairs: false }
    const [gain] = agents({ mdp }, { ...SHARED, rewards })
    const [cost] = agents({ mdp }, { ...SHARED, rewards, costs: true })
    expect(cost?.reward).toEqual(gain?.reward.map((r) => (r === 0 ? 0 : -r)))
  })

  it('gives tables as they stand, and refuses another number of them', () => {
    const { mdp } = garnet(
      { states: 2, actions: 1, branching: 2, discount: 0.9 },
      streamOf(5, NOBODY, Purpose.model),
    )
    const rewards = [Float64Array.of(1, 2), Float64Array.of(3, 4)]
    expect(agents({ mdp }, { count: 2, rewards, costs: false }).map((own) => [...own.reward])).toEqual([
      [1, 1, 2, 2],
      [3, 3, 4, 4],
    ])
    expect(issuesOf({ mdp }, { count: 3, rewards, costs: false })).toEqual([
      'rewards: expected rewards of 3 agents, got 2',
    ])
  })
})

describe('drawn rewards', () => {
  const tables = (how: DrawnRewards, count: number, seed: number): Float64Array[] =>
    Array.from({ length: count }, (_, agent) => drawRewards(how, 12, seed)(agent))

  it('are all equal at heterogeneity 0, and within [0, 1] at any', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), seeds, (heterogeneity, seed) => {
        const own = tables({ heterogeneity, pairs: false }, 5, seed)
        expect(own.flatMap((table) => [...table]).every((r) => r >= 0 && r <= 1)).toBe(true)
        expect(new Set(tables({ heterogeneity: 0, pairs: false }, 5, seed).map(String)).size).toBe(1)
      }),
      { seed: 17, numRuns: 50 },
    )
  })

  it('differ from the common table by h times what they do at 1', () => {
    const at = (heterogeneity: number): Float64Array[] => tables({ heterogeneity, pairs: false }, 3, 7)
    const [none, half, all] = [at(0), at(0.5), at(1)]
    for (const [agent, table] of half.entries()) {
      const middle = table.map((_, z) => ((none[agent]?.[z] as number) + (all[agent]?.[z] as number)) / 2)
      expect(distance(table, middle)).toBeLessThan(1e-15)
    }
    expect(new Set(all.map(String)).size).toBe(3)
  })

  it('in pairs average to the same bytes for every even number of agents', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 1, max: 20 }),
        seeds,
        (h, pairs, seed) => {
          const base = { mdp: randomMdp(3, 3, 2, 0.9) }
          const of = (heterogeneity: number, count: number): Mdp =>
            averageMdp(
              agents(base, { count, rewards: { heterogeneity, pairs: true }, costs: false }, seed),
            ) as Mdp
          expect(of(h, 2 * pairs)).toEqual(of(0, 1))
        },
      ),
      { seed: 18, numRuns: 100 },
    )
  })

  it('in pairs lie h D about the average, |D| <= 1/2', () => {
    const [mean, one, other] = [tables({ heterogeneity: 0, pairs: true }, 1, 3)[0], ...tables({ heterogeneity: 0.8, pairs: true }, 2, 3)] as [Float64Array, Float64Array, Float64Array] // prettier-ignore
    const gap = one.map((r, z) => r - (mean[z] as number))
    expect(gap).toEqual(other.map((r, z) => (mean[z] as number) - r))
    expect(gap.every((d) => Math.abs(d) <= 0.4)).toBe(true)
    expect(gap.some((d) => Math.abs(d) > 0.2)).toBe(true)
  })

  it('of the Dirichlet distribution have mean 1, and few large entries where the concentration is small', () => {
    for (const dirichlet of [0.05, 1, 100]) {
      const [table] = tables({ dirichlet }, 1, 4) as [Float64Array]
      expect(table.reduce((sum, r) => sum + r, 0)).toBeCloseTo(12, 12)
      expect(table.every((r) => r >= 0)).toBe(true)
    }
    const most = (dirichlet: number): number =>
      Math.max(...tables({ dirichlet }, 1, 4).flatMap((t) => [...t]))
    expect(most(0.05)).toBeGreaterThan(most(100))
  })

  it('of clusters are those of the cluster at spread 0 and nearer to it than to another at a small one', () => {
    const centres = tables({ clusters: 3, spread: 0 }, 7, 5)
    expect(new Set(centres.map(String)).size).toBe(3)
    expect(centres[6]).toEqual(centres[0])
    const around = tables({ clusters: 3, spread: 0.1 }, 7, 5)
    for (const [agent, table] of around.entries()) {
      const distances = [0, 1, 2].map((k) => distance(table, centres[k] as Float64Array))
      expect(distances.indexOf(Math.min(...distances))).toBe(agent % 3)
      expect(distances[agent % 3]).toBeGreaterThan(0)
    }
  })

  it('refuse parts outside [0, 1] and clusters that are none', () => {
    expect(() => drawRewards({ heterogeneity: 1.5, pairs: false }, 4, 1)).toThrow(
      'heterogeneity must be in [0, 1], got 1.5',
    )
    expect(() => drawRewards({ clusters: 2, spread: -1 }, 4, 1)).toThrow('spread must be in [0, 1], got -1')
    expect(() => drawRewards({ clusters: 0, spread: 0 }, 4, 1)).toThrow(
      'clusters must be an integer >= 1, got 0',
    )
  })
})

describe('own dynamics', () => {
  it('have rows that sum as before, over the same outcomes, and move no further than h', () => {
    fc.assert(
      fc.property(mdps, fc.double({ min: 0, max: 1, noNaN: true }), seeds, (mdp, heterogeneity, seed) => {
        for (const own of agents({ mdp }, { ...SHARED, dynamics: { heterogeneity } }, seed)) {
          expect(own.next).toBe(mdp.next)
          expect(own.reward).toBe(mdp.reward)
          for (let z = 0; z < mdp.states * mdp.actions; z++) {
            const row = own.probability.subarray(mdp.start[z], mdp.start[z + 1])
            expect(Math.abs(row.reduce((sum, p) => sum + p, 0) - 1)).toBeLessThan(1e-14)
            expect(row.every((p) => p >= 0)).toBe(true)
          }
          expect(dynamicsDistance(mdp, own)).toBeLessThanOrEqual(heterogeneity + 1e-15)
        }
      }),
      { seed: 19, numRuns: 100 },
    )
  })

  it('are the common ones, to the last bit, at heterogeneity 0, and differ from agent to agent above', () => {
    const mdp = randomMdp(4, 5, 2, 0.9)
    const at = (heterogeneity: number): Mdp[] => [
      ...agents({ mdp }, { ...SHARED, dynamics: { heterogeneity } }),
    ]
    expect(at(0)).toEqual([mdp, mdp, mdp, mdp])
    expect(new Set(at(0.3).map((own) => String(own.probability))).size).toBe(4)
  })

  it('leave outcomes that cannot happen and states that are over alone', () => {
    const mdp = randomMdp(4, 3, 1, 0.9, 1)
    const rows = { start: Uint32Array.of(0, 3, 6, 6), next: Uint32Array.of(0, 1, 2, 0, 1, 2) }
    const base = {
      ...mdp,
      ...rows,
      probability: Float64Array.of(0.5, 0, 0.5, 1, 0, 0),
      reward: new Float64Array(6),
    }
    const [own] = agents({ mdp: base }, { ...SHARED, dynamics: { heterogeneity: 1 } })
    expect(own?.probability[1]).toBe(0)
    expect(own?.probability[0]).not.toBe(0.5)
    expect(own?.probability.slice(3)).toEqual(Float64Array.of(1, 0, 0))
  })

  it('may be given for each agent, in the sizes of the problem', () => {
    const [mdp, other, large] = [randomMdp(1, 3, 2, 0.9), randomMdp(2, 3, 2, 0.9), randomMdp(1, 4, 2, 0.9)]
    expect(agents({ mdp }, { count: 2, dynamics: [mdp, other], costs: false })).toEqual([mdp, other])
    expect(issuesOf({ mdp }, { count: 3, dynamics: [mdp, large], costs: false })).toEqual([
      'dynamics.mdps: expected an Mdp for each of 3 agents, got 2',
      'dynamics.mdps.1: expected 3 states, 2 actions, discount 0.9, as the environment has, got 4 states, 2 actions, discount 0.9',
    ])
  })
})

describe('goals', () => {
  const grid = gridWorld({ map: ['..#', '...', '.G.'], slip: 0, discount: 0.9, stepReward: -1, goalReward: 5, holeReward: 0 }) // prettier-ignore

  it('reward agent k for steps that end in its cell, by turns, and end no episode', () => {
    const goals = [[0, 0], [1, 2]] as const // prettier-ignore
    const own = agents(grid, { count: 3, rewards: { goals }, costs: false })
    expect(own.every((mdp) => sameDynamics(mdp, grid.mdp))).toBe(true)
    expect(own[2]).toEqual(own[0])
    for (const [k, cell] of [0, 4].entries()) {
      const mdp = own[k] as Mdp
      expect(mdp.reward).toEqual(Float64Array.from(mdp.next, (next) => (next === cell ? 1 : 0)))
      expect(mdp.reward.includes(1)).toBe(true)
    }
  })

  it('make the way there optimal: left and up to the top left corner, and against its walls from then on', () => {
    const [mdp] = agents(grid, { count: 1, rewards: { goals: [[0, 0]] }, costs: false })
    const { q, v } = solveOptimal(mdp as Mdp)
    const actions = greedyActions(mdp as Mdp, q)
    expect(v[0]).toBeCloseTo(10, 12)
    expect([actions[1], actions[2]]).toEqual([0, 3])
    expect([0, 3]).toContain(actions[0])
  })

  it('are refused in walls, outside the grid, and where there is none', () => {
    const how = (goals: [number, number][]): AgentProblems => ({ count: 2, rewards: { goals }, costs: false })
    expect(
      issuesOf(
        grid,
        how([
          [0, 0],
          [0, 2],
          [3, 0],
          [0.5, 0],
        ]),
      ),
    ).toEqual([
      // prettier-ignore
      'rewards.goals.1: expected [row, column] of a cell that is no wall, row in [0, 3) and column in [0, 3), got [0,2]',
      'rewards.goals.2: expected [row, column] of a cell that is no wall, row in [0, 3) and column in [0, 3), got [3,0]',
      'rewards.goals.3: expected [row, column] of a cell that is no wall, row in [0, 3) and column in [0, 3), got [0.5,0]',
    ])
    expect(issuesOf(grid, how([]))).toEqual(['rewards.goals: expected at least one goal, got none'])
    expect(issuesOf({ mdp: grid.mdp }, how([[0, 0]]))).toEqual([
      'rewards.goals: expected an environment that is a grid, got one that is none',
    ])
  })
})
