import fc from 'fast-check'
import { expect, it } from 'vitest'
import { agentsOf, emptyTable, valueOf, withValue } from './agent-table.ts'
import type { AgentTable } from './agent-table.ts'

it('holds what a Map holds, in agent order, and changes nothing in place', () => {
  const changes = fc.array(fc.tuple(fc.nat(200), fc.option(fc.nat(5), { nil: undefined })))
  fc.assert(
    fc.property(changes, (list) => {
      let table: AgentTable<number> = emptyTable
      const plain = new Map<number, number>()
      for (const [agent, value] of list) {
        const before = structuredClone(table)
        const next = withValue(table, agent, value)
        expect(table).toEqual(before)
        table = next
        if (value === undefined) plain.delete(agent)
        else plain.set(agent, value)
      }
      expect(table.size).toBe(plain.size)
      expect(agentsOf(table)).toEqual([...plain.keys()].toSorted((one, other) => one - other))
      for (let agent = 0; agent <= 200; agent++) expect(valueOf(table, agent)).toBe(plain.get(agent))
    }),
    { seed: 1, numRuns: 50 },
  )
})
