/** Law 3: the kernel, a federation of learners and a server, and the textbook give the same tables; the first two bit for bit. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Experience } from '../src/agent/experience.ts'
import { replayExperience } from '../src/agent/experience/replay.ts'
import { walkExperience } from '../src/agent/experience/walk.ts'
import { fedAsynQ } from '../src/algorithm/fed-asyn-q.ts'
import { fedSynQ } from '../src/algorithm/fed-syn-q.ts'
import { qLearning } from '../src/algorithm/q-learning.ts'
import { localCohort } from '../src/federation/cohort/local.ts'
import { federate } from '../src/federation/loop.ts'
import type { KernelExperience, KernelProblem, Lane } from '../src/kernel.ts'
import { startPlain } from '../src/kernel/plain.ts'
import { valueRange } from '../src/numeric/initial-table.ts'
import { stepSizeAt } from '../src/numeric/step-size.ts'
import type { StepSize } from '../src/numeric/step-size.ts'
import { decodeTask, decodeUpdate, encodeTask, encodeUpdate } from '../src/protocol/q-codec.ts'
import type { QContract } from '../src/protocol/q-contract.ts'
import { textbookFedAsynQ } from './textbook.ts'
import { randomLog, randomMdp, randomPolicies } from './random-problems.ts'

interface Case {
  seed: number
  states: number
  actions: number
  agents: number
  tau: number
  steps: number
  stepSize: StepSize
  averaging: 'equal' | 'importance'
  initial: 'shared' | 'perAgent' | number
  terminals: number
}

const cases: fc.Arbitrary<Case> = fc.record({
  seed: fc.integer({ min: 0, max: 1e9 }),
  states: fc.integer({ min: 2, max: 12 }),
  actions: fc.integer({ min: 1, max: 5 }),
  agents: fc.integer({ min: 1, max: 7 }),
  tau: fc.integer({ min: 1, max: 30 }),
  steps: fc.integer({ min: 1, max: 100 }),
  stepSize: fc.oneof(
    fc.double({ min: 0.001, max: 0.999, noNaN: true }),
    fc.constant({ rescaledLinear: true } as const),
    fc.constant({ polynomial: 0.7 }),
  ),
  averaging: fc.constantFrom('equal', 'importance'),
  initial: fc.oneof(
    fc.constantFrom('shared' as const, 'perAgent' as const),
    fc.double({ min: -1, max: 5, noNaN: true }),
  ),
  terminals: fc.integer({ min: 0, max: 1 }),
})

const problemOf = (c: Case) => {
  const mdp = randomMdp(c.seed, c.states, c.actions, 0.9, c.terminals)
  const behaviors = randomPolicies(c.seed, mdp, c.agents)
  const contract: QContract = {
    states: c.states,
    actions: c.actions,
    agents: c.agents,
    discount: 0.9,
    stepSize: c.stepSize,
    averaging: c.averaging,
    syncPeriod: c.tau,
    steps: c.steps,
    initial: c.initial,
    initialSeed: c.seed,
    valueRange: valueRange([0, 1], 0.9),
    terminal: mdp.terminal,
  }
  return { mdp, behaviors, contract }
}

type KernelCase = Omit<QContract, 'averaging'> & {
  readonly seed: number
  readonly experience: KernelExperience
  readonly averaging: Lane['averaging']
}

const kernelProblem = (
  contracts: readonly KernelCase[],
  members: readonly Pick<KernelCase, 'seed' | 'experience'>[],
): KernelProblem => {
  const [first] = contracts as [KernelCase]
  return {
    ...first,
    lanes: contracts,
    members: members.map((member) => ({ ...member, initialSeed: member.seed, rewardRange: [0, 1] as const })),
  }
}

/** Runs the plain kernel round by round as a server would schedule them. */
const kernelTable = (contract: QContract, seed: number, experience: KernelExperience): Float64Array => {
  const run = startPlain(kernelProblem([{ ...contract, seed, experience }], [{ seed, experience }]))
  for (let step = 0; step < contract.steps; step += contract.syncPeriod) {
    run.advance(1, Math.min(contract.syncPeriod, contract.steps - step), [
      stepSizeAt(contract.stepSize, step, contract.discount),
    ])
  }
  return run.table(0, 0)
}

const bits = (table: Float64Array): BigUint64Array =>
  new BigUint64Array(table.buffer.slice(table.byteOffset, table.byteOffset + table.byteLength))

const experienceOf =
  ({ mdp, behaviors }: ReturnType<typeof problemOf>, seed: number) =>
  (agent: number) =>
    walkExperience(
      mdp,
      behaviors.tables[behaviors.of[agent] as number] as Float64Array,
      mdp.initial,
      seed,
      agent,
    )

const learnersOf = <S, T, U>(
  agents: number,
  algorithm: { learner(agent: number): import('../src/agent/learner.ts').Learner<S, T, U> },
) => Array.from({ length: agents }, (_, agent) => algorithm.learner(agent))

