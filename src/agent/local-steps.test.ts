import { describe, expect, it } from 'vitest'
import { localSteps } from './local-steps.ts'
import { noisyOracle } from './pg-learner.contract.ts'

const oracle = noisyOracle(0.5)
const theta = Float64Array.of(1, 2, 3, 4, 5, 6)

describe('localSteps', () => {
  it('takes no step at all where none is asked for', () => {
    expect(localSteps(oracle, theta, oracle.start(), 0, 0.5)).toEqual({ theta, position: oracle.start() })
  })

  it('can be taken in two parts', () => {
    const whole = localSteps(oracle, theta, oracle.start(), 7, 0.25)
    const part = localSteps(oracle, theta, oracle.start(), 3, 0.25)
    expect(localSteps(oracle, part.theta, part.position, 4, 0.25)).toEqual(whole)
  })

  it('corrects the first entries only where the correction is shorter than theta', () => {
    const plain = localSteps(oracle, theta, oracle.start(), 1, 0.5)
    const correction = Float64Array.of(8, 16)
    const corrected = localSteps(oracle, theta, oracle.start(), 1, 0.5, { correction })
    const moved = corrected.theta.map((value, i) => value - (plain.theta[i] as number))
    expect(moved).toEqual(Float64Array.of(4, 8, 0, 0, 0, 0))
  })

  it('draws nothing for a first gradient that is known, and leaves it as it was', () => {
    const first = Float64Array.of(1, 1, 1, 1, 1, 1)
    const end = localSteps(oracle, theta, oracle.start(), 1, 2, { first, correction: Float64Array.of(1) })
    expect(end).toEqual({ theta: Float64Array.of(5, 4, 5, 6, 7, 8), position: oracle.start() })
    expect(first).toEqual(new Float64Array(6).fill(1))
  })

  it('ends where theta has diverged, even before the first step', () => {
    const lost = Float64Array.of(NaN, 0, 0, 0, 0, 0)
    const end = localSteps(oracle, lost, oracle.start(), 5, 0.5)
    expect(oracle.samples(end.position)).toBe(0)
  })
})
