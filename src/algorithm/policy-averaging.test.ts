import { describe, expect, it } from 'vitest'
import { randomMdp } from '../../test/random-problems.ts'
import { tableModel } from '../agent/table-model.ts'
import type { TableModel } from '../agent/table-model.ts'
import { localCohort } from '../federation/cohort/local.ts'
import { federate } from '../federation/loop.ts'
import { evaluatePolicy, returnOf } from '../mdp/evaluate.ts'
import type { Mdp } from '../mdp/mdp.ts'
import { evaluateSoft, optimalReturn } from '../mdp/soft-evaluation.ts'
import { decodePgUpdate, encodePgUpdate } from '../protocol/pg-codec.ts'
import type { PgContract } from '../protocol/pg-contract.ts'
import { policyAveraging } from './policy-averaging.ts'
import type { PgAveragingAlgorithm } from './policy-averaging.ts'

type Named = PgContract & { readonly algorithm: PgAveragingAlgorithm }
const SIZE = 15
const contractOf = (algorithm: PgAveragingAlgorithm, more: Partial<PgContract> = {}): Named => ({
  agents: 1,
  size: SIZE,
  shared: SIZE,
  localSteps: 4,
  stepSize: 0.3,
  serverStepSize: 1,
  rounds: 100,
  initial: new Float64Array(SIZE),
  clusters: 1,
  momentum: 1,
  reuseMemorySampleAtStep0: true,
  ...more,
  algorithm,
})
/** Five states and three actions with dynamics and rewards of their own. */
const problems = [1, 2, 3].map((seed) => randomMdp(seed, 5, 3, 0.9, 1))
const [mdp] = problems as [Mdp]

async function policyAfter(contract: Named, models: readonly TableModel[]): Promise<Float64Array> {
  const algorithm = policyAveraging(contract, models)
  const { theta } = await federate(algorithm.rule, localCohort(models.map((_, i) => algorithm.learner(i))))
  return algorithm.policy(theta)
}

describe('an agent alone finds the optimum', () => {
  it.each(['softpavg', 'projpavg', 'qavg'] as const)('by %s', async (algorithm) => {
    const policy = await policyAfter(contractOf(algorithm), [tableModel(mdp, 0)])
    expect(optimalReturn(mdp, 0) - returnOf(mdp, evaluatePolicy(mdp, policy).v)).toBeLessThan(1e-3)
  })

  it.each(['softpavg', 'qavg'] as const)('under an entropy bonus by %s', async (algorithm) => {
    const policy = await policyAfter(contractOf(algorithm), [tableModel(mdp, 0.2)])
    expect(optimalReturn(mdp, 0.2) - evaluateSoft(mdp, policy, 0.2).value).toBeLessThan(1e-8)
  })
})

describe('several agents', () => {
  const settings = { agents: 3, rounds: 2, serverStepSize: 0.5, initial: Float64Array.from({ length: SIZE }, (_, i) => (i % 4) / 4) } // prettier-ignore
  const models = problems.map((one) => tableModel(one, 0))

  it('average the values that sweeps of value iteration end in', async () => {
    const { rule, learner } = policyAveraging(contractOf('qavg', settings), models)
    const { theta } = await federate(rule, localCohort(models.map((_, i) => learner(i))))
    let q = [...settings.initial]
    for (let round = 0; round < 2; round++) {
      const ends = problems.map((one) => {
        let own = q
        for (let e = 0; e < 4; e++) {
          const previous = own
          const worth = (s: number): number =>
            one.terminal[s] === 1 ? 0 : Math.max(...previous.slice(3 * s, 3 * s + 3))
          own = previous.map((value, z) => {
            let target = 0
            for (let i = one.start[z] as number; i < (one.start[z + 1] as number); i++)
              target +=
                (one.probability[i] as number) *
                ((one.reward[i] as number) + 0.9 * worth(one.next[i] as number))
            return 0.7 * value + 0.3 * target
          })
        }
        return own
      })
      q = q.map(
        (value, z) => value + 0.5 * (ends.reduce((sum, end) => sum + (end[z] as number), 0) / 3 - value),
      )
    }
    q.forEach((value, z) => expect(theta[z]).toBeCloseTo(value, 12))
  })

  it.each(['softpavg', 'projpavg', 'qavg'] as const)(
    'end in a policy by %s, from Updates of S * A numbers',
    async (algorithm) => {
      const contract = contractOf(algorithm, settings)
      const policy = await policyAfter(contract, models)
      for (let s = 0; s < 5; s++)
        expect(policy.subarray(3 * s, 3 * s + 3).reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12)
      expect(policy.every((value) => value >= 0)).toBe(true)
      const { learner, rule } = policyAveraging(contract, models)
      const task = rule.task(rule.init())
      const { update } = learner(1).apply(learner(1).init(), task as NonNullable<typeof task>)
      expect(decodePgUpdate(encodePgUpdate(update), contract)).toEqual({ ok: true, value: update })
    },
  )

  it('begin projpavg with the softmax policy of the initial logits', () => {
    const algorithm = policyAveraging(contractOf('projpavg', settings), models)
    const { theta } = algorithm.rule.init()
    expect(theta[1]).toBeCloseTo(Math.exp(0.25) / (1 + Math.exp(0.25) + Math.exp(0.5)), 14)
    expect(algorithm.policy(theta)).toEqual(theta)
  })
})

describe('settings that do not fit', () => {
  it.each<[PgAveragingAlgorithm, Partial<PgContract>, number, string]>([
    [
      'projpavg',
      {},
      0.1,
      'projpavg: the temperature of the entropy bonus must be 0, got 0.1: a projected policy has entries 0, where the bonus has no gradient',
    ],
    ['softpavg', { agents: 2 }, 0, 'softpavg: expected 2 models, got 1'],
    ['qavg', { shared: 9 }, 0, 'qavg: shared must be 15, the whole table, got 9'],
    ['qavg', { rounds: 0 }, 0, 'qavg: rounds must be an integer >= 1, got 0'],
  ])('%s %o', (algorithm, more, temperature, message) => {
    expect(() => policyAveraging(contractOf(algorithm, more), [tableModel(mdp, temperature)])).toThrow(
      message,
    )
  })
})
