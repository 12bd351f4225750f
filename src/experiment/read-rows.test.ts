import { expect, test } from 'vitest'
import type { Row } from '../metrics/row.ts'
import { thinned, type ReadRows } from './read-rows.ts'

const rowsOf = (variant: string, seed: number, steps: number): Row[] =>
  Array.from({ length: steps }, (_, i) =>
    ['error', 'rmse'].map((metric) => ({ variant, seed, round: i, step: i * 10, metric, value: i })),
  ).flat()

async function stepsKept(rows: readonly Row[], most: number, batch: number): Promise<string[]> {
  const batches = Array.from({ length: Math.ceil(rows.length / batch) }, (_, i) =>
    rows.slice(i * batch, (i + 1) * batch),
  )
  const read: ReadRows = async function* (isWanted) {
    for (const some of batches) yield some.filter(({ variant, seed, step }) => isWanted(variant, seed, step))
  }
  const kept: Row[] = []
  for await (const some of thinned(read, most)) kept.push(...some)
  return kept.map(({ variant, seed, step, metric }) => `${variant} ${seed} ${step} ${metric}`)
}

test.each([1, 3, 7, 1000])(
  'keeps the same steps of every seed, first and last among them, in batches of %d',
  async (batch) => {
    const rows = [...rowsOf('a', 1, 5), ...rowsOf('a', 2, 5), ...rowsOf('b', 1, 2), ...rowsOf('b', 2, 2)]
    const expected = [
      ...['a 1', 'a 2'].flatMap((trial) => [0, 20, 40].map((step) => `${trial} ${step}`)),
      ...['b 1', 'b 2'].flatMap((trial) => [0, 10].map((step) => `${trial} ${step}`)),
    ].flatMap((key) => [`${key} error`, `${key} rmse`])
    expect(await stepsKept(rows, 3, batch)).toEqual(expected)
  },
)

test('few steps are all kept', async () => {
  const rows = [...rowsOf('a', 1, 4), ...rowsOf('a', 2, 4)]
  expect(await stepsKept(rows, 200, 5)).toHaveLength(rows.length)
})