describe('a simulation is the federation', () => {
  it('fed-asyn-q: kernel and federation agree bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const problem = problemOf(c)
        const algorithm = fedAsynQ(problem.contract, experienceOf(problem, c.seed))
        const state = await federate(algorithm.rule, localCohort(learnersOf(c.agents, algorithm)))
        expect(
          bits(
            kernelTable(problem.contract, c.seed, {
              kind: 'walk',
              mdp: problem.mdp,
              behaviors: problem.behaviors,
            }),
          ),
        ).toEqual(bits(state.table))
      }),
      { numRuns: 150, seed: 1 },
    )
  })

  it('fed-syn-q: kernel and federation agree bit for bit', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const { mdp, contract } = problemOf({ ...c, averaging: 'equal' })
        const algorithm = fedSynQ(contract, mdp, c.seed)
        const state = await federate(algorithm.rule, localCohort(learnersOf(c.agents, algorithm)))
        expect(bits(kernelTable(contract, c.seed, { kind: 'generative', mdp }))).toEqual(bits(state.table))
      }),
      { numRuns: 60, seed: 2 },
    )
  })

  it('q-learning: kernel and federation agree bit for bit, a schedule moving with every step', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const problem = problemOf({ ...c, tau: 1 })
        const algorithm = qLearning(problem.contract, experienceOf(problem, c.seed))
        const state = await federate(algorithm.rule, localCohort(learnersOf(c.agents, algorithm)))
        const experience: KernelExperience = { kind: 'walk', mdp: problem.mdp, behaviors: problem.behaviors }
        const alone: KernelCase = { ...problem.contract, averaging: 'none', seed: c.seed, experience }
        const run = startPlain(kernelProblem([alone], [alone]))
        for (let step = 0; step < c.steps; step++) run.advance(1, 1, [stepSizeAt(c.stepSize, step, 0.9)])
        expect(bits(run.table(0, 0))).toEqual(bits(state.tables as Float64Array))
      }),
      { numRuns: 60, seed: 3 },
    )
  })

  it('logs: kernel, federation and textbook agree', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const { contract } = problemOf({ ...c, terminals: 0 })
        const logs = Array.from({ length: c.agents }, (_, agent) =>
          randomLog(c.seed + agent, c.states, c.actions, 5 + agent * 7),
        )
        const experience = (agent: number): Experience<number> =>
          replayExperience(logs[agent] as (typeof logs)[number], c.actions)
        const algorithm = fedAsynQ(contract, experience)
        const state = await federate(algorithm.rule, localCohort(learnersOf(c.agents, algorithm)))
        const table = kernelTable(contract, c.seed, { kind: 'replay', logs })
        expect(bits(table)).toEqual(bits(state.table))
        const textbook = textbookFedAsynQ(contract, experience)
        textbook.forEach((value, entry) =>
          expect(Math.abs(value - (table[entry] as number))).toBeLessThan(
            1e-12 * Math.max(1, Math.abs(value)),
          ),
        )
      }),
      { numRuns: 100, seed: 4 },
    )
  })

  it('fed-asyn-q: the kernel agrees with the textbook (K tables, dense averaging) to rounding', () => {
    fc.assert(
      fc.property(cases, (c) => {
        const problem = problemOf(c)
        const table = kernelTable(problem.contract, c.seed, {
          kind: 'walk',
          mdp: problem.mdp,
          behaviors: problem.behaviors,
        })
        const textbook = textbookFedAsynQ(problem.contract, experienceOf(problem, c.seed))
        textbook.forEach((value, entry) =>
          expect(Math.abs(value - (table[entry] as number))).toBeLessThan(1e-11),
        )
      }),
      { numRuns: 150, seed: 5 },
    )
  })

  it('messages that pass through bytes change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async (c) => {
        const problem = problemOf(c)
        const algorithm = fedAsynQ(problem.contract, experienceOf(problem, c.seed))
        const shape = {
          entries: c.states * c.actions,
          agents: c.agents,
          steps: c.tau,
          averaging: c.averaging,
        }
        const local = localCohort(learnersOf(c.agents, algorithm))
        const wired = {
          async work(task: Parameters<typeof encodeTask>[0]) {
            const received = decodeTask(encodeTask(task), shape)
            if (!received.ok) throw new Error(JSON.stringify(received.issues))
            return (await local.work(received.value)).map((update) => {
              const read = decodeUpdate(encodeUpdate(update), shape)
              if (!read.ok) throw new Error(JSON.stringify(read.issues))
              return read.value
            })
          },
        }
        const direct = await federate(algorithm.rule, localCohort(learnersOf(c.agents, algorithm)))
        expect(bits((await federate(algorithm.rule, wired)).table)).toEqual(bits(direct.table))
      }),
      { numRuns: 40, seed: 6 },
    )
  })

  it('a round longer than a chunk of the kernel, and more agents than a block, change nothing', async () => {
    for (const [agents, tau, steps] of [
      [2, 70_000, 70_001],
      [120, 7, 20],
      [3, 40_000, 40_000],
    ] as const) {
      const c: Case = {
        seed: 9,
        states: 5,
        actions: 3,
        agents,
        tau,
        steps,
        stepSize: 0.1,
        averaging: 'importance',
        initial: 'perAgent',
        terminals: 1,
      }
      const problem = problemOf(c)
      const algorithm = fedAsynQ(problem.contract, experienceOf(problem, c.seed))
      const state = await federate(algorithm.rule, localCohort(learnersOf(agents, algorithm)))
      expect(
        bits(
          kernelTable(problem.contract, 9, { kind: 'walk', mdp: problem.mdp, behaviors: problem.behaviors }),
        ),
      ).toEqual(bits(state.table))
    }
  })
})
