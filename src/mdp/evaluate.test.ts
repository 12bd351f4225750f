import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  build,
  distance,
  mdps,
  plainBackup,
  plainValues,
  stochastic,
  twinError,
  walk,
  weightLists,
} from '../../test/exact-twins.ts'
import { evaluatePolicy } from './evaluate.ts'
import { deterministicPolicy } from './greedy.ts'
import { solveOptimal } from './solve.ts'

describe('evaluatePolicy', () => {
  it('equals a dense solve, for stochastic policies', () => {
    fc.assert(
      fc.property(mdps, weightLists, (mdp, weights) => {
        const policy = stochastic(mdp, weights)
        const { q, v, bound, residual } = evaluatePolicy(mdp, policy)
        expect(distance(v, plainValues(mdp, policy))).toBeLessThan(twinError(mdp))
        for (let z = 0; z < q.length; z++) {
          const backed = mdp.terminal[Math.floor(z / mdp.actions)] === 1 ? 0 : plainBackup(mdp, z, v)
          expect(Math.abs((q[z] as number) - backed)).toBeLessThan(twinError(mdp))
        }
        expect(Math.max(bound, residual)).toBeLessThan(1e-11)
      }),
      { seed: 3, numRuns: 150 },
    )
  })

  it('gives V* for the optimal policy', () => {
    const mdp = walk(150, 0.99)
    const { v, policy } = solveOptimal(mdp)
    expect(distance(evaluatePolicy(mdp, deterministicPolicy(mdp, policy)).v, v)).toBeLessThan(1e-13)
  })

  it('refuses a policy that is none, and names the row', () => {
    const mdp = build(2, 2, 0.5, [[0, 0, 1, 1, 0], [0, 1, 1, 1, 0], [1, 0, 0, 1, 0], [1, 1, 0, 1, 0]]) // prettier-ignore
    expect(() => evaluatePolicy(mdp, new Float64Array(3))).toThrow(
      'evaluatePolicy: policy must have 4 entries, got 3',
    )
    expect(() => evaluatePolicy(mdp, Float64Array.of(1, 0, 0.5, 0.4))).toThrow('row 1')
    expect(() => evaluatePolicy(mdp, Float64Array.of(2, -1, 0.5, 0.5))).toThrow('row 0')
  })
})
