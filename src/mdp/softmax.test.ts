import { describe, expect, it } from 'vitest'
import { softmaxPolicy, softmaxRows } from './softmax.ts'

describe('softmaxRows', () => {
  it('gives probabilities and their logarithms, row by row, and leaves theta alone', () => {
    const theta = Float64Array.of(0, Math.log(3), 7, 7)
    const [policy, logPolicy] = [new Float64Array(4), new Float64Array(4)]
    softmaxRows(theta, 2, policy, logPolicy)
    expect(policy[0]).toBeCloseTo(0.25, 15)
    expect([policy[2], policy[3]]).toEqual([0.5, 0.5])
    logPolicy.forEach((logarithm, z) => expect(logarithm).toBeCloseTo(Math.log(policy[z] as number), 15))
    expect(theta).toEqual(Float64Array.of(0, Math.log(3), 7, 7))
  })

  it('keeps logarithms of probabilities that are too small to be told from 0', () => {
    const [policy, logPolicy] = [new Float64Array(2), new Float64Array(2)]
    softmaxRows(Float64Array.of(-2000, 3000), 2, policy, logPolicy)
    expect(policy).toEqual(Float64Array.of(0, 1))
    expect(logPolicy).toEqual(Float64Array.of(-5000, 0))
  })

  it('does not see what is added to a row', () => {
    const theta = Float64Array.of(1, 2, 3)
    expect(
      softmaxPolicy(
        theta.map((x) => x + 1024),
        3,
      ),
    ).toEqual(softmaxPolicy(theta, 3))
  })
})
