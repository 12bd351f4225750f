import { describe, expect, it } from 'vitest'
import { randomMdp } from '../../test/random-problems.ts'
import { evaluatePolicy } from '../mdp/evaluate.ts'
import { occupancy } from '../mdp/occupancy.ts'
import { solveSoft } from '../mdp/soft.ts'
import { solveOptimal } from '../mdp/solve.ts'
import { softmaxPolicy } from '../mdp/softmax.ts'
import { tableModel } from './table-model.ts'

const close = (found: Float64Array, expected: Float64Array, digits = 10): void =>
  found.forEach((value, i) => expect(value).toBeCloseTo(expected[i] as number, digits))

describe.each([0, 2])('of a problem with %d terminal states', (terminals) => {
  const mdp = randomMdp(5, 6, 3, 0.9, terminals)
  const logits = Float64Array.from({ length: 18 }, (_, i) => ((i * 0.618) % 1) * 3)
  const policy = softmaxPolicy(logits, 3)

  it('naturalGradient is the advantage over 1 - gamma', () => {
    const { q, v } = evaluatePolicy(mdp, policy)
    const expected = q.map((value, z) => (mdp.terminal[Math.floor(z / 3)] === 1 ? 0 : (value - (v[Math.floor(z / 3)] as number)) * 10)) // prettier-ignore
    close(tableModel(mdp, 0).naturalGradient(logits), expected)
  })

  it('naturalGradient vanishes at the soft optimum', () => {
    const best = solveSoft(mdp, 0.2)
    close(tableModel(mdp, 0.2).naturalGradient(best.q.map((value) => value / 0.2)), new Float64Array(18), 9)
  })

  it('directGradient is d(s) Q(s, a) over 1 - gamma', () => {
    const { q } = evaluatePolicy(mdp, policy)
    const pairs = occupancy(mdp, policy)
    const time = (state: number): number =>
      pairs.subarray(state * 3, state * 3 + 3).reduce((a, b) => a + b, 0)
    close(tableModel(mdp, 0).directGradient(policy), q.map((value, z) => value * time(Math.floor(z / 3)) * 10)) // prettier-ignore
  })

  it('backup leaves the optimum where it is, whose policy is the greedy one', () => {
    const [hard, soft] = [solveOptimal(mdp), solveSoft(mdp, 0.2)]
    close(tableModel(mdp, 0).backup(hard.q), hard.q, 12)
    close(tableModel(mdp, 0.2).backup(soft.q), soft.q, 12)
    const greedy = tableModel(mdp, 0).greedy(hard.q)
    hard.policy.forEach((action, state) => expect(greedy[state * 3 + action]).toBe(1))
    expect(greedy.reduce((a, b) => a + b, 0)).toBe(6)
    close(tableModel(mdp, 0.2).greedy(soft.q), soft.policy)
  })
})
