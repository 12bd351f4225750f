/** What every {@link Cohort} keeps: a test file calls this with a way to make one of given learners. */
import { describe, expect, it } from 'vitest'
import type { Learner } from '../agent/learner.ts'
import type { Cohort } from './cohort.ts'

/** What the learners of the contract exchange: plain data, so that it can be sent. */
export interface Sum {
  readonly agent: number
  readonly value: number
}

/** Adds up the numbers it is given, from its own index on. */
const adder = (agent: number): Learner<number, number, Sum> => ({
  init: () => agent,
  apply: (sum, number) => ({ state: sum + number, update: { agent, value: sum + number } }),
})

/** @param open makes a cohort of these learners, anew at each call */
export function checkCohort(
  name: string,
  open: (learners: readonly Learner<number, number, Sum>[]) => Cohort<number, Sum>,
): void {
  const three = () => open([adder(0), adder(1), adder(2)])

  describe(`${name} as a cohort`, () => {
    it('answers once for every agent, in agent order', async () => {
      expect(await three().work(10)).toEqual([
        { agent: 0, value: 10 },
        { agent: 1, value: 11 },
        { agent: 2, value: 12 },
      ])
    })

    it('keeps the state of every agent from Task to Task', async () => {
      const cohort = three()
      await cohort.work(10)
      expect((await cohort.work(5)).map(({ value }) => value)).toEqual([15, 16, 17])
    })

    it('shares nothing with another cohort', async () => {
      await three().work(10)
      expect((await three().work(1)).map(({ value }) => value)).toEqual([1, 2, 3])
    })
  })
}
