/** Links over a wire that loses, repeats, reorders, delays and cuts short what it carries. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { faultyLinks, listenFaulty } from '../../test/transport-faults.ts'
import { checkTransport, frameOf, take } from '../transport.contract.ts'
import { limitsOf } from '../transport.ts'
import type { Link } from './link.ts'

checkTransport('a link', async (limits) => listenFaulty({ seed: 1, messageBytes: 8192 }, limits), {
  cut: true,
  freeze: true,
})

checkTransport(
  'a link over a wire with every fault',
  async (limits) => {
    const some = { drop: 0.02, duplicate: 0.05, reorder: 0.02, cut: 0.01, damage: 0.01, delayMs: 1 }
    return listenFaulty({ seed: 2, messageBytes: 20_000, ...some }, limits)
  },
  { cut: true, freeze: true },
)

it('carries every frame once, whole and in order, whatever the wire does', async () => {
  const share = fc.double({ min: 0, max: 0.2, noNaN: true })
  const faults = fc.record({
    seed: fc.nat(1000),
    messageBytes: fc.integer({ min: 200, max: 4096 }),
    drop: share,
    duplicate: share,
    reorder: share,
    cut: share,
    damage: share,
    delayMs: fc.nat(4),
  })
  const lengths = fc.array(fc.oneof(fc.nat(100), fc.nat(4000)), { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(faults, lengths, lengths, async (fault, up, down) => {
      const limits = limitsOf({ queueBytes: 20_000 })
      const [near, far] = faultyLinks(fault, [limits, limits])
      near.open()
      const crosses = async (from: Link, to: Link, all: readonly number[]) => {
        const arrived = take(to.endpoint.frames, all.length)
        for (const [i, length] of all.entries()) await from.endpoint.send(frameOf(i, length))
        expect(await arrived).toEqual(all.map((length, i) => frameOf(i, length)))
      }
      await Promise.all([crosses(near, far, up), crosses(far, near, down)])
      near.endpoint.close('done')
      expect((await far.endpoint.closed).code).not.toBe('limit')
      await near.endpoint.closed
    }),
    { seed: 11, numRuns: 30 },
  )
})

it('never holds more than its bound, however fast the other side sends', async () => {
  const limits = limitsOf({ queueBytes: 10_000, frameBytes: 1000 })
  const [near, far] = faultyLinks({ seed: 3, messageBytes: 200 }, [limits, limits])
  let sent = 0
  void (async () => {
    for (;;) {
      await near.endpoint.send(frameOf(sent, 1000))
      sent++
    }
  })().catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(sent).toBeLessThan(25)
  expect(far.endpoint.room).toBeGreaterThanOrEqual(0)
  const before = sent
  await take(far.endpoint.frames, 8)
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(sent).toBeGreaterThan(before + 4)
  // what nobody reads holds up the end for a while only
  near.endpoint.close()
  expect((await near.endpoint.closed).code).toBe('done')
  expect((await far.endpoint.closed).code).toBe('lost')
})

it('learns that a wire is slow, and then sends everything once', async () => {
  const limits = limitsOf()
  let bytes = 0
  const count = (passing: number, fromAgent: boolean): boolean => {
    if (fromAgent) bytes += passing
    return true
  }
  // several times the time after which a slice is sent again
  const [near, far] = faultyLinks({ seed: 4, messageBytes: 2000, delayMs: 40 }, [limits, limits], count)
  near.open()
  await near.answered
  const frames = Array.from({ length: 50 }, (_, i) => frameOf(i, 1900))
  for (let batch = 0; batch < 6; batch++) {
    bytes = 0
    for (const frame of frames) await near.endpoint.send(frame)
    expect(await take(far.endpoint.frames, 50)).toEqual(frames)
  }
  expect(bytes).toBeLessThan(1.2 * 50 * 1940)
  near.endpoint.close()
  await Promise.all([near.endpoint.closed, far.endpoint.closed])
})
