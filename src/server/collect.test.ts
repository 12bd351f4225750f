import { expect, it } from 'vitest'
import type { QTask } from '../protocol/q-messages.ts'
import { collect } from './collect.ts'
import { checkServerRule, contractOf, someUpdates } from './rule.contract.ts'

const contract = contractOf()
const rule = collect(contract)

checkServerRule('collect', contract, rule, true)

it('asks for all steps in one Task, from the zero table, and keeps every table in agent order', () => {
  const task = rule.task(rule.init()) as QTask
  expect(task).toEqual({ round: 0, step: 0, steps: 12, table: new Float64Array(8) })
  const updates = someUpdates(task, 3, 'equal', true)
  const { tables } = rule.fold(rule.init(), updates)
  expect([...(tables ?? [])]).toEqual(updates.flatMap(({ changes }) => [...changes]))
})
