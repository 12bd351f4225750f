import { expect, it } from 'vitest'
import { keepTraffic } from './traffic-keeper.ts'

/** A keeper of a count, whose alarms ring and whose writing ends when the test says. */
function world() {
  const alarms: (() => void)[] = []
  const writes: { readonly count: number; readonly settle: (error?: Error) => void }[] = []
  let count = 0
  const keeper = keepTraffic(
    {
      after(_, ring) {
        alarms.push(ring)
        return () => void alarms.splice(alarms.indexOf(ring), 1)
      },
    },
    () => count,
    () =>
      new Promise((resolve, reject) =>
        writes.push({ count, settle: (error) => (error === undefined ? resolve() : reject(error)) }),
      ),
  )
  return {
    keeper,
    alarms,
    grow: (to: number) => void (count = to),
    /** the next alarm rings */
    async ring() {
      alarms.shift()?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
    /** the last writing ends */
    async settle(error?: Error) {
      writes.at(-1)?.settle(error)
      await new Promise((resolve) => setImmediate(resolve))
    },
    counts: () => writes.map((one) => one.count),
  }
}

it('what was counted is written down from time to time, once, where it has grown', async () => {
  const here = world()
  await here.ring()
  expect(here.counts()).toEqual([])
  here.grow(7)
  await here.ring()
  expect(here.counts()).toEqual([7])
  // while it is written, nobody begins to write it again
  expect(here.alarms).toEqual([])
  await here.settle()
  await here.ring()
  here.grow(8)
  await here.ring()
  expect(here.counts()).toEqual([7, 8])
})

it('what could not be written is written at the next look', async () => {
  const here = world()
  here.grow(7)
  await here.ring()
  await here.settle(new Error('no space left'))
  await here.ring()
  expect(here.counts()).toEqual([7, 7])
})

it('the end waits for what is being written, writes all once more and looks no more', async () => {
  const here = world()
  here.grow(7)
  await here.ring()
  const ended = here.keeper.end()
  here.grow(9)
  await here.settle()
  expect(here.counts()).toEqual([7, 9])
  await here.settle()
  await ended
  expect(here.alarms).toEqual([])
})
