import { describe, expect, it } from 'vitest'
import type { Samples } from '../../metrics/samples.ts'
import { NOBODY, Purpose, streamOf, uniform } from '../../numeric/stream.ts'
import {
  allPositive,
  allWithinDraws,
  close,
  drawMeans,
  exact,
  excess,
  inside,
  intervalAt,
  rises,
  slopeOfSquares,
  stationary,
  withinDraws,
} from './judge.ts'

/** `count` seeds around `centre`, spread evenly over centre +- width. */
function around(centre: number, width: number, count = 40): Samples {
  const stream = streamOf(5, NOBODY, Purpose.model)
  const values = Array.from({ length: count }, () => centre + width * (2 * uniform(stream) - 1))
  return { step: 100, round: 2, seeds: values.map((_, i) => i + 1), values }
}

const zero = (count = 40): Samples => around(0, 0, count)

describe('allPositive', () => {
  it('comes out all three ways', () => {
    const judged = (centre: number): string =>
      allPositive('c', [excess('p', around(centre, 1), zero())]).verdict
    expect([judged(1), judged(0.01), judged(-1)]).toEqual(['holds', 'undecided', 'does not hold'])
  })

  it('holds only when it holds everywhere, and fails when it fails anywhere', () => {
    const at = (...centres: number[]): string =>
      allPositive(
        'c',
        centres.map((centre) => excess(`p ${centre}`, around(centre, 1), zero())),
      ).verdict
    expect(at(1, 2, 3)).toBe('holds')
    expect(at(1, 0.01, 3)).toBe('undecided')
    expect(at(1, 0.01, -3)).toBe('does not hold')
  })

  it('takes wider intervals for more points', () => {
    const values = Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1 : -0.62))
    const samples = { ...zero(), values }
    const point = excess('p', samples, zero())
    expect(allPositive('c', [point]).verdict).toBe('undecided')
    const barely = excess('p', { ...samples, values: values.map((value) => value + 0.09) }, zero())
    expect(allPositive('c', [barely]).verdict).toBe('holds')
    expect(
      allPositive(
        'c',
        Array.from({ length: 40 }, () => barely),
      ).verdict,
    ).toBe('undecided')
  })

  it('is undecided with too few seeds, however clear they look, and says how many it takes', () => {
    const few = allPositive('c', [excess('p', around(9, 1, 5), zero(5))])
    expect(few.verdict).toBe('undecided')
    expect(few.evidence).toContain('at least 6 seeds')
    expect(allPositive('c', [excess('p', around(9, 1, 6), zero(6))]).verdict).toBe('holds')
  })

  it('names the numbers that decide', () => {
    const { evidence } = allPositive('c', [
      excess('good', around(5, 1), zero()),
      excess('bad', around(-5, 1), zero()),
    ])
    expect(evidence).toMatch(/^fails at 1 of 2 points; margin at bad: -[45]\.\d+ \[/)
    expect(evidence).not.toContain('good')
    expect(evidence).toContain('Paired over 40 seeds, simultaneous intervals, each at 97.5 %')
  })

  it('tells the smallest margin of what holds, and the ratio of what is bounded by a factor', () => {
    const both = [excess('far', around(5, 1), zero()), excess('near', around(2, 0), zero())]
    expect(allPositive('c', both).evidence).toMatch(
      /^at all 2 points; smallest margin at near: 2 \[2, 2\]\. Paired/,
    )
    const one = allPositive('c', [{ ...excess('p', around(2, 0), zero()), ratio: () => 1.25 }])
    expect(one.evidence).toMatch(/^margin at p: 2 \[2, 2\], ratio 1\.25 \[1\.25, 1\.25\]\. Paired/)
  })

  it('pairs by seed: noise that both share does not matter', () => {
    const noise = around(0, 100)
    const shifted = { ...noise, values: noise.values.map((value) => value + 0.01) }
    expect(allPositive('c', [excess('p', shifted, noise)]).verdict).toBe('holds')
  })

  it('refuses to judge nothing', () => {
    expect(() => allPositive('c', [])).toThrow('nothing to judge: c')
    expect(() => excess('p', zero(), { ...zero(), seeds: zero().seeds.map((seed) => seed + 1000) })).toThrow(
      'no seed has both at p',
    )
  })
})

