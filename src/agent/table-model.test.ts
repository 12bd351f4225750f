import { describe, expect, it } from 'vitest'
import { randomMdp } from '../../test/random-problems.ts'
import { evaluatePolicy } from '../mdp/evaluate.ts'
import { occupancy } from '../mdp/occupancy.ts'
import { solveSoft } from '../mdp/soft.ts'
import { solveOptimal } from '../mdp/solve.ts'
import { softmaxPolicy } from '../mdp/softmax.ts'
import { tableModel } from './table-model.ts'

/** max |found - expected| */
const error = (found: Float64Array, expected: ArrayLike<number>): number =>
  found.reduce((most, value, i) => Math.max(most, Math.abs(value - (expected[i] ?? NaN))), 0)

describe.each([0, 2])('of a problem with %d terminal states', (terminals) => {
  const mdp = randomMdp(5, 6, 3, 0.9, terminals)
  const logits = Float64Array.from({ length: 18 }, (_, i) => ((i * 0.618) % 1) * 3)
  const policy = softmaxPolicy(logits, 3)

  it('naturalGradient is the advantage over 1 - gamma', () => {
    const { q, v } = evaluatePolicy(mdp, policy)
    const ends = (z: number): boolean => mdp.terminal[Math.floor(z / 3)] === 1
    const expected = q.map((value, z) => (ends(z) ? 0 : (value - (v[Math.floor(z / 3)] as number)) * 10))
    expect(error(tableModel(mdp, 0).naturalGradient(logits), expected)).toBeLessThan(1e-11)
  })

  it('naturalGradient vanishes at the soft optimum', () => {
    const best = solveSoft(mdp, 0.2).q.map((value) => value / 0.2)
    expect(error(tableModel(mdp, 0.2).naturalGradient(best), new Float64Array(18))).toBeLessThan(1e-11)
  })

  it('directGradient is d(s) Q(s, a) over 1 - gamma', () => {
    const { q } = evaluatePolicy(mdp, policy)
    const pairs = occupancy(mdp, policy)
    const time = (s: number): number => pairs.subarray(s * 3, s * 3 + 3).reduce((a, b) => a + b, 0)
    const expected = q.map((value, z) => value * time(Math.floor(z / 3)) * 10)
    expect(error(tableModel(mdp, 0).directGradient(policy), expected)).toBeLessThan(1e-11)
  })

  it('backup leaves the optimum where it is', () => {
    const [hard, soft] = [solveOptimal(mdp), solveSoft(mdp, 0.2)]
    expect(error(tableModel(mdp, 0).backup(hard.q), hard.q)).toBeLessThan(1e-13)
    expect(error(tableModel(mdp, 0.2).backup(soft.q), soft.q)).toBeLessThan(1e-13)
  })

  it('greedy gives the optimal policy from the optimal values', () => {
    const greedy = tableModel(mdp, 0).greedy(solveOptimal(mdp).q)
    solveOptimal(mdp).policy.forEach((action, state) => expect(greedy[state * 3 + action]).toBe(1))
    expect(greedy.reduce((a, b) => a + b, 0)).toBe(6)
    const soft = solveSoft(mdp, 0.2)
    expect(error(tableModel(mdp, 0.2).greedy(soft.q), soft.policy)).toBeLessThan(1e-13)
  })
})
