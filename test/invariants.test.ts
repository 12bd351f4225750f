/** What holds after every round of every algorithm, whatever its settings: Woo, Joshi, Chi 2025, eq. (30), and what one agent alone makes of it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { replayExperience } from '../src/agent/experience/replay.ts'
import { walkExperience } from '../src/agent/experience/walk.ts'
import type { Algorithm } from '../src/algorithm/algorithm.ts'
import { fedAsynQ } from '../src/algorithm/fed-asyn-q.ts'
import { fedSynQ } from '../src/algorithm/fed-syn-q.ts'
import { qLearning } from '../src/algorithm/q-learning.ts'
import { localCohort } from '../src/federation/cohort/local.ts'
import { federate } from '../src/federation/loop.ts'
import type { StepSize } from '../src/numeric/step-size.ts'
import type { QContract } from '../src/protocol/q-contract.ts'
import { randomLog, randomMdp, randomPolicies } from './random-problems.ts'

const [S, A, GAMMA] = [5, 3, 0.9]
const MOST = 1 / (1 - GAMMA)

const cases = fc.record({
  seed: fc.nat(1e9),
  agents: fc.integer({ min: 1, max: 6 }),
  stepSize: fc.oneof<fc.Arbitrary<StepSize>[]>(
    fc.double({ min: 0.001, max: 0.999, noNaN: true }),
    fc.constant({ rescaledLinear: true } as const),
    fc.constant({ polynomial: 0.6 }),
  ),
  syncPeriod: fc.integer({ min: 1, max: 40 }),
  initial: fc.constantFrom('shared' as const, 'perAgent' as const, 0, MOST),
})

type Case = Partial<QContract> & { readonly seed: number }

const contractOf = ({ seed, ...given }: Case): QContract => ({
  states: S,
  actions: A,
  agents: 1,
  discount: GAMMA,
  stepSize: 0.3,
  averaging: 'equal',
  syncPeriod: 10,
  steps: 100,
  initial: 'shared',
  initialSeed: seed,
  valueRange: [0, MOST],
  terminal: Uint8Array.of(0, 0, 0, 0, 1),
  ...given,
})

/** Rewards in [0, 1]; the last state is terminal. */
const mdpOf = ({ seed }: Case) => randomMdp(seed, S, A, GAMMA, 1)

const experienceOf = (c: Case) => {
  const mdp = mdpOf(c)
  const { tables, of } = randomPolicies(c.seed, mdp, 6)
  return (agent: number) =>
    walkExperience(mdp, tables[of[agent] as number] as Float64Array, mdp.initial, c.seed, agent)
}

const asynchronous = (c: Case) => fedAsynQ(contractOf(c), experienceOf(c))
const synchronous = (c: Case) => fedSynQ(contractOf(c), mdpOf(c), c.seed)
const alone = (c: Case) => qLearning(contractOf(c), experienceOf(c))

/** The server's state after every round. */
async function rounds<State, Server, Task, Update>(
  { learner, rule }: Algorithm<State, Server, Task, Update>,
  agents = 1,
): Promise<Server[]> {
  const states: Server[] = []
  const cohort = localCohort(Array.from({ length: agents }, (_, agent) => learner(agent)))
  await federate(rule, cohort, (state) => states.push(state))
  return states
}

const checkRange = (table: Float64Array): void =>
  table.forEach((value, entry) => {
    const terminal = entry % (S * A) >= (S - 1) * A
    expect(value).toBeGreaterThanOrEqual(-1e-12)
    expect(value).toBeLessThanOrEqual(terminal ? 1e-12 : MOST + 1e-12)
  })

describe('every table of every round lies in [0, 1 / (1 - gamma)] (30), and is 0 in terminal states', () => {
  it.each(['equal', 'importance'] as const)('fed-asyn-q, %s', async (averaging) => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        for (const { table } of await rounds(asynchronous({ ...c, averaging }), c.agents)) checkRange(table)
      }),
      { seed: 1, numRuns: 60 },
    )
  })

  it('fed-syn-q', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        for (const { table } of await rounds(synchronous(c), c.agents)) checkRange(table)
      }),
      { seed: 2, numRuns: 40 },
    )
  })

  it('q-learning', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        for (const { tables } of await rounds(alone(c), c.agents)) checkRange(tables as Float64Array)
      }),
      { seed: 3, numRuns: 40 },
    )
  })
})

describe('one agent', () => {
  it('averages nothing: both averagings give the same bits, and the table of plain Q-learning but for rounding', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (given) => {
        const c = { ...given, agents: 1, stepSize: 0.2 }
        const [equal, importance] = [
          await rounds(asynchronous({ ...c, averaging: 'equal' })),
          await rounds(asynchronous({ ...c, averaging: 'importance' })),
        ]
        expect(importance).toEqual(equal)
        const [plain] = await rounds(alone(c))
        const last = equal.at(-1)?.table ?? []
        plain?.tables?.forEach((value, entry) => expect(last[entry]).toBeCloseTo(value, 11))
      }),
      { seed: 4, numRuns: 40 },
    )
  })
})

describe('agents that see the same', () => {
  it('are averaged alike: where visits are equal, importance is equal averaging', async () => {
    const log = randomLog(3, S, A, 37)
    const same = (averaging: QContract['averaging']) =>
      fedAsynQ(contractOf({ seed: 1, agents: 4, averaging, initial: 'shared' }), () =>
        replayExperience(log, A),
      )
    const [equal, importance] = [await rounds(same('equal'), 4), await rounds(same('importance'), 4)]
    equal
      .at(-1)
      ?.table.forEach((value, entry) => expect(importance.at(-1)?.table[entry]).toBeCloseTo(value, 12))
  })
})
