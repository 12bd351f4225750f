/** What every transport keeps: a test file calls this with a way to open one. */
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import {
  ConnectionClosed,
  TransportError,
  type Closing,
  type Connection,
  type Guest,
  type Limits,
  type Listener,
} from './transport.ts'

/** A transport under test. */
export interface Rig {
  readonly listener: Listener
  /** an agent with limits of its own */
  connect(limits?: Partial<Limits>): Promise<Connection>
  /** lets so many more bytes pass from agents to the server, then breaks every line without a word */
  cutAfter?(bytes: number): void
  /** lets nothing pass from now on, though the lines stand */
  freeze?(): void
  /** frees what the listener does not */
  close?(): Promise<void>
}

/** What of a {@link Rig} a transport has. */
export interface Abilities {
  readonly cut?: boolean
  readonly freeze?: boolean
  /** bytes that the operating system or a broker holds for one direction of a connection, beside our queues */
  readonly slack?: number
  /** agents cannot stop what the server sends; instead it is the server that reads slowly */
  readonly unstoppable?: boolean
  /** an agent that is refused is not told why */
  readonly mute?: boolean
}

/** The next `count` values. */
export async function take<T>(values: AsyncIterable<T>, count: number): Promise<T[]> {
  const iterator = values[Symbol.asyncIterator]()
  const taken: T[] = []
  while (taken.length < count) {
    const { done, value } = await iterator.next()
    if (done === true) return taken
    taken.push(value)
  }
  return taken
}

/** All values to the end. */
export const rest = <T>(values: AsyncIterable<T>): Promise<T[]> => take(values, Number.POSITIVE_INFINITY)

/** A frame whose bytes tell its number and their place. */
export const frameOf = (number: number, length: number): Uint8Array =>
  Uint8Array.from(
    Buffer.alloc(length, Buffer.from(Array.from({ length: 256 }, (_, i) => number * 31 + i * 7))),
  )

/** Length and digest of frames: quick to compare, short to read. */
const shown = (frames: readonly Uint8Array[]): string[] =>
  frames.map(
    (frame) => `${frame.length} bytes ${createHash('sha256').update(frame).digest('hex').slice(0, 16)}`,
  )

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Settles to what `promise` does, or to `pending` if that takes longer than `ms`. */
const within = <T>(promise: Promise<T>, ms: number): Promise<T | 'pending'> =>
  Promise.race([promise, pause(ms).then(() => 'pending' as const)])

const KIB = 1024

