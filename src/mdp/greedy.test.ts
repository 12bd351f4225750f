import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { build, mdps, plainValues, stochastic, twinError, walk, weightLists } from '../../test/exact-twins.ts'
import { returnOf } from './evaluate.ts'
import { deterministicPolicy, greedyActions, greedyEvaluator, greedyReturn } from './greedy.ts'
import { solveOptimal } from './solve.ts'

describe('greedy', () => {
  it('takes the lowest of tied actions and 0 in terminal states', () => {
    const mdp = build(2, 3, 0.5, [[0, 0, 1, 1, 0], [0, 1, 1, 1, 0], [0, 2, 1, 1, 0]], [1]) // prettier-ignore
    expect([...greedyActions(mdp, Float64Array.of(1, 2, 2, 0, 1, 0))]).toEqual([1, 0])
    expect([...greedyActions({ states: 2, actions: 3 }, Float64Array.of(1, 2, 2, 0, 1, 0))]).toEqual([1, 1])
    expect(() => greedyActions(mdp, new Float64Array(5))).toThrow(
      'greedyActions: q must have 6 entries, got 5',
    )
  })

  it('is worth what its policy is worth, whatever was asked before', () => {
    fc.assert(
      fc.property(mdps, fc.array(weightLists, { minLength: 2, maxLength: 4 }), (mdp, lists) => {
        const evaluate = greedyEvaluator(mdp)
        for (const weights of [...lists, ...lists]) {
          const q = stochastic(mdp, weights)
          const value = evaluate(q)
          expect(value).toBe(greedyReturn(mdp, q))
          const policy = deterministicPolicy(mdp, greedyActions(mdp, q))
          const plain = returnOf(
            mdp,
            Float64Array.from(plainValues(mdp, policy), (v, s) => (mdp.terminal[s] === 1 ? 0 : v)),
          )
          expect(Math.abs(value - plain)).toBeLessThan(twinError(mdp))
        }
      }),
      { seed: 5, numRuns: 60 },
    )
  })

  it('is worth V* for Q* on a problem that is solved iteratively', () => {
    const mdp = walk(200, 0.999)
    const { q, v } = solveOptimal(mdp)
    expect(greedyReturn(mdp, q)).toBeCloseTo(returnOf(mdp, v), 10)
  })
})
