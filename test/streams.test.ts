/**
 * Keyed streams: that a key keeps its words for ever, and that streams of different agents, seeds and purposes know nothing of one
 * another. Significance 0.001 each, at fixed keys.
 */
import { describe, expect, it, test } from 'vitest'
import { NOBODY, Purpose, nextWord, streamOf } from '../src/numeric/stream.ts'
import type { PurposeId, Stream } from '../src/numeric/stream.ts'
import { chiSquare, criticalValue } from './chi-square.ts'

type Key = readonly [seed: number, agent: number, purpose: PurposeId]

// From a separate implementation of Threefry-2x32-20 and xoroshiro64**, in the integers of Python.
const GOLDEN: readonly (readonly [Key, readonly number[]])[] = [
  [
    [1, 0, Purpose.walk],
    [0x700a82fc, 0xc8854496, 0xb2a1f573],
  ],
  [
    [1, 0, Purpose.start],
    [0x81911d26, 0xc3f7d02e, 0xad14ac43],
  ],
  [
    [1, 0, Purpose.initial],
    [0xbd3e0470, 0x472d32b1, 0x1a8f54fe],
  ],
  [
    [1, 0, Purpose.behavior],
    [0x09a13f3d, 0x898f74d6, 0x352690f2],
  ],
  [
    [1, NOBODY, Purpose.model],
    [0xcdb19f06, 0x84ad640d, 0x2e3273aa],
  ],
  [
    [1, NOBODY, Purpose.bootstrap],
    [0x121e226d, 0x9edc8b08, 0xa32e3ed9],
  ],
  [
    [1, NOBODY, Purpose.environment],
    [0x65c9567c, 0x03367e88, 0xc24c0072],
  ],
  [
    [1, NOBODY, Purpose.policy],
    [0xc0481a45, 0x7d75eb22, 0xc4d0a0da],
  ],
  [
    [1, 0, Purpose.evaluation],
    [0x3bc1aa1e, 0x75b87767, 0x1389aedf],
  ],
  [
    [1, 1, Purpose.walk],
    [0x3e5c4bf7, 0x186dfe4c, 0xbdc31dd2],
  ],
  [
    [2, 0, Purpose.walk],
    [0x363d99e4, 0x1d20ff14, 0xd4602d4d],
  ],
  [
    [2 ** 53 - 1, 2 ** 32 - 2, Purpose.start],
    [0x549f63eb, 0xe4ba7d96, 0xf39f84f8],
  ],
]

test.each(GOLDEN)('the stream of seed, agent, purpose = %j begins as it always did', (key, words) => {
  const stream = streamOf(...key)
  expect(words.map(() => nextWord(stream))).toEqual(words)
})

test('every purpose has a golden stream, so that none is renumbered unnoticed', () => {
  expect(new Set(GOLDEN.map(([[, , purpose]]) => purpose))).toEqual(new Set(Object.values(Purpose)))
})

const HIGH = (word: number): number => word >>> 28
const LOW = (word: number): number => word & 15

/** Pairs of words, the way that `draw` brings them, in the 16 x 16 cells of four of their bits, against equal expectation. */
function expectIndependent(
  bits: (word: number) => number,
  pairs: number,
  draw: () => readonly [number, number],
): void {
  const counts = new Float64Array(256)
  for (let i = 0; i < pairs; i++) {
    const [first, second] = draw()
    counts[16 * bits(first) + bits(second)]!++
  }
  const { statistic } = chiSquare(counts, new Float64Array(256).fill(pairs / 256))
  expect(statistic).toBeLessThan(criticalValue(255))
}

const sideBySide = (a: Stream, b: Stream) => () => [nextWord(a), nextWord(b)] as const

const PAIRS: readonly (readonly [string, Key, Key])[] = [
  ['neighbouring agents', [1, 0, Purpose.walk], [1, 1, Purpose.walk]],
  ['agents 0 and 65536', [1, 0, Purpose.walk], [1, 65536, Purpose.walk]],
  ['neighbouring seeds', [1, 0, Purpose.walk], [2, 0, Purpose.walk]],
  ['seeds 2^32 apart', [1, 0, Purpose.walk], [1 + 2 ** 32, 0, Purpose.walk]],
  ['seed and agent changing places', [1, 2, Purpose.walk], [2, 1, Purpose.walk]],
  ['an agent and nobody', [1, 0, Purpose.walk], [1, NOBODY, Purpose.walk]],
  ['walk and start', [1, 0, Purpose.walk], [1, 0, Purpose.start]],
  ['walk and initial', [1, 0, Purpose.walk], [1, 0, Purpose.initial]],
  ['walk and behavior', [1, 0, Purpose.walk], [1, 0, Purpose.behavior]],
  ['model and bootstrap', [1, NOBODY, Purpose.model], [1, NOBODY, Purpose.bootstrap]],
]

describe('streams are independent: 16 x 16 contingency, 65,536 pairs, chi-square below 330.6 (255 degrees of freedom)', () => {
  it.each(PAIRS)('%s', (_, one, other) => {
    expectIndependent(HIGH, 65_536, sideBySide(streamOf(...one), streamOf(...other)))
    expectIndependent(LOW, 65_536, sideBySide(streamOf(...one), streamOf(...other)))
  })

  it.each([
    ['agents', (i: number): Key => [9, i, Purpose.walk]],
    ['seeds', (i: number): Key => [i, 9, Purpose.walk]],
  ])('the tenth words of neighbouring %s', (_, key) => {
    const tenth = (i: number): number => {
      const stream = streamOf(...key(i))
      for (let skipped = 0; skipped < 9; skipped++) nextWord(stream)
      return nextWord(stream)
    }
    let i = 0
    expectIndependent(HIGH, 65_536, () => [tenth(i++), tenth(i++)])
  })
})

describe('the words of one stream are independent', () => {
  it.each([1, 2, 3, 10])('at lag %i: 16 x 16 contingency of 65,536 pairs that do not overlap', (lag) => {
    for (const bits of [HIGH, LOW]) {
      const stream = streamOf(3, 5, Purpose.walk)
      expectIndependent(bits, 65_536, () => {
        const words = Array.from({ length: lag + 1 }, () => nextWord(stream))
        return [words[0] as number, words[lag] as number]
      })
    }
  })

  it.each([1, 2, 3, 10])(
    'at lag %i: correlation of 200,000 pairs within 3.29 standard errors of 0',
    (lag) => {
      const stream = streamOf(3, 5, Purpose.walk)
      const centred = Array.from({ length: 200_000 + lag }, () => nextWord(stream) / 2 ** 32 - 1 / 2)
      let sum = 0
      for (let i = 0; i < 200_000; i++) sum += centred[i]! * centred[i + lag]!
      expect(Math.abs((12 * sum) / 200_000)).toBeLessThan(3.29 / Math.sqrt(200_000))
    },
  )

  it('has no bit that is set more often than not: 32 bits of 200,000 words', () => {
    const stream = streamOf(3, 5, Purpose.walk)
    const set = new Float64Array(32)
    for (let i = 0; i < 200_000; i++) {
      const word = nextWord(stream)
      for (let bit = 0; bit < 32; bit++) set[bit]! += (word >>> bit) & 1
    }
    // each bit is a sum of 200,000 fair coins: its square in units of the variance is chi-square with one degree of freedom
    const statistic = set.reduce((sum, count) => sum + (count - 100_000) ** 2 / 50_000, 0)
    expect(statistic).toBeLessThan(criticalValue(32))
  })
})
