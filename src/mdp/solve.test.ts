import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bruteForce, build, distance, mdps, plainBackup, twinError, walk } from '../../test/exact-twins.ts'
import { greedyActions } from './greedy.ts'
import { solveOptimal } from './solve.ts'
import type { Mdp } from './mdp.ts'

describe('solveOptimal', () => {
  it('gives the geometric series of one absorbing state', () => {
    const { q, v, policy, residual, bound } = solveOptimal(build(1, 2, 0.75, [[0, 0, 0, 1, 1], [0, 1, 0, 1, 0]])) // prettier-ignore
    expect([...q]).toEqual([4, 3])
    expect([...v]).toEqual([4])
    expect([...policy]).toEqual([0])
    expect(residual).toBe(0)
    expect(bound).toBeLessThan(1e-20)
  })

  it('bootstraps nothing from a terminal state and gives its row zeros', () => {
    const mdp = build(2, 1, 0.5, [[0, 0, 1, 0.5, 1], [0, 0, 0, 0.5, 0], [1, 0, 0, 1, 99]], [1]) // prettier-ignore
    // V(0) = 1/2 + 1/4 V(0)
    const { q, bound } = solveOptimal(mdp)
    expect([...q]).toEqual([2 / 3, 0])
    // the double next to 2/3 is 2^-54 * 2/3 away from it
    expect(bound).toBeCloseTo(3.7e-17, 18)
  })

  it('is the expected reward at discount 0', () => {
    const mdp = build(2, 2, 0, [[0, 0, 1, 0.25, 4], [0, 0, 0, 0.75, 0], [0, 1, 0, 1, 2], [1, 0, 0, 1, -1], [1, 1, 1, 1, -2]]) // prettier-ignore
    const { q, policy } = solveOptimal(mdp)
    expect([...q]).toEqual([1, 2, -1, -2])
    expect([...policy]).toEqual([1, 0])
  })

  it('gives ties to the lowest action, also where the tied values are no doubles', () => {
    const mdp = build(3, 2, 0.9, [[0, 0, 1, 1, 0.1], [0, 1, 2, 1, 0.1], [1, 0, 0, 1, 0.3], [1, 1, 2, 1, 0.3], [2, 0, 0, 1, 0.3], [2, 1, 1, 1, 0.3]]) // prettier-ignore
    const { q, policy } = solveOptimal(mdp)
    expect(q[0]).toBe(q[1])
    expect([...policy]).toEqual([0, 1, 1])
  })

  it('equals the best of all deterministic policies', () => {
    fc.assert(
      fc.property(mdps, (mdp) => {
        const { v } = solveOptimal(mdp)
        const best = bruteForce(mdp).map((value, state) => (mdp.terminal[state] === 1 ? 0 : value))
        expect(distance(v, best)).toBeLessThan(twinError(mdp))
      }),
      { seed: 1, numRuns: 150 },
    )
  })

  it('has v = max q, a greedy policy, and the residual that an obvious twin finds, below the bound', () => {
    fc.assert(
      fc.property(mdps, (mdp) => {
        const { q, v, policy, residual, bound, loss } = solveOptimal(mdp)
        for (let z = 0; z < q.length; z++) {
          const state = Math.floor(z / mdp.actions)
          const row = q.subarray(state * mdp.actions, (state + 1) * mdp.actions)
          expect(v[state]).toBe(Math.max(...row))
          expect(policy[state]).toBe(row.indexOf(v[state] as number))
          const defect =
            mdp.terminal[state] === 1 ? (q[z] as number) : plainBackup(mdp, z, v) - (q[z] as number)
          expect(Math.abs(defect)).toBeLessThanOrEqual(residual + 4e-15 * (1 + Math.max(...v.map(Math.abs))))
        }
        expect(bound).toBeLessThanOrEqual(1e-11)
        expect(loss).toBeLessThan(1e-10)
      }),
      { seed: 2, numRuns: 150 },
    )
  })

  it('holds its bound where an error of the residual would count a million times', () => {
    // V = 0.1 / (1 - gamma) with the doubles 0.1 and gamma: 100000.00000291038..., computed with 60 digits
    const { v, bound } = solveOptimal(build(1, 1, 0.999999, [[0, 0, 0, 1, 0.1]]))
    expect(bound).toBeLessThan(1e-11)
    expect(Math.abs((v[0] as number) - GEOMETRIC)).toBeLessThanOrEqual(bound)
  })

  it('solves a long chain whose reward is far away, where policies change state by state', () => {
    const mdp = walk(300, 0.999)
    const { q, v, bound, residual } = solveOptimal(mdp)
    expect(bound).toBeLessThan(1e-12)
    expect(residual).toBeLessThan(1e-12)
    expect(distance(v, valueIteration(mdp))).toBeLessThan(1e-9)
    expect(greedyActions(mdp, q).every((action) => action === 1)).toBe(true)
  })

  it('ends and says what it does not know where a row sum makes the discounted sum no contraction', () => {
    const mdp = build(1, 1, 1 - 1e-12, [[0, 0, 0, 1 + 9e-10, 1]])
    expect(solveOptimal(mdp).bound).toBe(Infinity)
  })
})

/** 0.1 / (1 - 0.999999) for those doubles, in exact arithmetic. */
const GEOMETRIC = 99999.99999712444

/** V* by plain value iteration until nothing changes by more than 1e-13. */
function valueIteration(mdp: Mdp): Float64Array {
  let v = new Float64Array(mdp.states)
  for (let sweep = 0; sweep < 40_000; sweep++) {
    const next = v.map((_, state) =>
      Math.max(plainBackup(mdp, state * 2, v), plainBackup(mdp, state * 2 + 1, v)),
    )
    const change = distance(next, v)
    v = next
    if (change < 1e-13) break
  }
  return v
}
