import { describe, expect, it } from 'vitest'
import { changed, nothingKept, stateAfter, type Kept, type KeptChange } from './kept.ts'

const RUN = { variant: 0, seed: 1 }
const OTHER = { variant: 0, seed: 2 }

const offer = (ordinal: number, run = RUN): KeptChange => ({
  type: 'offer',
  ...run,
  ordinal,
  state: `after ${ordinal}`,
  frame: Uint8Array.of(ordinal),
})
const news = (type: 'durable' | 'dropped', ordinal: number, run = RUN): KeptChange => ({
  type,
  ...run,
  ordinal,
})

const after = (...changes: readonly KeptChange[]): Kept =>
  changes.reduce<Kept | null>(changed, null) ?? nothingKept(RUN)
const ordinals = ({ offers }: Kept): number[] => offers.map(({ ordinal }) => ordinal)

describe('what an agent keeps', () => {
  it('is every Update until it is durable, and the state after the last that is', () => {
    const kept = after(offer(0), offer(1), offer(2), news('durable', 1))
    expect([kept.base, kept.state, ordinals(kept)]).toEqual([2, 'after 1', [2]])
  })

  it('drops an Update that will not be folded, and only that one', () => {
    expect(ordinals(after(offer(0), offer(1), offer(2), news('dropped', 1)))).toEqual([0, 2])
  })

  it('is not changed by what is heard twice, late, or of an Update that it does not have', () => {
    const kept = after(offer(0), news('durable', 0), offer(1))
    for (const change of [news('durable', 0), news('dropped', 0), news('durable', 5), news('dropped', 5)])
      expect(changed(kept, change)).toEqual(kept)
    expect(changed(kept, offer(1))).toEqual(kept)
  })

  it('begins anew with another run, whose old news mean nothing', () => {
    const kept = after(offer(0), news('durable', 0), offer(1), offer(0, OTHER))
    expect([kept.seed, kept.base, ordinals(kept)]).toEqual([2, 0, [0]])
    expect(changed(kept, news('durable', 0))).toEqual(kept)
  })

  it('gives the state that a Task names, where it has it', () => {
    const kept = after(offer(0), offer(1), news('durable', 1), offer(2), offer(4))
    const first = (): string => 'first'
    expect(stateAfter(nothingKept(RUN), 0, first)).toEqual({ state: 'first' })
    expect([2, 3, 5].map((n) => stateAfter(kept, n, first)?.state)).toEqual(['after 1', 'after 2', 'after 4'])
    expect([0, 1, 4, 6].map((n) => stateAfter(kept, n, first))).toEqual([null, null, null, null])
  })
})
