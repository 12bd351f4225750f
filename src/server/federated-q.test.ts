import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { initialTable } from '../numeric/initial-table.ts'
import { NOBODY } from '../numeric/stream.ts'
import type { QTask, QUpdate } from '../protocol/q-messages.ts'
import { federatedQ } from './federated-q.ts'
import { checkServerRule, contractOf, someUpdates } from './rule.contract.ts'

for (const averaging of ['equal', 'importance'] as const) {
  for (const initial of ['shared', 'perAgent', 3] as const) {
    for (const dense of [true, false]) {
      const contract = contractOf({ averaging, initial })
      const kind = `${averaging}, ${initial}, ${dense ? 'dense' : 'sparse'}`
      checkServerRule(`federated Q, ${kind}`, contract, federatedQ(contract), dense)
    }
  }
}

const update = (agent: number, entries: number[], changes: number[], visits: number[] | null): QUpdate => ({
  agent,
  round: 0,
  entries: Uint32Array.from(entries),
  changes: Float64Array.from(changes),
  visits: visits === null ? null : Uint32Array.from(visits),
})

describe('federatedQ', () => {
  it('begins with the common table, and asks in rounds of tau steps, the last one shorter', () => {
    const contract = contractOf()
    const rule = federatedQ(contract)
    const first = rule.task(rule.init())
    expect(first?.table).toEqual(initialTable(contract, NOBODY))
    const last = rule.task({ round: 2, step: 10, table: new Float64Array(8) })
    expect([first?.steps, last?.steps]).toEqual([5, 2])
  })

  it('averages equally over all agents, whoever was silent, eq. (25)', () => {
    const rule = federatedQ(contractOf({ initial: 1 }))
    const updates = [update(0, [0, 2], [3, -1], null), update(1, [2], [-2], null), update(2, [], [], null)]
    const { table, round, step } = rule.fold(rule.init(), updates)
    expect([...table]).toEqual([2, 1, 0, 1, 1, 1, 1, 1])
    expect([round, step]).toEqual([1, 5])
  })

  it('averages by (1 - eta)^-visits, eq. (27)', () => {
    const rule = federatedQ(contractOf({ averaging: 'importance', stepSize: 0.5, initial: 1 }))
    const updates = [update(0, [0], [7], [1]), update(1, [0], [7 / 2], [2]), update(2, [], [], [])]
    // weights 2, 4 and 1, of 7
    expect(rule.fold(rule.init(), updates).table[0]).toBeCloseTo(1 + (2 * 7 + 4 * 3.5) / 7, 14)
  })

  it("weighs by the step size of the round's first step", () => {
    const contract = contractOf({ averaging: 'importance', stepSize: { polynomial: 1 }, initial: 0 })
    const updates = [update(0, [0], [12], [1]), update(1, [], [], []), update(2, [], [], [])]
    const at = (step: number): number | undefined =>
      federatedQ(contract).fold({ round: 1, step, table: new Float64Array(8) }, updates).table[0]
    // eta = 1/2: weights 2, 1, 1; eta = 1/7: 7/6, 1, 1
    expect(at(0)).toBeCloseTo(6, 14)
    expect(at(5)).toBeCloseTo((12 * 7) / 19, 13)
  })

  it('keeps every entry between the least and the largest of the agents, so in [0, 1 / (1 - gamma)] (30)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('equal' as const, 'importance' as const),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        fc.nat(1e6),
        (averaging, stepSize, agents, dense, round) => {
          const contract = contractOf({ averaging, stepSize, agents, syncPeriod: 50, steps: 1e9 })
          const state = { round, step: 50 * round, table: initialTable(contract, NOBODY) }
          const rule = federatedQ(contract)
          const updates = someUpdates(rule.task(state) as QTask, agents, averaging, dense)
          rule.fold(state, updates).table.forEach((value, entry) => {
            const local = updates.map(({ entries, changes }) => {
              const at = entries === null ? entry : entries.indexOf(entry)
              return (state.table[entry] as number) + (changes[at] ?? 0)
            })
            expect(value).toBeGreaterThanOrEqual(Math.min(...local) - 1e-12)
            expect(value).toBeLessThanOrEqual(Math.max(...local) + 1e-12)
          })
        },
      ),
      { seed: 1, numRuns: 300 },
    )
  })
})
