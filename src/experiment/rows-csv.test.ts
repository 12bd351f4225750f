import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Row } from '../metrics/row.ts'
import { columnsOf } from './row-columns.ts'
import { decodeRows, encodeRows, ROWS_HEADER } from './rows-csv.ts'

const row: Row = { variant: 'averaging=equal', seed: 7, round: 20, step: 1000, metric: 'error', value: 0.1 }

async function decode(chunks: Iterable<Uint8Array>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of decodeRows(chunks)) rows.push(...batch)
  return rows
}

/** A line of the file, as JavaScript prints numbers. */
const rowLine = ({ variant, seed, round, step, metric, value }: Row): string =>
  `${variant},${seed},${round},${step},${metric},${Object.is(value, -0) ? '-0' : value}\n`

/** The rows of one trial as bytes. */
const encoded = (rows: readonly Row[], of = row): Uint8Array => encodeRows(of, columnsOf(rows))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a line has the columns of the header', () => {
  expect(ROWS_HEADER).toBe('variant,seed,round,step,metric,value')
  expect(Buffer.from(encoded([row])).toString()).toBe('averaging=equal,7,20,1000,error,0.1\n')
})

test('what is written is read back, wherever the bytes are cut', async () => {
  const arbitrary = fc.record({
    variant: fc.stringMatching(/^[a-z0-9._=-]{1,8}$/),
    seed: fc.maxSafeNat(),
    round: fc.maxSafeNat(),
    step: fc.maxSafeNat(),
    metric: fc.constantFrom('error', 'return'),
    value: fc.double(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(arbitrary, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 1, max: 50 }),
      async ([first = row, ...more], size) => {
        const { variant, seed } = first
        const rows = [first, ...more.map((one) => ({ ...one, variant, seed }))]
        const bytes = Buffer.concat([utf8(`${ROWS_HEADER}\n`), encoded(rows, first)])
        expect(bytes.toString()).toBe(`${ROWS_HEADER}\n${rows.map(rowLine).join('')}`)
        const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
          bytes.subarray(i * size, (i + 1) * size),
        )
        expect(await decode(chunks)).toEqual(rows)
      },
    ),
    { seed: 1, numRuns: 100 },
  )
})

test('of rows that are not wanted nothing but their place is asked', async () => {
  const rows = ['a', 'b'].flatMap((variant) =>
    [1, 2].flatMap((seed) => [10, 20].map((step) => ({ ...row, variant, seed, step }))),
  )
  const bytes = utf8(`${ROWS_HEADER}\n${rows.map(rowLine).join('')}`)
  const asked: unknown[] = []
  const read: Row[] = []
  const isWanted = (...place: unknown[]): boolean => asked.push(place) % 3 === 0
  for await (const batch of decodeRows([bytes.subarray(0, 99), bytes.subarray(99)], isWanted))
    read.push(...batch)
  expect(asked).toEqual(rows.map(({ variant, seed, step }) => [variant, seed, step]))
  expect(read).toEqual(rows.filter((_, i) => i % 3 === 2))
})

test('many rows take as many bytes as they need', () => {
  const rows = Array.from({ length: 20_000 }, () => row)
  expect(Buffer.from(encoded(rows)).toString()).toBe(rowLine(row).repeat(20_000))
})

test.each([
  ['a,b\n', 'line 1: expected the header'],
  [`${ROWS_HEADER}\nv,1,1,1,error\n`, 'line 2: expected variant,seed'],
  [`${ROWS_HEADER}\n${rowLine(row)}v,1,1,1,error,1,9\n`, 'line 3: expected variant,seed'],
  [`${ROWS_HEADER}\n${rowLine(row)}\n`, 'line 3: expected variant,seed'],
  [`${ROWS_HEADER}\nv,1,1,1,error,1`, 'line 2: expected a line end'],
])('%j is refused', async (text, message) => {
  await expect(decode([utf8(text)])).rejects.toThrow(message)
})