/** @param open opens a transport anew at each call, its listener with these limits */
export function checkTransport(
  name: string,
  open: (limits: Partial<Limits>) => Promise<Rig>,
  { cut = false, freeze = false, slack = 0, unstoppable = false, mute = false }: Abilities = {},
): void {
  let rig: Rig
  const start = async (limits: Partial<Limits> = {}): Promise<Rig> => (rig = await open(limits))

  /** An agent and the server's end of its connection. */
  async function pair(
    limits: Partial<Limits> = {},
    own: Partial<Limits> = limits,
  ): Promise<[Connection, Guest]> {
    const { listener, connect } = await start(limits)
    const agent = await connect(own)
    const [guest] = await take(listener.connections, 1)
    return [agent, guest as Guest]
  }

  describe(`${name} as a transport`, () => {
    afterEach(async () => {
      await rig.listener.close()
      await rig.close?.()
    })

    it('carries frames of any length both ways, whole, in order, once each', async () => {
      const [agent, guest] = await pair()
      guest.admit()
      const lengths = fc.array(fc.oneof(fc.nat(64), fc.integer({ min: 1000, max: 300_000 })), {
        maxLength: 12,
      })
      const crosses = async (from: Connection, to: Connection, all: readonly number[]): Promise<void> => {
        const sent = all.map((length, i) => frameOf(i, length))
        const arrived = take(to.frames, sent.length)
        for (const frame of sent) await from.send(frame)
        expect(shown(await arrived)).toEqual(shown(sent))
      }
      await fc.assert(
        fc.asyncProperty(lengths, lengths, async (up, down) => {
          await Promise.all([crosses(agent, guest, up), crosses(guest, agent, down)])
        }),
        { seed: 5, numRuns: 12 },
      )
    })

    it('gives the reader memory of its own, from a multiple of 8 bytes, and leaves the sender its bytes', async () => {
      const [agent, guest] = await pair()
      const frame = frameOf(1, 1001).subarray(1)
      for (let i = 0; i < 5; i++) await agent.send(frame)
      expect(frame).toEqual(frameOf(1, 1001).subarray(1))
      for (const arrived of await take(guest.frames, 5)) {
        expect(arrived.byteOffset % 8).toBe(0)
        expect(arrived.buffer.byteLength).toBeLessThanOrEqual(2000)
        arrived.fill(0)
      }
      expect(frame).toEqual(frameOf(1, 1001).subarray(1))
    })

    it('keeps many connections apart', async () => {
      const { listener, connect } = await start()
      const agents = await Promise.all(Array.from({ length: 20 }, () => connect()))
      const guests = await take(listener.connections, 20)
      const echoes = guests.map(async (guest) => {
        guest.admit()
        for (const frame of await take(guest.frames, 10)) await guest.send(frame)
      })
      const replies = await Promise.all(
        agents.map(async (agent, k) => {
          for (let i = 0; i < 10; i++) await agent.send(frameOf(k, 100 * i + k))
          return take(agent.frames, 10)
        }),
      )
      await Promise.all(echoes)
      const sent = agents.map((_, k) => Array.from({ length: 10 }, (_, i) => frameOf(k, 100 * i + k)))
      expect(replies.map(shown)).toEqual(sent.map(shown))
    })

    it.each(['agent', 'server'])(
      'tells the other side why the %s closes, after all that was sent',
      async (who) => {
        const [agent, guest] = await pair()
        const [here, there] = who === 'agent' ? [agent, guest] : [guest, agent]
        for (let i = 0; i < 3; i++) await here.send(frameOf(i, 50_000))
        here.close('key revoked: é')
        here.close('a second time')
        const closing: Closing = { code: 'done', reason: 'key revoked: é' }
        expect(shown(await rest(there.frames))).toEqual(shown([0, 1, 2].map((i) => frameOf(i, 50_000))))
        expect(await there.closed).toEqual(closing)
        expect(await here.closed).toEqual(closing)
        for (const end of [here, there]) {
          expect(await rest(end.frames)).toEqual([])
          await expect(end.send(frameOf(0, 8))).rejects.toThrow(ConnectionClosed)
        }
      },
    )

    it('refuses to send a frame that is too long, and goes on', async () => {
      const [agent, guest] = await pair({ frameBytes: 100 })
      await expect(agent.send(frameOf(0, 101))).rejects.toThrow(
        'expected a frame of at most 100 bytes, got 101',
      )
      await agent.send(frameOf(0, 100))
      expect(shown(await take(guest.frames, 1))).toEqual(shown([frameOf(0, 100)]))
    })

    it('ends the connection of a peer that sends one', async () => {
      const [agent, guest] = await pair({ frameBytes: 100 }, { frameBytes: 1000 })
      await agent.send(frameOf(0, 100))
      await agent.send(frameOf(1, 101))
      expect(await rest(guest.frames)).toEqual([frameOf(0, 100)])
      expect(await guest.closed).toMatchObject({ code: 'limit' })
      expect((await agent.closed).code).toBe('limit')
    })

    it('holds a stranger down until it is admitted', async () => {
      const { listener, connect } = await start({ helloMs: 150, helloBytes: 100 })
      const [silent, loud, known] = [await connect({}), await connect({}), await connect({})]
      const [first, second, third] = (await take(listener.connections, 3)) as [Guest, Guest, Guest]
      third.admit()
      await loud.send(frameOf(0, 101))
      await known.send(frameOf(0, 101))
      expect(shown(await take(third.frames, 1))).toEqual(shown([frameOf(0, 101)]))
      expect(await rest(second.frames)).toEqual([])
      expect([await second.closed, await loud.closed]).toMatchObject([{ code: 'limit' }, { code: 'limit' }])
      expect((await first.closed).reason).toContain('150 ms')
      expect((await silent.closed).reason).toContain('150 ms')
      expect(await within(third.closed, 50)).toBe('pending')
    })

    it('takes as many connections as it may, and another when one has gone', async () => {
      const { listener, connect } = await start({ connections: 2 })
      const [first] = [await connect(), await connect()]
      const [guest] = (await take(listener.connections, 2)) as [Guest, Guest]
      await expect(connect()).rejects.toThrow(
        mute ? 'cannot connect' : 'the server has its most connections, 2',
      )
      first?.close()
      await guest.closed
      const third = await connect()
      const [another] = await take(listener.connections, 1)
      await third.send(frameOf(3, 10))
      expect(await take(another?.frames as AsyncIterable<Uint8Array>, 1)).toEqual([frameOf(3, 10)])
    })

    it('makes a sender wait for a slow reader, and loses nothing', async () => {
      const [agent, guest] = await pair({ queueBytes: 64 * KIB })
      guest.admit()
      const [from, to] = unstoppable ? [agent, guest] : [guest, agent]
      const length = 16 * KIB
      const count = Math.ceil(slack / length) + 200
      let sent = 0
      const all = (async () => {
        for (; sent < count; sent++) await from.send(frameOf(sent, length))
      })()
      expect(await within(all, 300)).toBe('pending')
      // the queue here, what the line holds, the queue there
      expect(sent * length).toBeLessThan(4 * 64 * KIB + slack)
      const arrived = await take(to.frames, count)
      await all
      expect(arrived.every((frame, i) => Buffer.compare(frame, frameOf(i, length)) === 0)).toBe(true)
    })

    it('ends a connection whose reader is too slow for a sender that does not wait', async () => {
      const [agent, guest] = await pair({ queueBytes: 64 * KIB, frameBytes: 16 * KIB })
      guest.admit()
      const [from, to] = unstoppable ? [agent, guest] : [guest, agent]
      const sends: Promise<void>[] = []
      for (let i = 0; i < slack / (16 * KIB) + 50; i++) sends.push(from.send(frameOf(i, 16 * KIB)))
      const outcomes = await Promise.allSettled(sends)
      expect(outcomes.at(-1)).toMatchObject({ status: 'rejected', reason: { closing: { code: 'limit' } } })
      expect((await from.closed).reason).toContain('it reads too slowly')
      const arrived = await rest(to.frames)
      expect(arrived.every((frame, i) => Buffer.compare(frame, frameOf(i, 16 * KIB)) === 0)).toBe(true)
      expect((await to.closed).code).not.toBe('done')
    })

    it.skipIf(unstoppable)('does not let one slow reader hold up the others', async () => {
      const { listener, connect } = await start({ queueBytes: 64 * KIB })
      const [slow, quick] = [await connect(), await connect()]
      const [stuck, free] = (await take(listener.connections, 2)) as [Guest, Guest]
      const waits = (async () => {
        for (;;) await stuck.send(frameOf(0, 16 * KIB))
      })()
      waits.catch(() => {})
      expect(await within(waits, 200)).toBe('pending')
      await free.send(frameOf(1, 16 * KIB))
      expect(shown(await take(quick.frames, 1))).toEqual(shown([frameOf(1, 16 * KIB)]))
      slow.close()
    })

    it('ends everything when the listener closes', async () => {
      const { listener, connect } = await start()
      const agents = [await connect(), await connect()]
      await take(listener.connections, 2)
      await listener.close('maintenance')
      expect(await Promise.all(agents.map(({ closed }) => closed))).toEqual([
        { code: 'done', reason: 'maintenance' },
        { code: 'done', reason: 'maintenance' },
      ])
      expect(await rest(listener.connections)).toEqual([])
      await expect(connect({ helloMs: 300 })).rejects.toThrow(TransportError)
    })

    it.runIf(cut)('never gives a part of a frame, wherever the line breaks', async () => {
      for (const bytes of [0, 1, 40, 10_000, 50_001, 150_000]) {
        const [agent, guest] = await pair({ silenceMs: 300 })
        await agent.send(frameOf(9, 10))
        await take(guest.frames, 1)
        rig.cutAfter?.(bytes)
        await Promise.allSettled([0, 1, 2, 3].map((i) => agent.send(frameOf(i, 50_000))))
        const arrived = await rest(guest.frames)
        expect(shown(arrived)).toEqual(shown(arrived.map((_, i) => frameOf(i, 50_000))))
        expect(arrived.length).toBeLessThanOrEqual(bytes / 50_000)
        expect([await guest.closed, await agent.closed]).toMatchObject([{ code: 'lost' }, { code: 'lost' }])
        await rig.listener.close()
        await rig.close?.()
      }
    })

    it.runIf(freeze)('takes a peer that gives no sign of life for lost, on both sides', async () => {
      const [agent, guest] = await pair({ silenceMs: 300 })
      guest.admit()
      // quiet is not dead
      expect(await within(Promise.race([agent.closed, guest.closed]), 700)).toBe('pending')
      rig.freeze?.()
      expect([await guest.closed, await agent.closed]).toMatchObject([{ code: 'lost' }, { code: 'lost' }])
    })
  })
}
