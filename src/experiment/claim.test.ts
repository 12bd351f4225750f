import { describe, expect, it } from 'vitest'
import type { Row } from '../metrics/row.ts'
import { gather } from '../metrics/samples.ts'
import {
  drawsAt,
  partOf,
  pointsOf,
  rowOf,
  samplesAt,
  samplesWhere,
  tableRow,
  variantsWhere,
  yAt,
} from './claim.ts'
import type { Measured } from './claim.ts'
import type { Variant } from './experiment.ts'

function variant(name: string, averaging: 'equal' | 'importance', mixture: number, seed?: number): Variant {
  return {
    name,
    assignment: {},
    settings: {
      environment: {
        family: 'two-state',
        actions: 2,
        discount: 0.5,
        range: [0.4, 0.6],
        ...(seed !== undefined && { seed }),
      },
      agents: { count: 2, behavior: { mixture } },
      algorithm: {
        name: 'fed-asyn-q',
        averaging,
        stepSize: 0.1,
        syncPeriod: 5,
        steps: 10,
        initial: 'shared',
      },
      evaluate: { every: 5, metrics: ['error'] },
    },
  }
}

function measured(variants: readonly Variant[]): Measured {
  const rows = variants.flatMap(({ name }, v): Row[] =>
    [1, 2].flatMap((seed) =>
      [5, 10].map((step) => ({
        variant: name,
        seed,
        round: step / 5,
        step,
        metric: 'error',
        value: 100 * v + 10 * seed + step,
      })),
    ),
  )
  return { variants, samples: gather(rows) }
}

const part = measured([variant('a', 'equal', 0), variant('b', 'equal', 1), variant('c', 'importance', 1)])

describe('what was measured is found by its settings', () => {
  it('one variant and one step', () => {
    expect(
      samplesAt(part, { 'algorithm.averaging': 'equal', 'agents.behavior': { mixture: 1 } }, 'error', 5)
        .values,
    ).toEqual([115, 125])
    expect(samplesAt(part, { 'algorithm.averaging': 'importance' }, 'error').values).toEqual([220, 230])
    expect(
      samplesWhere(part, { 'algorithm.averaging': 'importance' }, 'error').map(({ step }) => step),
    ).toEqual([5, 10])
    expect(variantsWhere(part, { 'agents.count': 2 })).toHaveLength(3)
  })

  it('what is missing or ambiguous is told', () => {
    expect(() => samplesAt(part, { 'algorithm.averaging': 'equal' }, 'error')).toThrow('got 2')
    expect(() => samplesAt(part, { 'algorithm.syncPeriod': 6 }, 'error')).toThrow(
      '{"algorithm.syncPeriod":6}, got 0',
    )
    expect(() => samplesAt(part, { 'algorithm.averaging': 'importance' }, 'rmse')).toThrow(
      'variant c has no rmse',
    )
    expect(() => samplesAt(part, { 'algorithm.averaging': 'importance' }, 'error', 7)).toThrow(
      'error was not measured at step 7',
    )
    expect(() => partOf(new Map(), 'x')).toThrow('part x was not measured')
  })

  it('frozen draws of one setting', () => {
    const frozen = measured([
      variant('a', 'equal', 0, 1),
      variant('b', 'equal', 0, 2),
      variant('c', 'importance', 0, 1),
    ])
    expect(
      drawsAt(frozen, { 'algorithm.averaging': 'equal' }, 'error', 10).map(({ values }) => values),
    ).toEqual([
      [20, 30],
      [120, 130],
    ])
  })
})

describe('lines of the table', () => {
  it('hold the mean, its interval and the published number', () => {
    const samples = samplesAt(part, { 'algorithm.averaging': 'importance' }, 'error', 5)
    expect(tableRow('q', samples, 7)).toEqual({
      quantity: 'q',
      published: 7,
      ours: { value: 220, low: 215, high: 225 },
    })
  })

  it('say whether the published number lies within the draws', () => {
    const ours = { value: 1, low: 1, high: 1 }
    expect(rowOf('q', ours, 2, [1, 3])).toMatchObject({ spread: [1, 3], verdict: 'holds' })
    expect(rowOf('q', ours, 4, [1, 3])).toMatchObject({ verdict: 'undecided' })
    expect(rowOf('q', ours, null, [1, 3])).toEqual({ quantity: 'q', published: null, ours, spread: [1, 3] })
  })
})

it('published points are found by x', () => {
  const series = {
    equal: [
      [1, 0.5],
      [10, 0.25],
    ] as const,
  }
  expect(yAt(pointsOf(series, 'equal'), 10)).toBe(0.25)
  expect(yAt(pointsOf(series, 'equal'), 11)).toBeNull()
  expect(() => pointsOf(series, 'importance')).toThrow('no published series importance')
})
