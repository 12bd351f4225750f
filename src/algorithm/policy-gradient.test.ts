import { describe, expect, it } from 'vitest'
import {
  gradientOf,
  plainFastFedPg,
  plainFedPg,
  plainFedSvrpgM,
  plainScaffold,
} from '../../test/plain-policy-gradient.ts'
import { agentMdps, averageMdp, contractOf, rewards, transitions } from '../../test/zhu-problem.ts'
import type { GradientOracle } from '../agent/gradient-oracle.ts'
import { exactOracle } from '../agent/gradient-oracle/exact.ts'
import { pooledOracle } from '../agent/gradient-oracle/pooled.ts'
import { localSteps } from '../agent/local-steps.ts'
import { localCohort } from '../federation/cohort/local.ts'
import { federate } from '../federation/loop.ts'
import { optimalReturn } from '../mdp/soft-evaluation.ts'
import {
  decodePgTask,
  decodePgUpdate,
  encodePgTask,
  encodePgUpdate,
  pgTaskBytes,
  pgUpdateBytes,
} from '../protocol/pg-codec.ts'
import type { PgContract } from '../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../protocol/pg-messages.ts'
import type { PgServerState } from '../server/pg-rule.ts'
import { policyGradient } from './policy-gradient.ts'
import type { PgGradientAlgorithm } from './policy-gradient.ts'

type GradientContract = PgContract & { readonly algorithm: PgGradientAlgorithm }
const named = (algorithm: PgGradientAlgorithm, more: Partial<PgContract> = {}): GradientContract => ({
  ...contractOf(more),
  algorithm,
})

const exact = (temperature = 0): GradientOracle<null>[] =>
  agentMdps.map((mdp) => exactOracle(mdp, temperature))
const oracles = exact()

/** What a run ends in, and all that passed between its two sides. */
async function run(
  contract: GradientContract,
  of: readonly GradientOracle<null>[] = oracles,
): Promise<{ state: PgServerState; states: PgServerState[]; tasks: PgTask[]; updates: PgUpdate[] }> {
  const algorithm = policyGradient(contract, (agent) => of[agent] as GradientOracle<null>)
  const learners = Array.from({ length: contract.agents }, (_, agent) => algorithm.learner(agent))
  const [states, tasks, updates]: [PgServerState[], PgTask[], PgUpdate[]] = [[], [], []]
  const cohort = localCohort(learners)
  const heard = {
    async work(task: PgTask) {
      tasks.push(task)
      const answers = await cohort.work(task)
      updates.push(...answers)
      return answers
    },
  }
  const state = await federate(algorithm.rule, heard, (next) => states.push(next))
  return { state, states, tasks, updates }
}

const furthest = (x: Float64Array, y: ArrayLike<number>): number =>
  x.reduce((most, value, i) => Math.max(most, Math.abs(value - (y[i] ?? NaN))), 0)

describe('an independent implementation ends in the same parameters', () => {
  const plain = {
    gradients: rewards.map((table) => gradientOf(transitions, table, averageMdp.discount)),
    size: 20,
    H: 10,
    eta: 0.1,
    rounds: 50,
  }
  it.each([
    ['fedpg', 1, plainFedPg],
    ['fast-fedpg', 1, plainFastFedPg],
    ['scaffold', 1, plainScaffold],
    ['scaffold', 0.6, plainScaffold],
    ['fast-fedpg', 0.6, plainFastFedPg],
    ['fedsvrpg-m', 1.4, (settings: typeof plain & { alpha: number }) => plainFedSvrpgM(settings, 0.3)],
  ] as const)('%s with alpha_g = %d', async (algorithm, serverStepSize, reference) => {
    const { state } = await run(named(algorithm, { serverStepSize, momentum: 0.3 }))
    expect(furthest(state.theta, reference({ ...plain, alpha: serverStepSize }))).toBeLessThan(1e-9)
    expect(furthest(state.theta, new Float64Array(20))).toBeGreaterThan(0.5)
  })
})

// Gaps J* - J computed by an independent program on this problem, to the digits given.
describe('the gap of the average problem', () => {
  const gaps = async (
    contract: GradientContract,
    temperature: number,
    rounds: number[],
  ): Promise<number[]> => {
    const average = exactOracle(averageMdp, temperature)
    const best = optimalReturn(averageMdp, temperature)
    const { states } = await run(contract, exact(temperature))
    const closed = states.filter(({ phase }) => phase === 0)
    return rounds.map((round) => best - average.value((closed[round - 1] as PgServerState).theta, null).value)
  }
  /** the largest relative difference */
  const deviation = (found: number[], expected: number[]): number =>
    Math.max(...expected.map((value, i) => Math.abs((found[i] ?? NaN) / value - 1)))

  it('stays at a floor under FedPG and falls like 1/t under Fast-FedPG and SCAFFOLD', async () => {
    const settings = { stepSize: 0.5, rounds: 2000 }
    const fast = await gaps(named('fast-fedpg', settings), 0, [50, 200, 500, 1000, 2000])
    expect(deviation(fast, [2.2e-2, 4.3e-3, 1.6e-3, 7.8e-4, 3.8e-4])).toBeLessThan(0.03)
    const short = { ...settings, rounds: 500 }
    expect(deviation(await gaps(named('scaffold', short), 0, [500]), [1.6e-3])).toBeLessThan(0.03)
    expect(deviation(await gaps(named('fedpg', short), 0, [50, 500]), [0.14, 0.116])).toBeLessThan(0.03)
  })

  it('falls linearly with an entropy bonus under Fast-FedPG, not under FedPG', async () => {
    const settings = { stepSize: 0.5, rounds: 200 }
    const [early = NaN, late = NaN] = await gaps(named('fast-fedpg', settings), 0.1, [50, 200])
    expect(deviation([early], [2.9e-6])).toBeLessThan(0.03)
    expect(Math.abs(late)).toBeLessThan(1e-12)
    expect(deviation(await gaps(named('fedpg', settings), 0.1, [200]), [2.3e-2])).toBeLessThan(0.03)
  })
})

