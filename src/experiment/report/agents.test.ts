import { expect, it } from 'vitest'
import { agentsSection } from './agents.ts'
import type { ReportVariant } from './input.ts'

/** A variant of two agents whose best returns are 1 and `best`. */
const variant = (best: number): ReportVariant => ({
  name: `v${best}`,
  assignment: {},
  coverage: null,
  policy: null,
  learned: null,
  advice: null,
  optimum: { common: 2, own: [1, best], dynamics: 0 },
  notes: [],
})

const textOf = (count: number): string =>
  agentsSection({
    variants: Array.from({ length: count }, (_, i) => variant(i + 3)),
    samples: new Map(),
  })
    .map(({ markup }) => markup)
    .join('')

it('has a table for each optimum, and says how many are left out', () => {
  expect(textOf(1)).toContain('worth J* = 2; with a policy of its own for each agent it is 2 on average')
  expect(textOf(8)).not.toContain('more optima')
  expect(textOf(10)).toContain('Variants of 2 more optima are in rows.csv.')
})
