import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { build, distance, mdps, plainBackup, twinError, walk } from '../../test/exact-twins.ts'
import { evaluatePolicy } from './evaluate.ts'
import { solveSoft } from './soft.ts'
import { solveOptimal } from './solve.ts'
import type { Mdp } from './mdp.ts'

describe('solveSoft', () => {
  it('is tau log A / (1 - gamma) where nothing is to be gained', () => {
    const { v, policy } = solveSoft(build(1, 2, 0.5, [[0, 0, 0, 1, 0], [0, 1, 0, 1, 0]]), 3) // prettier-ignore
    expect(v[0]).toBeCloseTo(6 * Math.LN2, 13)
    expect([...policy]).toEqual([0.5, 0.5])
  })

  it('solves V = tau log sum exp(Q / tau), Q = r + gamma P V', () => {
    fc.assert(
      fc.property(mdps, fc.constantFrom(1e-3, 0.1, 1, 50), (mdp, temperature) => {
        const { q, v, policy, bound, residual } = solveSoft(mdp, temperature)
        const scale = 1 + Math.max(...v.map(Math.abs))
        for (let state = 0; state < mdp.states; state++) {
          if (mdp.terminal[state] === 1) continue
          const row = q.subarray(state * mdp.actions, (state + 1) * mdp.actions)
          const most = Math.max(...row)
          const sum = row.reduce((total, one) => total + Math.exp((one - most) / temperature), 0)
          expect(Math.abs(most + temperature * Math.log(sum) - (v[state] as number))).toBeLessThan(
            1e-14 * (scale + temperature),
          )
          for (const [action, one] of row.entries()) {
            expect(Math.abs(plainBackup(mdp, state * mdp.actions + action, v) - one)).toBeLessThan(
              1e-14 * scale,
            )
            const expected = Math.exp((one - most) / temperature) / sum
            expect(Math.abs((policy[state * mdp.actions + action] as number) - expected)).toBeLessThan(
              1e-15 + (1e-15 * scale) / temperature,
            )
          }
        }
        expect(residual).toBeLessThan(1e-15 * scale)
        expect(bound).toBeLessThan((1e-14 * (1 + temperature)) / (1 - mdp.discount) + 1e-15 * scale)
      }),
      { seed: 6, numRuns: 150 },
    )
  })

  it('is the value of its policy with the entropy bonus', () => {
    fc.assert(
      fc.property(mdps, (mdp) => {
        const { v, policy } = solveSoft(mdp, 0.5)
        const entropy = Array.from(
          { length: mdp.states },
          (_, s) =>
            -policy
              .subarray(s * mdp.actions, (s + 1) * mdp.actions)
              .reduce((sum, p) => sum + (p > 0 ? p * Math.log(p) : 0), 0),
        )
        const bonus = mdp.reward.map((r, i) => r + 0.5 * (entropy[stateOf(mdp, i)] as number))
        expect(distance(v, evaluatePolicy({ ...mdp, reward: bonus }, policy).v)).toBeLessThan(twinError(mdp))
      }),
      { seed: 7, numRuns: 60 },
    )
  })

  it('tends to the optimum as the temperature falls, down to the smallest double', () => {
    const mdp = walk(100, 0.99)
    const { v } = solveOptimal(mdp)
    expect(distance(solveSoft(mdp, 1e-9).v, v)).toBeLessThan(1e-7)
    expect(distance(solveSoft(mdp, 5e-324).v, v)).toBeLessThan(1e-10)
  })

  it('refuses a temperature that is not positive', () => {
    const mdp = build(1, 1, 0.5, [[0, 0, 0, 1, 0]])
    for (const temperature of [0, -1, NaN, Infinity])
      expect(() => solveSoft(mdp, temperature)).toThrow('solveSoft: temperature')
  })
})

/** The state whose outcome i is. */
const stateOf = (mdp: Mdp, i: number): number => {
  let z = 0
  while ((mdp.start[z + 1] as number) <= i) z++
  return Math.floor(z / mdp.actions)
}
