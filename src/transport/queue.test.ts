import fc from 'fast-check'
import { expect, it } from 'vitest'
import { rest, take } from '../transport.contract.ts'
import { Queue } from './queue.ts'

it('gives what was put, in order, however puts and takes alternate', async () => {
  const steps = fc.array(fc.integer({ min: -60, max: 60 }), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      const taken: number[] = []
      const queue = new Queue<number>((value) => taken.push(value))
      let put = 0
      for (const step of all) {
        for (let i = 0; i < step; i++) queue.put(put++)
        await take(queue, Math.min(Math.max(0, -step), put - taken.length))
      }
      queue.end()
      queue.put(-1)
      await rest(queue)
      expect(taken).toEqual(Array.from({ length: put }, (_, i) => i))
    }),
    { seed: 3 },
  )
})

it('wakes a reader that waits, for a value and for the end', async () => {
  const queue = new Queue<string>()
  const first = take(queue, 1)
  queue.put('a')
  expect(await first).toEqual(['a'])
  const second = take(queue, 1)
  queue.end()
  expect(await second).toEqual([])
})

it('drops what waits when it is told to', async () => {
  const queue = new Queue<string>()
  queue.put('a')
  queue.end(true)
  expect(await rest(queue)).toEqual([])
})
