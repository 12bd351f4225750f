import { describe, expect, it } from 'vitest'
import { NOBODY, Purpose, below, nextWord, streamOf, threefry2x32, uniform } from './stream.ts'

describe('threefry2x32', () => {
  it('gives the known answers of the Random123 distribution (kat_vectors, threefry2x32 20)', () => {
    expect(threefry2x32(0, 0, 0, 0)).toEqual([0x6b200159, 0x99ba4efe])
    expect(threefry2x32(0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff)).toEqual([0x1cb996fc, 0xbb002be7])
    expect(threefry2x32(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3)).toEqual([0xc4923a9c, 0x483df7a0])
  })
})

describe('nextWord', () => {
  it('gives the known answers of xoroshiro64** (reference C code, state 1, 2)', () => {
    const stream = Uint32Array.of(1, 2)
    const words = Array.from({ length: 10 }, () => nextWord(stream))
    expect(words).toEqual([
      3802928447, 813792938, 1618621494, 2955957307, 3252880261, 1129983909, 2539651700, 1327610908,
      1757650787, 2763843748,
    ])
  })

  it('continues from a kept position', () => {
    const stream = streamOf(7, 3, Purpose.walk)
    nextWord(stream)
    const kept = stream.slice()
    expect(nextWord(kept)).toBe(nextWord(stream))
  })
})

describe('streamOf', () => {
  it('tells seeds, agents and purposes apart, also beyond 32 bits of seed', () => {
    const keys = [
      [1, 0, Purpose.walk],
      [2, 0, Purpose.walk],
      [1, 1, Purpose.walk],
      [1, 0, Purpose.start],
      [1 + 4294967296, 0, Purpose.walk],
      [1, NOBODY, Purpose.walk],
    ] as const
    expect(new Set(keys.map(([seed, agent, purpose]) => nextWord(streamOf(seed, agent, purpose)))).size).toBe(
      keys.length,
    )
  })

  it('refuses what is no seed and no agent', () => {
    expect(() => streamOf(-1, 0, Purpose.walk)).toThrow('got -1')
    expect(() => streamOf(0.5, 0, Purpose.walk)).toThrow('got 0.5')
    expect(() => streamOf(1, 4294967296, Purpose.walk)).toThrow('got 4294967296')
    expect(() => streamOf(1, -1, Purpose.walk)).toThrow('got -1')
    expect(() => streamOf(1, 0.5, Purpose.walk)).toThrow('got 0.5')
  })
})

/** The top four bits of a stream's first word. */
const sixteenth = ([seed, agent]: readonly [number, number]): number =>
  nextWord(streamOf(seed, agent, Purpose.walk)) >>> 28

/** Pearson's statistic of counts against equal expectation. */
const chiSquare = (counts: readonly number[], expected: number): number =>
  counts.reduce((sum, count) => sum + (count - expected) * (count - expected), 0) / expected

describe('draws', () => {
  // 99.9 % points of chi-square: 27.9 with 9 degrees of freedom, 330.5 with 255.
  it('below is uniform', () => {
    const stream = streamOf(11, 0, Purpose.model)
    const counts = Array.from({ length: 10 }, () => 0)
    for (let i = 0; i < 100_000; i++) counts[below(stream, 10)]!++
    expect(chiSquare(counts, 10_000)).toBeLessThan(27.9)
  })

  it('below rejects what would favour small numbers: a third of 3 * 2^30 lies below 2^30', () => {
    const stream = streamOf(12, 0, Purpose.model)
    let small = 0
    for (let i = 0; i < 9000; i++) if (below(stream, 3 * 2 ** 30) < 2 ** 30) small++
    // four standard errors of 9000 draws; without rejection it would be 4500
    expect(Math.abs(small - 3000)).toBeLessThan(4 * Math.sqrt(9000 * (1 / 3) * (2 / 3)))
  })

  it('words of one step are independent across agents and across seeds', () => {
    for (const key of [(i: number): [number, number] => [5, i], (i: number): [number, number] => [i, 5]]) {
      const counts = Array.from({ length: 256 }, () => 0)
      let first = sixteenth(key(0))
      for (let i = 0; i < 100_000; i++) {
        const second = sixteenth(key(i + 1))
        counts[16 * first + second]!++
        first = second
      }
      expect(chiSquare(counts, 100_000 / 256)).toBeLessThan(330.5)
    }
  })

  it('uniform lies in [0, 1) with mean 1/2 and variance 1/12', () => {
    const stream = streamOf(3, 0, Purpose.initial)
    let [sum, squares, outside] = [0, 0, 0]
    for (let i = 0; i < 200_000; i++) {
      const u = uniform(stream)
      if (!(u >= 0 && u < 1)) outside++
      sum += u
      squares += u * u
    }
    expect(outside).toBe(0)
    // four standard errors: 4 * sqrt(1/12/200000) and 4 * sqrt(4/45/200000)
    expect(Math.abs(sum / 200_000 - 1 / 2)).toBeLessThan(0.0026)
    expect(Math.abs(squares / 200_000 - 1 / 3)).toBeLessThan(0.0027)
  })
})
