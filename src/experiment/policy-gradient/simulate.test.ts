import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { localSteps } from '../../agent/local-steps.ts'
import { encodePgTask, encodePgUpdate } from '../../protocol/pg-codec.ts'
import { Interrupted } from '../errors.ts'
import { parseExperiment } from '../parse.ts'
import type { Outcome } from '../trial.ts'
import { buildPgProblem } from './problem.ts'
import { simulatePolicyGradient, type PgTrial } from './simulate.ts'
import type { PgSettings } from './spec.ts'

const GARNET = { family: 'garnet', states: 4, actions: 3, branching: 2, discount: 0.8 }
const ALGORITHM = {
  name: 'fedpg',
  policy: 'softmax',
  gradient: 'exact',
  localSteps: 3,
  stepSize: 0.5,
  rounds: 5,
}
/** 2 rollouts of 10 steps a gradient: no state of a Garnet ends an episode */
const ROLLOUTS = { rollouts: 2, horizon: 10 }
const AGENTS = { count: 4, rewards: { heterogeneity: 0.8 } }

type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** A trial of a Garnet whose agents' rewards differ, but for what is put in. */
async function trialOf(change: Sections = {}, seed = 2): Promise<PgTrial> {
  const text = stringify({
    name: 'x',
    environment: change['environment'] ?? GARNET,
    agents: { ...AGENTS, ...change['agents'] },
    algorithm: { ...ALGORITHM, ...change['algorithm'] },
    evaluate: { every: 2, metrics: ['J', 'samples', 'bytes'], ...change['evaluate'] },
  })
  const parsed = parseExperiment(text, { folder: '/' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const settings = parsed.value.variants[0]?.settings as PgSettings
  return { variant: 'v', seed, settings, problem: await buildPgProblem(settings, seed, '/') }
}

const outcomeOf = async (change: Sections = {}, seed = 2): Promise<Outcome> =>
  simulatePolicyGradient(await trialOf(change, seed))

/** The values of a metric, in the order of their rows. */
const values = ({ rows }: Outcome, metric: string): number[] =>
  rows.filter((row) => row.metric === metric).map(({ value }) => value)

const last = (outcome: Outcome, metric: string): number => values(outcome, metric).at(-1) ?? NaN

function tensor({ tensors }: Outcome, name: string): Float64Array {
  const found = tensors[name]
  if (found === undefined) throw new Error(`no tensor ${name}`)
  expect(found.shape.reduce((product, n) => product * n, 1)).toBe(found.data.length)
  return found.data
}

function expectClose(a: ArrayLike<number>, b: ArrayLike<number>, digits = 12): void {
  expect(a.length).toBe(b.length)
  Array.from(a).forEach((x, i) => expect(x).toBeCloseTo(b[i] as number, digits))
}

describe('simulatePolicyGradient', () => {
  it('is what its definition says: local steps, then their mean, again and again', async () => {
    const trial = await trialOf()
    const { problem } = trial
    let theta: Float64Array = new Float64Array(12)
    for (let round = 0; round < 5; round++) {
      const ends = [0, 1, 2, 3].map((agent) => {
        const end = theta.slice()
        for (let step = 0; step < 3; step++) {
          const gradient = problem.truth?.own[agent]?.gradient(end) ?? new Float64Array(12)
          gradient.forEach((g, i) => (end[i] = (end[i] as number) + 0.5 * g))
        }
        return end
      })
      theta = theta.map((_, i) => ends.reduce((sum, end) => sum + (end[i] as number), 0) / 4)
    }
    const outcome = await simulatePolicyGradient(trial)
    expectClose(tensor(outcome, 'theta'), theta)
    expect(outcome.tensors['theta']?.shape).toEqual([4, 3])
    expect(last(outcome, 'J')).toBeCloseTo(problem.truth?.common?.value(theta) ?? NaN, 12)
    const pi = tensor(outcome, 'pi')
    const weights = [0, 1, 2].map((a) => Math.exp(theta[a] as number))
    expectClose(
      pi.subarray(0, 3),
      weights.map((w) => w / weights.reduce((x, y) => x + y)),
    )
  })

  it('measures at every multiple of `every` rounds and at the end, and counts steps of an agent', async () => {
    const progress: number[] = []
    const trial = await trialOf({ algorithm: { name: 'fast-fedpg' } }) // two phases a round
    const outcome = await simulatePolicyGradient(trial, { onProgress: (done) => progress.push(done) })
    const at = outcome.rows.filter(({ metric }) => metric === 'J').map(({ round, step }) => [round, step])
    expect(at).toEqual([
      [2, 6],
      [4, 12],
      [5, 15],
    ])
    expect(outcome.agentSteps).toBe(4 * 5 * 3)
    expect(progress).toEqual([12, 24, 36, 48, 60])
  })

  it.each([
    // agents, rounds, gradients a round, 2 rollouts of 10 steps
    ['fedpg', {}, 4 * 5 * 3 * 20],
    ['local', {}, 4 * 5 * 3 * 20],
    ['fast-fedpg', {}, 4 * 5 * 3 * 20],
    ['fast-fedpg', { reuseMemorySampleAtStep0: false }, 4 * 5 * 4 * 20],
    ['central', {}, 5 * 3 * 4 * 20],
    // and a value of each of 2 clusters
    ['ifca', { clusters: 2, initial: { normal: 1 } }, 4 * 5 * 5 * 20],
  ])('counts every transition that %s draws, with %j', async (name, change, samples) => {
    const outcome = await outcomeOf({ algorithm: { name, gradient: ROLLOUTS, ...change } })
    expect(last(outcome, 'samples')).toBe(samples)
  })

  it('counts the bytes of every Task and Update as they are encoded', async () => {
    const theta = new Float64Array(12)
    const none = { direction: null, previous: null }
    let bytes = 0
    for (let round = 0; round < 5; round++)
      for (let agent = 0; agent < 4; agent++) {
        const update = { agent, round, vector: theta, control: null, cluster: null }
        bytes +=
          encodePgTask({ round, phase: 0, theta, ...none }).length +
          encodePgUpdate({ ...update, phase: 0 }).length +
          encodePgTask({ round, phase: 1, theta: null, previous: null, direction: theta }).length +
          encodePgUpdate({ ...update, phase: 1 }).length
      }
    expect(last(await outcomeOf({ algorithm: { name: 'fast-fedpg' } }), 'bytes')).toBe(bytes)
    for (const name of ['local', 'central'])
      expect(last(await outcomeOf({ algorithm: { name } }), 'bytes')).toBe(0)
  })

  it('depends on the seed alone', async () => {
    const change = { algorithm: { name: 'fast-fedpg', gradient: ROLLOUTS } }
    const [a, b, c] = [await outcomeOf(change), await outcomeOf(change), await outcomeOf(change, 3)]
    expect([a.rows, a.tensors]).toEqual([b.rows, b.tensors])
    expect(tensor(a, 'theta')).not.toEqual(tensor(c, 'theta'))
  })

  it('leaves an agent of `local` where it would be in a federation of its own', async () => {
    const both = await outcomeOf({ algorithm: { name: 'local' }, agents: { count: 2 } })
    const alone = await outcomeOf({ agents: { count: 1 } })
    expect(both.tensors['theta']?.shape).toEqual([2, 4, 3])
    expectClose(tensor(both, 'theta').subarray(0, 12), tensor(alone, 'theta'))
  })

  it('has one gradient step for `central` and for the federation, when gradients are exact', async () => {
    const one = { localSteps: 1 }
    const [central, fed] = [
      await outcomeOf({ algorithm: { ...one, name: 'central' } }),
      await outcomeOf({ algorithm: one }),
    ]
    expectClose(tensor(central, 'theta'), tensor(fed, 'theta'))
    expect(last(central, 'J')).toBeCloseTo(last(fed, 'J'), 12)
  })

  it('measures how far the last local iterates lie apart, of `local` and of clusters too', async () => {
    const evaluate = { metrics: ['drift'] }
    const distance = (thetas: readonly Float64Array[]): number => {
      const mean = (thetas[0] ?? new Float64Array(0)).map(
        (_, i) => thetas.reduce((sum, theta) => sum + (theta[i] as number), 0) / thetas.length,
      )
      const squares = thetas.flatMap((theta) => [...theta].map((x, i) => (x - (mean[i] as number)) ** 2))
      return Math.sqrt(squares.reduce((sum, x) => sum + x) / thetas.length)
    }
    const local = await outcomeOf({ algorithm: { name: 'local' }, evaluate })
    const own = [0, 1, 2, 3].map((agent) => tensor(local, 'theta').subarray(12 * agent, 12 * agent + 12))
    expect(distance(own)).toBeGreaterThan(0.1)
    expect(last(local, 'drift')).toBeCloseTo(distance(own), 12)
    const trial = await trialOf({ algorithm: { rounds: 1 }, evaluate })
    const ends = [0, 1, 2, 3].map((agent) => {
      const oracle = trial.problem.oracle(agent)
      return localSteps(oracle, new Float64Array(12), oracle.start(), 3, 0.5).theta
    })
    expect(last(await simulatePolicyGradient(trial), 'drift')).toBeCloseTo(distance(ends), 12)
  })

  it('gives theta of a perceptron as the vector it is', async () => {
    const outcome = await outcomeOf({ algorithm: { policy: { mlp: [3] } } })
    expect(outcome.tensors['theta']?.shape).toEqual([4 * 3 + 3 + 3 * 3 + 3])
    const linear = await outcomeOf({ algorithm: { policy: { linear: 'one-hot' } } })
    expect(linear.tensors['theta']?.shape).toEqual([4, 3])
  })

  it('keeps one head for each agent, and the rest in common', async () => {
    const policy = { mlp: [2], ownHead: true }
    const outcome = await outcomeOf({ algorithm: { policy } })
    const theta = tensor(outcome, 'theta')
    const size = theta.length / 4
    const shared = 4 * 2 + 2
    expect([outcome.tensors['theta']?.shape[0], size]).toEqual([4, shared + 2 * 3 + 3])
    const part = (agent: number, from: number, to: number): Float64Array =>
      theta.subarray(agent * size + from, agent * size + to)
    for (const agent of [1, 2, 3]) {
      expect(part(agent, 0, shared)).toEqual(part(0, 0, shared))
      expect(part(agent, shared, size)).not.toEqual(part(0, shared, size))
    }
  })

  it('keeps a policy for each cluster, and each agent uses that of its own', async () => {
    const outcome = await outcomeOf({
      agents: { rewards: { clusters: 2, spread: 0 } },
      algorithm: { name: 'ifca', clusters: 2, initial: { normal: 1 } },
      evaluate: { metrics: ['assignment'] },
    })
    const clusters = tensor(outcome, 'clusters')
    const theta = tensor(outcome, 'theta')
    const used = [0, 1, 2, 3].map((agent) =>
      [0, 1].findIndex((j) =>
        theta.subarray(12 * agent, 12 * agent + 12).every((x, i) => x === clusters[12 * j + i]),
      ),
    )
    // agents of one planted cluster have the same rewards here, so they cannot part
    expect([used[0], used[1]]).toEqual([used[2], used[3]])
    expect(used).not.toContain(-1)
    expect(last(outcome, 'assignment')).toBe(used[0] === used[1] ? 0.5 : 1)
  })

  it.each([
    ['qavg', 'q'],
    ['projpavg', 'pi'],
    ['softpavg', 'theta'],
  ])('leaves the table that %s averages: %s', async (name, table) => {
    const trial = await trialOf({ algorithm: { name } })
    const outcome = await simulatePolicyGradient(trial)
    expect(outcome.tensors[table]?.shape).toEqual([4, 3])
    expect(last(outcome, 'J')).toBeGreaterThan(
      (trial.problem.truth?.common?.value(new Float64Array(12)) ?? NaN) + 0.1,
    )
  })
})

describe('own steps after the last round', () => {
  const personalize = { steps: 4, stepSize: 0.25 }
  const evaluate = { metrics: ['J', 'personalJ'] }

  it.each(['fast-fedpg', 'central'])('begin at the common policy of %s', async (name) => {
    const trial = await trialOf({ algorithm: { name, personalize }, evaluate })
    const outcome = await simulatePolicyGradient(trial)
    const ends = [0, 1, 2, 3].map((agent) => {
      const oracle = trial.problem.oracle(agent)
      return localSteps(oracle, tensor(outcome, 'theta'), oracle.start(), 4, 0.25).theta
    })
    expect(outcome.tensors['personal']?.shape).toEqual([4, 4, 3])
    expectClose(
      tensor(outcome, 'personal'),
      ends.flatMap((end) => [...end]),
    )
    const own = ends.map((end, agent) => trial.problem.truth?.own[agent]?.value(end) ?? NaN)
    own.forEach((value, agent) => expect(last(outcome, `personalJ.${agent}`)).toBeCloseTo(value, 12))
    expect(last(outcome, 'personalJ')).toBeCloseTo(own.reduce((sum, value) => sum + value) / 4, 12)
    expect(last(outcome, 'personalJ')).toBeGreaterThan(last(outcome, 'J'))
  })

  it('go on with the experience of each agent, and with that of its own for `central`, of one agent too', async () => {
    for (const [name, count] of [
      ['fedpg', 2],
      ['central', 2],
      ['central', 1],
    ] as const) {
      const trial = await trialOf({
        environment: { family: 'CartPole-v1', discount: 0.9, parameters: { maxSteps: 20 } },
        agents: { count, rewards: undefined },
        algorithm: { name, policy: { mlp: [2] }, gradient: ROLLOUTS, personalize },
        evaluate: { metrics: ['samples'] },
      })
      expect((await simulatePolicyGradient(trial)).tensors['personal']?.shape).toEqual([count, 4 * 2 + 2 + 6])
    }
  })

  it('of which one diverges leave the common policy, and a note', async () => {
    const outcome = await outcomeOf({
      algorithm: { personalize: { steps: 4, stepSize: 1e12 } },
      evaluate,
    })
    expect(outcome.notes.at(-1)).toMatch(
      /^Seed 2 diverged at agent 0 in its own steps after round 5 with personalize.stepSize 1000000000000: .* safe is [\d.]+,/,
    )
    expect(Object.keys(outcome.tensors)).toEqual(['theta', 'pi'])
    expect(values(outcome, 'personalJ')).toEqual([])
    expect(values(outcome, 'J')).toHaveLength(3)
  })
})

describe('a run that does not end well', () => {
  it('stops where parameters diverge, with the last that were finite, and says what theory allows', async () => {
    const outcome = await outcomeOf({ algorithm: { stepSize: 1e10 } })
    expect(outcome.notes.at(-1)).toMatch(
      /^Seed 2 diverged in round 1 at agent 0 with stepSize 10000000000: .* the largest that theory calls safe is [\d.]+, for an estimated L of [\d.]+\.$/,
    )
    expect(outcome.rows).toEqual([])
    expect(tensor(outcome, 'theta')).toEqual(new Float64Array(12))
    expect(outcome.agentSteps).toBe(0)
  })

  it('says so where it is the average that diverges', async () => {
    const { notes, rows } = await outcomeOf({ algorithm: { serverStepSize: 1e12 } })
    expect(notes.at(-1)).toMatch(/^Seed 2 diverged in round 1 at the server with stepSize 0.5:/)
    expect(rows).toEqual([])
  })

  it('names the agent that sends nothing, and knows no safe step without a model', async () => {
    const { notes } = await outcomeOf({ algorithm: { name: 'local', stepSize: 1e10 } })
    expect(notes.at(-1)).toMatch(/^Seed 2 diverged in round 1 at agent 0 /)
    const cartPole = await outcomeOf({
      environment: { family: 'CartPole-v1', discount: 0.9 },
      agents: { count: 1, rewards: undefined },
      algorithm: { policy: { mlp: [] }, gradient: ROLLOUTS, stepSize: 1e12 },
      evaluate: { metrics: ['samples'] },
    })
    expect(cartPole.notes.at(-1)).toMatch(/no model is known, so theory gives no largest step size\.$/)
  })

  it('leaves the last parameters of every agent that were finite, of those that send nothing too', async () => {
    const { tensors, notes } = await outcomeOf({ algorithm: { name: 'local', stepSize: 1e10 } })
    expect(tensors['theta']?.data).toEqual(new Float64Array(4 * 12))
    expect(notes.at(-1)).toMatch(/^Seed 2 diverged/)
  })

  it('does not take large gradients of large rewards for a divergence', async () => {
    const rewards = { rewards: { dirichlet: 1 } }
    const scaled = async (name: string, scale: number): Promise<Outcome> => {
      const trial = await trialOf({ algorithm: { name, stepSize: 0.5 / scale }, agents: rewards })
      const oracle = (agent: number) => {
        const own = trial.problem.oracle(agent)
        return {
          ...own,
          gradient: (theta: Float64Array, state: unknown) => {
            const { gradient, state: next } = own.gradient(theta, state)
            return { gradient: gradient.map((g) => scale * g), state: next }
          },
        }
      }
      return simulatePolicyGradient({ ...trial, problem: { ...trial.problem, oracle } })
    }
    for (const name of ['fast-fedpg', 'scaffold'])
      expectClose(tensor(await scaled(name, 2 ** 40), 'theta'), tensor(await scaled(name, 1), 'theta'))
  })

  it('names no safe step where no gradient steps are taken', async () => {
    const { notes } = await outcomeOf({ algorithm: { name: 'softpavg', stepSize: 1e10 } })
    expect(notes.at(-1)).toMatch(/softpavg takes no gradient steps, so theory gives no largest step size\.$/)
  })

  it('stops when it is told to', async () => {
    const signal = AbortSignal.abort()
    await expect(
      simulatePolicyGradient(await trialOf({ algorithm: { rounds: 1e6 } }), { signal }),
    ).rejects.toThrow(Interrupted)
  })
})
