import { describe, expect, it } from 'vitest'
import { returnOf } from '../mdp/evaluate.ts'
import { frozenLake } from '../mdp/families.ts'
import { greedyReturn } from '../mdp/greedy.ts'
import { solveOptimal } from '../mdp/solve.ts'
import { parseExperiment } from './parse.ts'
import { isQLearning } from './experiment.ts'
import { buildProblem } from './problem.ts'
import { simulate } from './simulate.ts'
import type { Finished } from './simulation.ts'

/** Simulates a file: all its variants at all its seeds, together or one by one. */
async function simulated(text: string, together: boolean): Promise<Finished[]> {
  const parsed = parseExperiment(`name: x\n${text}`, { folder: '/' })
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
  const { variants, seeds, folder } = parsed.value
  const lanes = []
  for (const { name, settings } of variants.filter(isQLearning)) {
    const problems = []
    for (const seed of seeds) problems.push(await buildProblem(settings, seed, folder))
    lanes.push({ variant: name, settings, problems })
  }
  if (together) return simulate(lanes, seeds)
  const apart = lanes.flatMap(({ problems, ...lane }) =>
    seeds.map((seed, i) => simulate([{ ...lane, problems: problems.slice(i, i + 1) }], [seed])),
  )
  return (await Promise.all(apart)).flat()
}

const WORLD =
  'environment: { family: two-state, actions: 4, discount: 0.9 }\nagents: { count: 3, behavior: one-action }'
const metrics = 'metrics: [error, normalizedError, rmse, return, gap, samples, rounds, bytes]'