describe('algorithms agree where theory says that they do', () => {
  const same = (agents: number): GradientOracle<null>[] =>
    Array.from({ length: agents }, () => oracles[3] as GradientOracle<null>)

  it.each([3, 7, 10])(
    'fast-fedpg and fedpg, bit for bit, when %d agents have the same rewards',
    async (agents) => {
      const settings = { agents, serverStepSize: 0.9, rounds: 30 }
      const { state } = await run(named('fedpg', settings), same(agents))
      for (const reuseMemorySampleAtStep0 of [true, false]) {
        const fast = await run(named('fast-fedpg', { ...settings, reuseMemorySampleAtStep0 }), same(agents))
        expect(fast.state.theta).toEqual(state.theta)
      }
    },
  )

  it('fedpg, fast-fedpg and scaffold with one local step, and central', async () => {
    const settings = { localSteps: 1, rounds: 100 }
    const { state } = await run(named('fedpg', settings))
    for (const algorithm of ['fast-fedpg', 'scaffold'] as const)
      expect(furthest((await run(named(algorithm, settings))).state.theta, state.theta)).toBeLessThan(1e-12)
    const pooled = pooledOracle(oracles)
    const central = policyGradient(named('central', { ...settings, agents: 1 }), () => pooled)
    const end = await federate(central.rule, localCohort([central.learner(0)]))
    expect(furthest(end.theta, state.theta)).toBeLessThan(1e-12)
  })

  it('fedsvrpg-m with momentum 1 and fedpg', async () => {
    const { state } = await run(named('fedpg'))
    expect(furthest((await run(named('fedsvrpg-m'))).state.theta, state.theta)).toBeLessThan(1e-12)
  })

  it('local and every agent on its own', async () => {
    const contract = named('local', { shared: 0, rounds: 3 })
    const algorithm = policyGradient(contract, (agent) => oracles[agent] as GradientOracle<null>)
    const learner = algorithm.learner(4)
    let [state, server] = [learner.init(), algorithm.rule.init()]
    for (let task = algorithm.rule.task(server); task !== null; task = algorithm.rule.task(server)) {
      const done = learner.apply(state, task)
      expect(done.update.vector).toHaveLength(0)
      state = done.state
      server = algorithm.rule.fold(server, [done.update])
    }
    const alone = localSteps(
      oracles[4] as GradientOracle<null>,
      contract.initial,
      null,
      30,
      contract.stepSize,
    )
    expect(algorithm.parameters(state, server.theta)).toEqual(alone.theta)
  })
})

describe('what passes between the two sides', () => {
  it.each([
    named('local', { shared: 0 }),
    named('central', { agents: 1 }),
    named('fedpg'),
    named('fedpg', { shared: 12 }),
    named('fast-fedpg'),
    named('fast-fedpg', { shared: 12 }),
    named('scaffold', { shared: 12 }),
    named('fedsvrpg-m', { shared: 12 }),
    named('ifca', { clusters: 2, initial: Float64Array.from({ length: 40 }, (_, i) => (i % 7) / 7) }),
  ])(
    'is $algorithm with $shared of $size numbers: frames of known length, which carry nothing else',
    async (contract) => {
      const { tasks, updates, state } = await run({ ...contract, rounds: 3 })
      const known = { ...contract, rounds: 3 }
      const phases = contract.algorithm === 'fast-fedpg' ? 2 : 1
      expect(tasks.map(({ round, phase }) => round * phases + phase)).toEqual([...Array(3 * phases).keys()])
      expect([state.round, state.phase]).toEqual([3, 0])
      for (const task of tasks) {
        const bytes = encodePgTask(task)
        expect(decodePgTask(bytes, known)).toEqual({ ok: true, value: task })
        expect(pgTaskBytes(known, task)).toBe(contract.shared === 0 ? 0 : bytes.length)
      }
      for (const update of updates) {
        const bytes = encodePgUpdate(update)
        expect(decodePgUpdate(bytes, known)).toEqual({ ok: true, value: update })
        expect(pgUpdateBytes(known, update)).toBe(contract.shared === 0 ? 0 : bytes.length)
      }
    },
  )

  it('is two vectors up and two down in a round of fast-fedpg', async () => {
    const { tasks, updates } = await run(named('fast-fedpg', { rounds: 2 }))
    const vectors = (message: object): number => Object.values(message).filter((value) => value instanceof Float64Array).length // prettier-ignore
    expect(tasks.map(vectors)).toEqual([1, 1, 1, 1])
    expect(updates.every((update) => vectors(update) === 1 && update.vector.length === 20)).toBe(true)
  })
})

