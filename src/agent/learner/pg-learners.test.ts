import { describe, expect, it } from 'vitest'
import type { PgContract } from '../../protocol/pg-contract.ts'
import type { GradientOracle } from '../gradient-oracle.ts'
import { checkPgLearner, contractOf, noisyOracle, taskOf, workRound } from '../pg-learner.contract.ts'
import type { PgLearner } from '../pg-learner.ts'
import { fastFedPg } from './fast-fedpg.ts'
import { fedPg } from './fedpg.ts'
import { fedSvrpgM } from './fedsvrpg-m.ts'
import { ifca } from './ifca.ts'
import { scaffold } from './scaffold.ts'

type Make = <P>(contract: PgContract, agent: number, oracle: GradientOracle<P>) => PgLearner<P>
const clusters = { clusters: 3, initial: new Float64Array(18).map((_, i) => i / 10) }
const learners: [PgContract, Make][] = [
  [contractOf(), fedPg],
  [contractOf({ algorithm: 'fast-fedpg' }), fastFedPg],
  [contractOf({ algorithm: 'fast-fedpg', reuseMemorySampleAtStep0: false }), fastFedPg],
  [contractOf({ algorithm: 'scaffold' }), scaffold],
  [contractOf({ algorithm: 'fedsvrpg-m' }), fedSvrpgM],
  [contractOf({ algorithm: 'ifca', ...clusters }), ifca],
]
for (const [contract, make] of learners) {
  const name = `${contract.algorithm}${contract.reuseMemorySampleAtStep0 ? '' : ', memory not reused'}`
  const learner = make(contract, 2, noisyOracle(0.5))
  checkPgLearner(name, contract, learner)

  describe(`${name} from estimated gradients`, () => {
    it('works on the next round with other samples', () => {
      const { state, updates } = workRound(contract, learner, learner.init(), 1)
      expect(workRound(contract, learner, { ...state, theta: learner.init().theta }, 1).updates).not.toEqual(
        updates,
      )
    })

    it('moves its own head along its own gradient alone, and carries it from round to round', () => {
      const plain = contractOf({ localSteps: 1, algorithm: contract.algorithm, clusters: contract.clusters })
      const one = make(plain, 2, noiseless)
      let state = one.init()
      let head = plain.initial.slice(4)
      for (const round of [0, 1, 2]) {
        state = workRound(plain, one, state, round).state
        head = head.map((value) => value + 0.125 * (0.5 - value))
        expect(state.theta.slice(4)).toEqual(head)
      }
    })
  })
}

/** As `noisyOracle(0.5)` without noise. */
const noiseless: GradientOracle<null> = {
  size: 6,
  start: () => null,
  gradient: (theta) => ({ gradient: theta.map((value) => 0.5 - value), state: null }),
  gradients: (theta, reference) => ({
    gradient: theta.map((value) => 0.5 - value),
    atReference: reference.map((value) => 0.5 - value),
    state: null,
  }),
  value: (theta) => ({ value: -theta.reduce((sum, value) => sum + Math.abs(value - 0.5), 0), state: null }),
  samples: () => 0,
}

describe('fastFedPg', () => {
  const gradients = (reuseMemorySampleAtStep0: boolean): number => {
    const contract = contractOf({ algorithm: 'fast-fedpg', reuseMemorySampleAtStep0 })
    const oracle = noisyOracle(0.5)
    const learner = fastFedPg(contract, 2, oracle)
    return oracle.samples(workRound(contract, learner, learner.init(), 0).state.position) / 6
  }

  it('asks for H gradients a round where the memory serves at the first step, else for H + 1', () => {
    expect([gradients(true), gradients(false)]).toEqual([3, 4])
  })

  it('moves exactly along the memory at the first step, up to rounding', () => {
    const contract = contractOf({ algorithm: 'fast-fedpg', localSteps: 1 })
    const learner = fastFedPg(contract, 2, noisyOracle(0.5))
    const { updates } = workRound(contract, learner, learner.init(), 0)
    updates[1]?.vector.forEach((change, i) => expect(change).toBeCloseTo((0.125 * 2) / (i + 2), 15))
  })

  it('cannot take the steps of a round whose gradient it was not asked for', () => {
    const contract = contractOf({ algorithm: 'fast-fedpg' })
    const learner = fastFedPg(contract, 2, noisyOracle(0.5))
    expect(() => learner.apply(learner.init(), taskOf(contract, 4, 1))).toThrow(
      'round 4, phase 1: expected the gradient of phase 0, got none',
    )
  })
})

describe('scaffold', () => {
  it('keeps as control variate the mean of its gradients, when the noise is none', () => {
    const contract = contractOf({ algorithm: 'scaffold', localSteps: 1, shared: 6 })
    const learner = scaffold(contract, 2, noiseless)
    const { state, updates } = workRound(contract, learner, learner.init(), 0)
    const { gradient } = noiseless.gradient(taskOf(contract, 0, 0).theta as Float64Array, null)
    gradient.forEach((value, i) => expect(state.kept?.[i]).toBeCloseTo(value, 13))
    expect(updates[0]?.control).toEqual(state.kept)
  })
})

describe('ifca', () => {
  it('joins the cluster that is worth most to it, the lowest of equal ones, and starts from there', () => {
    const contract = contractOf({ algorithm: 'ifca', ...clusters, localSteps: 1 })
    const learner = ifca(contract, 2, noiseless)
    const models = (values: number[]): Float64Array => Float64Array.from(values.flatMap((v) => [v, v, v, v]))
    const ask = (values: number[]) =>
      learner.apply(learner.init(), { ...taskOf(contract, 0, 0), theta: models(values) })
    expect(
      [
        [9, 0.75, 2],
        [0.25, 9, 0.75],
        [1, 2, 0.5],
      ].map((values) => ask(values).update.cluster),
    ).toEqual([1, 0, 2])
    const { state, update } = ask([9, 0.75, 2])
    expect(update.vector).toEqual(new Float64Array(4).fill(0.125 * -0.25))
    expect(state.cluster).toBe(1)
  })

  it('asks for the value of every cluster from one position, and takes its steps from behind it', () => {
    const contract = contractOf({ algorithm: 'ifca', ...clusters })
    const oracle = noisyOracle(0.5)
    const asked: number[] = []
    const learner = ifca(contract, 2, {
      ...oracle,
      value(theta, position) {
        asked.push(oracle.samples(position))
        return oracle.value(theta, position)
      },
    })
    const { state } = workRound(contract, learner, learner.init(), 0)
    expect(asked).toEqual([0, 0, 0])
    expect(oracle.samples(state.position)).toBe(6 * (1 + contract.localSteps))
  })
})
