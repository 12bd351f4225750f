import { expect, it } from 'vitest'
import type { ServerRule } from '../server/rule.ts'
import type { Cohort } from './cohort.ts'
import { federate } from './loop.ts'

/** Asks for 1, 2, ... up to `rounds`, and keeps what comes. */
const keeper = (rounds: number): ServerRule<readonly number[], number, number> => ({
  init: () => [],
  task: (state) => (state.length < 2 * rounds ? state.length / 2 + 1 : null),
  fold: (state, updates) => [...state, ...updates],
})

const echo: Cohort<number, number> = { work: (task) => Promise.resolve([task, -task]) }

it('takes every Task out and its Updates back, tells the state after every round, and ends in the last', async () => {
  const told: (readonly number[])[] = []
  expect(await federate(keeper(3), echo, (state) => told.push(state))).toEqual([1, -1, 2, -2, 3, -3])
  expect(told.map((state) => state.length)).toEqual([2, 4, 6])
  expect(await federate(keeper(1), echo)).toEqual([1, -1])
})

it('ends at once where nothing is asked', async () => {
  const nobody: Cohort<number, number> = { work: () => Promise.reject(new Error('nothing was asked')) }
  expect(await federate(keeper(0), nobody)).toEqual([])
})

it('fails where the cohort does', async () => {
  const broken: Cohort<number, number> = { work: () => Promise.reject(new Error('agent 3 is gone')) }
  await expect(federate(keeper(1), broken)).rejects.toThrow('agent 3 is gone')
})