it('rises asks neighbours', () => {
  const between = rises([1, 2, 4], (later, earlier) =>
    excess(`${earlier} to ${later}`, around(later, 0), around(earlier, 0)),
  )
  expect(between.map(({ point }) => point)).toEqual(['1 to 2', '2 to 4'])
  expect(between.map((quantity) => intervalAt(quantity).value)).toEqual([1, 2])
})

describe('inside', () => {
  it('comes out all three ways', () => {
    const judged = (low: number, high: number): string =>
      inside('c', { value: (low + high) / 2, low, high }, 10, -1, 1).verdict
    expect([judged(-0.5, 0.9), judged(0.5, 1.5), judged(1.1, 2)]).toEqual([
      'holds',
      'undecided',
      'does not hold',
    ])
  })

  it('is undecided with too few seeds', () => {
    expect(inside('c', { value: 0, low: 0, high: 0 }, 5, -1, 1).verdict).toBe('undecided')
    expect(inside('c', { value: 9, low: 9, high: 9 }, 5, -1, 1).verdict).toBe('undecided')
  })
})

describe('close', () => {
  it('comes out all three ways', () => {
    const judged = (other: number): string =>
      close('c', [{ point: 'p', samples: around(1, 0.5), other }], 0.1).verdict
    expect([judged(1.02), judged(1.2), judged(2)]).toEqual(['holds', 'undecided', 'does not hold'])
  })

  it('tells the largest distance', () => {
    const points = [1, 1.05, 0.99].map((other, i) => ({ point: `p${i}`, samples: around(1, 0), other }))
    expect(close('c', points, 0.1).evidence).toContain('largest distance 0.05 of 3 points, at p1')
  })
})

describe('draws', () => {
  const draws = (count: number): number[] => Array.from({ length: count }, (_, i) => 1 + i / count)

  it('come out all three ways', () => {
    expect(withinDraws({ point: 'p', published: 1.5, draws: draws(5) })).toBe('holds')
    expect(withinDraws({ point: 'p', published: 2.5, draws: draws(5) })).toBe('undecided')
    expect(withinDraws({ point: 'p', published: 2.5, draws: draws(39) })).toBe('does not hold')
    expect(withinDraws({ point: 'p', published: 0.5, draws: draws(39) })).toBe('does not hold')
  })

  it('are judged point by point, and the evidence counts', () => {
    const verdict = allWithinDraws('c', [
      { point: 'a', published: 1.5, draws: draws(40) },
      { point: 'b', published: 3, draws: draws(40) },
    ])
    expect(verdict.verdict).toBe('does not hold')
    expect(verdict.evidence).toContain('1 of 2 published numbers')
    expect(verdict.evidence).toContain('at b published 3, draws 1 to 1.975')
    expect(allWithinDraws('c', [{ point: 'a', published: 1.5, draws: draws(40) }]).verdict).toBe('holds')
  })

  it('are means over trajectories', () => {
    expect(
      drawMeans([
        { ...zero(2), values: [1, 3] },
        { ...zero(2), values: [5, 6] },
      ]),
    ).toEqual([2, 5.5])
  })
})

describe('stationary errors', () => {
  it('are means over the last evaluations of each seed', () => {
    const samples = [10, 20, 30, 40, 50, 60, 70, 80, 90, 100].map((step) => ({
      step,
      round: 0,
      seeds: [1, 2],
      values: [step, 2 * step],
    }))
    expect(stationary(samples, 0.2).values).toEqual([95, 190])
    expect(() => stationary([], 0.2)).toThrow('got 0')
  })

  it('give the slope of their squares', () => {
    const xs = [1, 2, 4, 8]
    // error = 3 / sqrt(x) times a factor of the seed: the squared error falls as 1/x for every resample
    const errors = xs.map((x) => ({
      ...zero(4),
      values: [1, 2, 3, 4].map((factor) => (3 * factor) / Math.sqrt(x)),
    }))
    const { value, low, high } = intervalAt(slopeOfSquares('s', xs, errors))
    expect(value).toBeCloseTo(-1, 12)
    expect(low).toBeCloseTo(-1, 12)
    expect(high).toBeCloseTo(-1, 12)
  })
})

it('exact verdicts hold or do not', () => {
  expect(exact('c', [], 'all 5.')).toEqual({ claim: 'c', verdict: 'holds', evidence: 'all 5.' })
  expect(exact('c', ['first', 'second'], 'all 5.')).toEqual({
    claim: 'c',
    verdict: 'does not hold',
    evidence: '2 faults, the first: first.',
  })
})
