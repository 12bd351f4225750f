import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { distance, mdps, stochastic, twinError, walk, weightLists } from '../../test/exact-twins.ts'
import { policyMatrix } from './bellman.ts'
import { residualOf, transpose } from './linear.ts'
import type { Mdp } from './mdp.ts'
import type { Policy } from './policy.ts'
import { denseSystem, sparseSystem, type PolicySystem } from './policy-system.ts'

/** 1, 2, 3, ... in states that are not terminal. */
const sideOf = (mdp: Mdp): Float64Array =>
  Float64Array.from(mdp.terminal, (terminal, state) => (terminal === 1 ? 0 : state + 1))

/** Both solutions; entries of terminal states are 0. */
function solved(system: PolicySystem, mdp: Mdp, policy: Policy): [Float64Array, Float64Array] {
  const [x, y] = [sideOf(mdp), sideOf(mdp)]
  system.set(policy)
  system.solve(x)
  system.solveTransposed(y)
  return [x, y.map((value, state) => (mdp.terminal[state] === 1 ? 0 : value))]
}

describe.each([
  ['denseSystem', denseSystem],
  ['sparseSystem', sparseSystem],
])('%s', (_, systemOf) => {
  it('solves both systems', () => {
    fc.assert(
      fc.property(mdps, weightLists, (mdp, weights) => {
        const policy = stochastic(mdp, weights)
        const matrix = policyMatrix(mdp, policy)
        const [x, y] = solved(systemOf(mdp), mdp, policy)
        const none = new Float64Array(mdp.states)
        const tolerance = 100 * twinError(mdp) * (1 - mdp.discount)
        expect(distance(residualOf(matrix, x, sideOf(mdp)), none)).toBeLessThan(tolerance)
        expect(distance(residualOf(transpose(matrix), y, sideOf(mdp)), none)).toBeLessThan(tolerance)
      }),
      { seed: 22, numRuns: 100 },
    )
  })
})

describe('the two systems', () => {
  it('agree on a larger problem, whatever policy was set before', () => {
    const mdp = walk(90, 0.98)
    const [one, other] = [stochastic(mdp, [1, 2, 5, 1]), stochastic(mdp, [3, 1, 1, 4, 2])]
    const [dense, sparse] = [denseSystem(mdp), sparseSystem(mdp)]
    const first = solved(dense, mdp, one)
    for (const policy of [other, one]) {
      const [x, y] = solved(dense, mdp, policy)
      const [u, v] = solved(sparse, mdp, policy)
      // solutions are thousands, their conditioning 50
      expect(distance(x, u)).toBeLessThan(1e-9)
      expect(distance(y, v)).toBeLessThan(1e-9)
    }
    expect(solved(dense, mdp, one)).toEqual(first)
  })
})