describe('simulate', () => {
  it.each([
    [
      'two averagings',
      `${WORLD}\nalgorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 7, steps: 40, initial: perAgent }\nevaluate: { every: 10, ${metrics} }\nvary: { algorithm.averaging: [equal, importance] }\nseeds: 3`,
    ],
    [
      'two discounts',
      `${WORLD}\nalgorithm: { name: fed-asyn-q, stepSize: { polynomial: 0.6 }, syncPeriod: 7, steps: 40, averaging: importance }\nevaluate: { every: 1, ${metrics} }\nvary: { environment.discount: [0.5, 0.9] }\nseeds: 2`,
    ],
    [
      'two step sizes of fed-syn-q',
      'environment: { family: frozen-lake, map: 4x4, slippery: true, discount: 0.9 }\nagents: { count: 2 }\nalgorithm: { name: fed-syn-q, stepSize: 0.1, syncPeriod: 3, steps: 10 }\nevaluate: { every: 2, metrics: [error, rmse, samples] }\nvary: { algorithm.stepSize: [0.1, { rescaledLinear: true }] }\nseeds: 2',
    ],
    [
      'worlds that draw differently',
      `environment: { family: garnet, states: 5, actions: 2, branching: 2, discount: 0.9 }\nagents: { count: 1 }\nalgorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 4, steps: 12 }\nevaluate: { every: 4, metrics: [error] }\nvary: { environment.branching: [2, 3] }\nseeds: 2`,
    ],
  ])('gives what each trial gives by itself: %s', async (_, text) => {
    const strip = (list: Finished[]) =>
      list.map(({ rows, q, shape, notes }) => ({ rows, q: [...q], shape, notes }))
    expect(strip(await simulated(text, true))).toEqual(strip(await simulated(text, false)))
  })

  it('writes rows at the first averaging at or after each multiple, and at the end, which may be a shorter round', async () => {
    const text = `${WORLD}\nalgorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 7, steps: 40 }\nevaluate: { every: 10, metrics: [rounds, samples] }`
    const [{ rows, notes } = { rows: [], notes: [] }] = await simulated(text, true)
    expect(rows.map(({ step, round, metric, value }) => `${step} ${round} ${metric} ${value}`)).toEqual([
      '14 2 rounds 2',
      '14 2 samples 42',
      '21 3 rounds 3',
      '21 3 samples 63',
      '35 5 rounds 5',
      '35 5 samples 105',
      '40 6 rounds 6',
      '40 6 samples 120',
    ])
    expect(notes).toEqual(['The last round has 5 steps: 40 steps are no multiple of the sync period 7.'])
  })

  it.each([
    ['one table', 'fed-asyn-q, syncPeriod: 5'],
    ['a table each', 'q-learning'],
  ])('measures distances to Q* over the pairs of non-terminal states: %s', async (_, name) => {
    const world = 'family: frozen-lake, map: 4x4, slippery: true, discount: 0.9'
    const text = `environment: { ${world} }\nagents: { count: 2 }\nalgorithm: { name: ${name}, stepSize: 0.1, steps: 300 }\nevaluate: { every: 300, metrics: [error, normalizedError, rmse, return, gap] }`
    const [{ rows, q } = { rows: [], q: new Float64Array(0) }] = await simulated(text, true)
    const { mdp } = frozenLake({ map: '4x4', slippery: true, discount: 0.9 })
    const best = solveOptimal(mdp)
    const tables = Array.from({ length: q.length / 64 }, (__, k) => q.subarray(64 * k, 64 * k + 64))
    const distances = tables.map((table) =>
      Array.from(table, (value, pair) => Math.abs(value - (best.q[pair] ?? 0))).filter(
        (__, pair) => mdp.terminal[pair >> 2] === 0,
      ),
    )
    const average = (values: number[]): number =>
      values.reduce((sum, value) => sum + value, 0) / values.length
    const error = average(distances.map((list) => Math.max(...list)))
    const rmse = average(distances.map((list) => Math.sqrt(average(list.map((d) => d * d)))))
    const J = average(tables.map((table) => greedyReturn(mdp, table)))
    const expected = { error, normalizedError: 0.1 * error, rmse, return: J, gap: returnOf(mdp, best.v) - J }
    expect(rows.map(({ metric }) => metric)).toEqual(Object.keys(expected))
    for (const { metric, value } of rows) {
      expect(value).toBeCloseTo(expected[metric as keyof typeof expected], 12)
    }
  })

  it('tells independent learners apart: [K, S, A], no rounds, no bytes, a schedule that moves with every step', async () => {
    const text = `${WORLD}\nalgorithm: { name: q-learning, stepSize: { rescaledLinear: true }, steps: 12 }\nevaluate: { every: 5, metrics: [error, rounds, bytes, samples] }`
    const [{ rows, shape, q } = { rows: [], shape: [], q: [] }] = await simulated(text, true)
    expect(shape).toEqual([3, 2, 4])
    expect(q).toHaveLength(24)
    expect(
      rows
        .filter(({ metric }) => metric !== 'error')
        .map(({ step, metric, value }) => `${step} ${metric} ${value}`),
    ).toEqual([
      '5 rounds 0',
      '5 bytes 0',
      '5 samples 15',
      '10 rounds 0',
      '10 bytes 0',
      '10 samples 30',
      '12 rounds 0',
      '12 bytes 0',
      '12 samples 36',
    ])
  })

  it('stops when it is told to, between two breaths', async () => {
    const parsed = parseExperiment(
      `name: x\n${WORLD}\nalgorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 100, steps: 1000000000 }`,
      { folder: '/' },
    )
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
    const [{ settings } = { settings: null }] = parsed.value.variants.filter(isQLearning)
    if (settings === null) throw new Error('no variant')
    const controller = new AbortController()
    const heard: number[] = []
    const run = simulate(
      [{ variant: 'x', settings, problems: [await buildProblem(settings, 1, '/')] }],
      [1],
      {
        signal: controller.signal,
        onProgress: (steps) => {
          heard.push(steps)
          if (heard.length === 2) controller.abort()
        },
      },
    )
    await expect(run).rejects.toThrow('interrupted')
    expect(heard[1]).toBeGreaterThan(heard[0] ?? 0)
  })
})
