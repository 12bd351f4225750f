import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  build,
  distance,
  mdps,
  plainBackup,
  stochastic,
  twinError,
  uniform,
  walk,
  weightLists,
} from '../../test/exact-twins.ts'
import { evaluatePolicy, returnOf } from './evaluate.ts'
import { occupancy } from './occupancy.ts'

describe('occupancy', () => {
  it('gives J as <d, r> / (1 - gamma) and sums to 1 unless an episode ends', () => {
    fc.assert(
      fc.property(mdps, weightLists, (mdp, weights) => {
        const policy = stochastic(mdp, weights)
        const d = occupancy(mdp, policy)
        const gain = d.reduce(
          (sum, mass, z) => sum + mass * plainBackup(mdp, z, new Float64Array(mdp.states)),
          0,
        )
        expect(
          Math.abs(gain / (1 - mdp.discount) - returnOf(mdp, evaluatePolicy(mdp, policy).v)),
        ).toBeLessThan(twinError(mdp))
        const mass = d.reduce((sum, one) => sum + one, 0)
        if (mdp.terminal.includes(1)) expect(mass).toBeLessThan(1 + 1e-10)
        else expect(mass).toBeCloseTo(1, 10)
        expect(d.every((one) => one >= 0)).toBe(true)
      }),
      { seed: 4, numRuns: 150 },
    )
  })

  it('leaves out what comes after the end: one step to the end has mass 1 - gamma', () => {
    const mdp = build(2, 1, 0.75, [[0, 0, 1, 1, 1]], [1])
    expect([...occupancy(mdp, Float64Array.of(1, 1))]).toEqual([0.25, 0])
  })

  it('follows the start law step by step on a problem that is solved iteratively', () => {
    const mdp = walk(150, 0.9)
    const policy = uniform(mdp)
    const expected = new Float64Array(300)
    let law = mdp.initial.slice()
    for (let t = 0, weight = 0.1; t < 400; t++, weight *= 0.9) {
      const later = new Float64Array(150)
      for (let z = 0; z < 300; z++) {
        const mass = (law[Math.floor(z / 2)] as number) / 2
        expected[z] = (expected[z] as number) + weight * mass
        for (let i = mdp.start[z] as number; i < (mdp.start[z + 1] as number); i++) {
          const next = mdp.next[i] as number
          later[next] = (later[next] as number) + mass * (mdp.probability[i] as number)
        }
      }
      law = later
    }
    expect(distance(occupancy(mdp, policy), expected)).toBeLessThan(1e-14)
  })
})
