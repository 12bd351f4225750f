import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { federatedQ } from '../server/federated-q.ts'
import type { QContract } from './q-contract.ts'
import type { QTask, QUpdate } from './q-messages.ts'
import { qUpdateIssues, tableBounds, type QRules } from './q-rules.ts'

const RULES: QRules = { reports: 'visited', perAgent: false, bounds: [0, 10] }
const task = (round: number, steps: number, table: readonly number[]): QTask => ({
  round,
  step: 4 * round,
  steps,
  table: Float64Array.from(table),
})
const TASK = task(1, 4, [5, 0, 10, 2])

const update = (
  entries: readonly number[] | null,
  changes: readonly number[],
  visits: readonly number[] | null,
): QUpdate => ({
  agent: 0,
  round: 1,
  entries: entries === null ? null : Uint32Array.from(entries),
  changes: Float64Array.from(changes),
  visits: visits === null ? null : Uint32Array.from(visits),
})

const said = (of: QUpdate, rules = RULES, answered = TASK): string[] =>
  qUpdateIssues(of, answered, rules).map(({ path, message }) => `${path.join('.')}: ${message}`)

describe('an Update that answers a Task', () => {
  it('is taken where its steps and its values are possible, the ends included', () => {
    expect(said(update([0, 2], [5, -10], [3, 1]))).toEqual([])
    expect(said(update([0, 1, 2, 3], [5, 0, 0, -2], null))).toEqual([])
    expect(said(update([0], [5 + 1e-6], [4]))).toEqual([])
  })

  it.each([
    [update([], [], []), 'entries: expected 1 to 4, one for each step at most, got 0'],
    [update([0, 2], [1, -1], [2, 1]), 'visits: expected 4 in all, one for each step, got 3'],
    [update([0, 2], [1, -1], [4, 1]), 'visits: expected 4 in all, one for each step, got 5'],
    [update([0, 2], [1, -1], [4, 0]), 'visits.1: expected at least 1, got 0'],
    [
      update([0, 2], [1, -1], [4294967295, 5]),
      'visits: expected 4 in all, one for each step, got 4294967300',
    ],
    [update(null, [0, 0, 0, 0], [1, 1, 1, 1]), 'entries: expected those that were visited, got none'],
    [
      update([0, 2], [1, 0.001], [3, 1]),
      'changes.1: expected a change to a value in [0, 10], which rewards and discount imply, got one to 10.001',
    ],
    [
      update([1], [-1e300], [4]),
      'changes.0: expected a change to a value in [0, 10], which rewards and discount imply, got one to -1e+300',
    ],
  ])('is refused where they are not: %#', (of, message) => {
    expect(said(of)).toEqual([message])
  })

  it('reports no more entries than there are steps', () => {
    const short = task(1, 2, [5, 0, 10, 2])
    expect(said(update([0, 1, 2], [0, 0, 0], null), RULES, short)).toEqual([
      'entries: expected 1 to 2, one for each step at most, got 3',
    ])
  })

  it('reports all entries where that is the rule: always, or in the first round of tables of their own', () => {
    const all = update(null, [1, 1, -1, 1], null)
    expect(said(all, { ...RULES, reports: 'all' })).toEqual([])
    expect(said(update([0], [1], null), { ...RULES, reports: 'all' })).toHaveLength(1)
    const own = { ...RULES, perAgent: true }
    expect(said(update(null, [1, 1, 1, 1], [4, 0, 0, 0]), own, task(0, 4, [0, 0, 0, 0]))).toEqual([])
    expect(said(all, own)).toHaveLength(1)
  })
})

it('the bounds of tables hold the values of the rewards, 0 and the first tables', () => {
  expect(tableBounds([0, 10], 'shared')).toEqual([0, 10])
  expect(tableBounds([2, 10], 'perAgent')).toEqual([0, 10])
  expect(tableBounds([-5, -1], 3)).toEqual([-5, 3])
})

it('whatever is taken, the common table stays within its bounds', () => {
  const contract: QContract = {
    states: 2,
    actions: 2,
    agents: 3,
    discount: 0.9,
    stepSize: 0.3,
    averaging: 'importance',
    syncPeriod: 3,
    steps: 7,
    initial: 'shared',
    initialSeed: 1,
    valueRange: [0, 10],
    terminal: null,
  }
  const rule = federatedQ(contract)
  let taken = 0
  const wild = fc.array(
    fc.record({
      entries: fc.uniqueArray(fc.nat(3), { minLength: 1, maxLength: 3 }),
      changes: fc.array(fc.oneof(fc.double({ min: -12, max: 12, noNaN: true }), fc.double({ noNaN: true })), {
        minLength: 3,
        maxLength: 3,
      }),
      visits: fc.array(fc.nat(3), { minLength: 3, maxLength: 3 }),
    }),
    { minLength: 3, maxLength: 3 },
  )
  fc.assert(
    fc.property(fc.array(wild, { minLength: 3, maxLength: 3 }), (rounds) => {
      let state = rule.init()
      for (const answers of rounds) {
        const due = rule.task(state)
        if (due === null) return
        const updates = answers.flatMap(({ entries, changes, visits }, agent) => {
          const of = { ...update(entries.toSorted((one, other) => one - other), changes.slice(0, entries.length), visits.slice(0, entries.length)), agent } // prettier-ignore
          return qUpdateIssues(of, due, RULES).length === 0 ? [of] : []
        })
        taken += updates.length
        if (updates.length > 0) state = rule.fold(state, updates)
        expect(state.table.every((value) => value >= -1e-4 && value <= 10 + 1e-4)).toBe(true)
      }
    }),
    { seed: 1, numRuns: 2000 },
  )
  expect(taken).toBeGreaterThan(100)
})
