import { describe, expect, it } from 'vitest'
import { batchesOf, trialsIn, type Batch } from './batch.ts'
import type { Experiment } from './experiment.ts'
import { parseExperiment } from './parse.ts'
import { keyOf, trialsOf } from './trial.ts'

function experiment(lines: string): Experiment {
  const result = parseExperiment(
    `name: x\nenvironment: { family: two-state, actions: 2, discount: 0.9 }\n${lines}`,
    { folder: '/' },
  )
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.value
}

const algorithm = 'algorithm: { name: fed-asyn-q, stepSize: 0.1, syncPeriod: 5, steps: 20 }'
const shape = (batches: Iterable<Batch>): string[] =>
  [...batches].map(
    ({ variants, seeds }) => `${variants.map(({ name }) => name).join('+')} ${seeds.join(',')}`,
  )
const all = (): boolean => true

describe('batchesOf', () => {
  it('pairs variants that differ in averaging, step size and discount only', () => {
    const one = experiment(
      `agents: { count: 20 }\n${algorithm}\nvary: { algorithm.averaging: [equal, importance], algorithm.stepSize: [0.1, 0.2], environment.discount: [0.5, 0.9], algorithm.syncPeriod: [5, 10] }`,
    )
    for (const { variants } of batchesOf(one, all, 1)) {
      expect(variants).toHaveLength(2)
      expect(
        new Set(
          variants.map(({ settings }) =>
            'syncPeriod' in settings.algorithm ? settings.algorithm.syncPeriod : 0,
          ),
        ).size,
      ).toBe(1)
    }
  })

  it('does not pair discounts where the behaviour depends on Q*, nor independent learners', () => {
    const greedy = experiment(
      `agents: { count: 20, behavior: { epsilonGreedy: 0.1 } }\n${algorithm}\nvary: { environment.discount: [0.5, 0.9] }`,
    )
    expect([...batchesOf(greedy, all, 1)].map(({ variants }) => variants.length)).toEqual([1, 1])
    const alone = experiment(
      'agents: { count: 20 }\nalgorithm: { name: q-learning, stepSize: 0.1, steps: 20 }\nvary: { algorithm.stepSize: [0.1, 0.2] }',
    )
    expect([...batchesOf(alone, all, 1)].map(({ variants }) => variants.length)).toEqual([1, 1])
  })

  it('puts seeds of few agents together, but leaves work for every thread', () => {
    const long = algorithm.replace('steps: 20', 'steps: 100000')
    const few = experiment(`agents: { count: 3 }\n${long}\nseeds: 10`)
    expect(shape(batchesOf(few, all, 1))).toEqual(['default 1,2,3,4,5,6', 'default 7,8,9,10'])
    expect(shape(batchesOf(few, all, 4))).toEqual([
      'default 1,2,3',
      'default 4,5,6',
      'default 7,8,9',
      'default 10',
    ])
  })

  it('puts seeds of few steps together, whatever the number of agents', () => {
    const seeds = 'agents: { count: 20 }\nseeds: 10'
    const short = experiment(`${algorithm.replace('steps: 20', 'steps: 2000')}\n${seeds}`)
    expect(shape(batchesOf(short, all, 1))).toEqual(['default 1,2,3,4,5', 'default 6,7,8,9,10'])
    const long = experiment(`${algorithm.replace('steps: 20', 'steps: 20000')}\n${seeds}`)
    expect(shape(batchesOf(long, all, 1))).toHaveLength(10)
  })

  it('carries out every pending trial once, whatever is done', () => {
    const one = experiment(
      `agents: { count: 2 }\n${algorithm}\nseeds: 9\nvary: { algorithm.averaging: [equal, importance], algorithm.syncPeriod: [5, 7, 10] }`,
    )
    for (const modulus of [1, 2, 3, 5, 7]) {
      const pending = [...trialsOf(one)].filter((_, i) => i % modulus === 0).map(keyOf)
      const carried = [...batchesOf(one, (trial) => pending.includes(keyOf(trial)), 2)].flatMap((batch) =>
        trialsIn(batch).map(keyOf),
      )
      expect(carried.toSorted()).toEqual(pending.toSorted())
    }
  })
})