describe('own heads', () => {
  it('never leave the agent, and move along its own gradient', async () => {
    for (const algorithm of ['fedpg', 'fast-fedpg', 'scaffold', 'fedsvrpg-m'] as const) {
      const contract = named(algorithm, { shared: 12, localSteps: 1, rounds: 1, agents: 2, momentum: 0.4 })
      const made = policyGradient(contract, (agent) => oracles[agent] as GradientOracle<null>)
      const learners = [made.learner(0), made.learner(1)]
      let states = learners.map((learner) => learner.init())
      let server = made.rule.init()
      for (let task = made.rule.task(server); task !== null; task = made.rule.task(server)) {
        const done = learners.map((learner, i) => learner.apply(states[i] as (typeof states)[0], task))
        states = done.map(({ state }) => state)
        server = made.rule.fold(
          server,
          done.map(({ update }) => update),
        )
      }
      expect(server.theta).toHaveLength(12)
      states.forEach((state, i) => {
        const theta = made.parameters(state, server.theta)
        const { gradient } = (oracles[i] as GradientOracle<null>).gradient(contract.initial, null)
        expect(theta.subarray(0, 12)).toEqual(server.theta)
        expect(furthest(theta.subarray(12), gradient.subarray(12).map((g) => 0.1 * g))).toBeLessThan(1e-15) // prettier-ignore
      })
    }
  })
})

describe('ifca', () => {
  it('finds planted clusters', async () => {
    const of = Array.from({ length: 8 }, (_, i) => oracles[i % 2] as GradientOracle<null>)
    const initial = Float64Array.from({ length: 40 }, (_, i) => ((i * 0.618) % 1) - 0.5)
    const { updates, state } = await run(
      named('ifca', { agents: 8, clusters: 2, initial, rounds: 60, stepSize: 0.5 }),
      of,
    )
    const joined = updates.slice(-8).map(({ cluster }) => cluster as number)
    expect(joined[0]).not.toBe(joined[1])
    expect(joined).toEqual(joined.map((_, i) => joined[i % 2]))
    const best = optimalReturn(agentMdps[1] as (typeof agentMdps)[0], 0)
    const own = state.theta.subarray((joined[1] as number) * 20, ((joined[1] as number) + 1) * 20)
    expect(best - (oracles[1] as GradientOracle<null>).value(own, null).value).toBeLessThan(0.02)
  })
})

describe('a run that diverges', () => {
  it('takes no further steps, and says what it has', () => {
    let asked = 0
    const runaway: GradientOracle<null> = {
      ...(oracles[0] as GradientOracle<null>),
      gradient(theta) {
        asked++
        return { gradient: theta.map(() => 1e5), state: null }
      },
    }
    const { learner, rule } = policyGradient(
      named('fedpg', { stepSize: 400, localSteps: 1000 }),
      () => runaway,
    )
    const agent = learner(0)
    const { update } = agent.apply(agent.init(), rule.task(rule.init()) as PgTask)
    expect(asked).toBe(3)
    expect(update.vector).toEqual(new Float64Array(20).fill(3 * 4e7))
  })
})

describe('settings that do not fit', () => {
  it.each<[PgGradientAlgorithm, Partial<PgContract>, string]>([
    ['fedpg', { localSteps: 0 }, 'fedpg: localSteps must be an integer >= 1, got 0'],
    ['fedpg', { stepSize: -1 }, 'fedpg: stepSize must be a number > 0, got -1'],
    ['fedpg', { serverStepSize: Infinity }, 'fedpg: serverStepSize must be a number > 0, got Infinity'],
    ['fedpg', { shared: 21 }, 'fedpg: shared must be an integer in [1, 20], got 21'],
    ['fedpg', { clusters: 2 }, 'fedpg: clusters must be 1 for every algorithm but ifca, got 2'],
    ['local', {}, 'local: shared must be 0: nothing is common, got 20'],
    ['central', {}, 'central: agents must be 1: the average problem is one, got 10'],
    ['fedsvrpg-m', { momentum: 0 }, 'fedsvrpg-m: momentum must be in (0, 1], got 0'],
    ['ifca', { clusters: 3 }, 'ifca: initial must be 60 finite numbers, got 20 numbers'],
    ['fast-fedpg', { initial: new Float64Array(20).fill(NaN) }, 'fast-fedpg: initial must be 20 finite numbers, got 20 numbers'], // prettier-ignore
  ])('%s %o', (algorithm, more, message) => {
    const make = (): unknown =>
      policyGradient(named(algorithm, more), (agent) => oracles[agent] as GradientOracle<null>)
    expect(make).toThrow(new RangeError(message))
  })
})
