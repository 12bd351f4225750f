import { describe, expect, it } from 'vitest'
import type { Row } from '../../metrics/row.ts'
import { curveArrays, stack } from './arrays.ts'

const row = (seed: number, step: number, metric: string, value: number): Row => ({
  variant: 'v',
  seed,
  round: step / 10,
  step,
  metric,
  value,
})

async function* batches(...list: Row[][]): AsyncGenerator<readonly Row[]> {
  yield* list
}

describe('curveArrays', () => {
  it('gives a metric for every seed and step, and NaN where a seed has none', async () => {
    const arrays = await curveArrays(
      batches([row(3, 10, 'J', 1), row(3, 20, 'J', 2), row(3, 20, 'personalJ', 5)], [row(7, 10, 'J', 3)]),
      [3, 7],
    )
    expect(arrays['v/step']).toEqual({ shape: [2], data: Float64Array.of(10, 20) })
    expect(arrays['v/round']).toEqual({ shape: [2], data: Float64Array.of(1, 2) })
    expect(arrays['v/J']).toEqual({ shape: [2, 2], data: Float64Array.of(1, 2, 3, NaN) })
    expect(arrays['v/personalJ']).toEqual({ shape: [2, 2], data: Float64Array.of(NaN, 5, NaN, NaN) })
    expect(arrays['seeds']).toEqual({ shape: [2], data: Float64Array.of(3, 7) })
  })
})

describe('stack', () => {
  it('puts the seeds first', () => {
    const one = { shape: [1, 2], data: Float64Array.of(1, 2) }
    const two = { shape: [1, 2], data: Float64Array.of(3, 4) }
    expect(stack([one, two])).toEqual({ shape: [2, 1, 2], data: Float64Array.of(1, 2, 3, 4) })
  })
})
