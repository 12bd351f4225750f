import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { InputError } from '../errors.ts'
import { parseExperiment } from '../parse.ts'
import { initialOf, pgFederation } from './federation.ts'
import { buildPgProblem, type PgProblem } from './problem.ts'
import type { PgSettings } from './spec.ts'

type Section = Readonly<Record<string, unknown>>

/** A Garnet of 3 states and 2 actions for 2 agents. */
async function given(algorithm: Section): Promise<{ settings: PgSettings; problem: PgProblem }> {
  const text = stringify({
    name: 'x',
    environment: { family: 'garnet', states: 3, actions: 2, branching: 2, discount: 0.5, seed: 1 },
    agents: { count: 2 },
    algorithm: {
      name: 'fedpg',
      policy: 'softmax',
      gradient: 'exact',
      localSteps: 2,
      stepSize: 0.1,
      rounds: 3,
      ...algorithm,
    },
  })
  const parsed = parseExperiment(text, { folder: '/' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const settings = parsed.value.variants[0]?.settings as PgSettings
  return { settings, problem: await buildPgProblem(settings, 1, '/') }
}

describe('initialOf', () => {
  const initial = async (algorithm: Section, seed = 4): Promise<Float64Array> => {
    const { settings, problem } = await given(algorithm)
    return initialOf(settings.algorithm, problem, seed)
  }

  it('is the policy itself, a number, or a normal draw', async () => {
    expect(await initial({})).toEqual(new Float64Array(6))
    expect(await initial({ initial: -0.5 })).toEqual(new Float64Array(6).fill(-0.5))
    const [one, tenfold] = [
      await initial({ initial: { normal: 1 } }),
      await initial({ initial: { normal: 10 } }),
    ]
    expect(new Set(one).size).toBe(6)
    expect(tenfold).toEqual(one.map((x) => 10 * x))
    expect(await initial({ initial: { normal: 1 } }, 5)).not.toEqual(one)
  })

  it('starts every cluster elsewhere: from equal policies they would stay equal', async () => {
    for (const change of [{ initial: { normal: 1 } }, { policy: { mlp: [2] } }]) {
      const theta = await initial({ name: 'ifca', clusters: 2, ...change })
      const half = theta.length / 2
      expect(theta.subarray(0, half)).not.toEqual(theta.subarray(half))
    }
  })
})

describe('pgFederation', () => {
  it('makes one agent of `central`, and keeps all of `local` with the agent', async () => {
    const contractOf = async (algorithm: Section) => {
      const { settings, problem } = await given(algorithm)
      return pgFederation(settings, problem, 1).contract
    }
    expect(await contractOf({ name: 'central' })).toMatchObject({ agents: 1, shared: 6 })
    expect(await contractOf({ name: 'local' })).toMatchObject({ agents: 2, shared: 0 })
    expect(await contractOf({ policy: { mlp: [2], ownHead: true } })).toMatchObject({
      size: 3 * 2 + 2 + 2 * 2 + 2,
      shared: 3 * 2 + 2,
    })
  })

  it('turns the table of policies that projpavg averages into parameters, where 0 is possible', async () => {
    const { settings, problem } = await given({ name: 'projpavg' })
    const { policyParameters } = pgFederation(settings, problem, 1)
    const theta = policyParameters(Float64Array.of(1, 0, 0.25, 0.75, 0.5, 0.5))
    const logits = problem.policy.at(theta)
    const log = (state: number, action: number): number => logits.logProbability(state, action)
    expect(log(0, 0)).toBe(0)
    expect(Math.exp(log(0, 1))).toBe(0)
    expect(Math.exp(log(1, 1))).toBeCloseTo(0.75, 14)
  })

  it('tells where `auto` finds no step size: theory asks for none above 0', async () => {
    const { settings, problem } = await given({ stepSize: 'auto', entropy: 1e300 })
    expect(() => pgFederation(settings, problem, 1)).toThrow(InputError)
    expect(() => pgFederation(settings, problem, 1)).toThrow(
      'algorithm.stepSize: expected a number, as auto is 0 here: L is Infinity',
    )
  })
})
