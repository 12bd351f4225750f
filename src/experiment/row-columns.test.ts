import fc from 'fast-check'
import { expect, test } from 'vitest'
import { columnsOf, rowsOfColumns } from './row-columns.ts'

const trial = { variant: 'a', seed: 3 }
const row = fc.record({
  variant: fc.constant(trial.variant),
  seed: fc.constant(trial.seed),
  round: fc.maxSafeNat(),
  step: fc.maxSafeNat(),
  metric: fc.constantFrom('error', 'rmse', 'samples'),
  value: fc.double(),
})

test('columns give the rows back, also from another thread', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 200 }), (rows) => {
      expect(rowsOfColumns(trial, structuredClone(columnsOf(rows)))).toEqual(rows)
    }),
    { seed: 1, numRuns: 100 },
  )
})
