/** Links over a wire that loses, repeats, reorders, delays and cuts short what it carries. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { faultyWires, type WireFaults } from '../../test/transport-faults.ts'
import { checkTransport, frameOf, take } from '../transport.contract.ts'
import { TransportError, limitsOf, type Limits } from '../transport.ts'
import { Guests } from './guests.ts'
import { Link } from './link.ts'

const PACE = { resendMs: 8, ackMs: 2, partingMs: 1000 }

/** Both ends of a link over one faulty wire, each hearing what the other sends. */
function linkPair(faults: WireFaults, limits: readonly [Limits, Limits]): [Link, Link] {
  const wires = faultyWires(faults)
  const [near, far] = [
    new Link('far', limits[0], wires[0], PACE),
    new Link('near', limits[1], wires[1], PACE),
  ] as const
  wires[0].onMessage((bytes) => far.hear(bytes))
  wires[1].onMessage((bytes) => near.hear(bytes))
  return [near, far]
}

/** A listener over such wires, each its own. */
function rig(faults: WireFaults, some: Partial<Limits>) {
  const limits = limitsOf(some)
  const guests = new Guests(limits)
  let seed = faults.seed
  const connect = async (own = some) => {
    const refused = guests.refusal
    if (refused !== null) throw new TransportError(refused.reason)
    const [agent, guest] = linkPair({ ...faults, seed: seed++ }, [limitsOf(own), limits])
    guests.add(guest.endpoint)
    agent.open()
    await agent.answered
    return agent.endpoint
  }
  const listener = { address: 'test', connections: guests.connections, close: (why?: string) => guests.close(why) }
  return { listener, connect }
}

checkTransport('a link', async (limits) => rig({ seed: 1, messageBytes: 8192 }, limits))

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
      const [near, far] = linkPair(fault, [limits, limits])
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
  const [near, far] = linkPair({ seed: 3, messageBytes: 200 }, [limits, limits])
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
