import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accumulators, finishRound, foldAll, foldEntry, powers } from './fold.ts'

const report = fc.record({
  change: fc.double({ min: -10, max: 10, noNaN: true }),
  visits: fc.integer({ min: 1, max: 60 }),
})

/** One entry of value `start`, folded from the reports of some of `agents` agents. */
const folded = (
  reports: readonly { change: number; visits: number }[],
  agents: number,
  base: number,
  start = 1,
): number => {
  const into = accumulators(1)
  const table = Float64Array.of(start)
  const power = powers(base, Math.max(0, ...reports.map(({ visits }) => visits)))
  for (const { change, visits } of reports) foldEntry(into, power, 0, change, visits)
  finishRound(into, power, agents, table)
  return table[0] as number
}

describe('fold', () => {
  it('is the plain mean of all agents for base 1', () => {
    fc.assert(
      fc.property(
        fc.array(report, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 5 }),
        (reports, silent) => {
          const agents = reports.length + silent
          const mean = 1 + reports.reduce((sum, { change }) => sum + change, 0) / agents
          expect(folded(reports, agents, 1)).toBeCloseTo(mean, 12)
        },
      ),
      { seed: 1 },
    )
  })

  it('is eq. (27) for base 1 - eta', () => {
    fc.assert(
      fc.property(
        fc.array(report, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 0, max: 5 }),
        fc.double({ min: 0.01, max: 0.6, noNaN: true }),
        (reports, silent, eta) => {
          const all = [...reports, ...Array.from({ length: silent }, () => ({ change: 0, visits: 0 }))]
          const logs = all.map(({ visits }) => -visits * Math.log(1 - eta))
          const top = Math.max(...logs)
          const weights = logs.map((log) => Math.exp(log - top))
          const total = weights.reduce((sum, weight) => sum + weight, 0)
          const mean = all.reduce((sum, { change }, k) => sum + (weights[k]! / total) * change, 1)
          expect(folded(reports, all.length, 1 - eta)).toBeCloseTo(mean, 10)
        },
      ),
      { seed: 2 },
    )
  })

  it('stays within the reported changes and finite for eta from 0.001 to 0.999 and counts to 1e9', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            change: fc.double({ min: -10, max: 10, noNaN: true }),
            visits: fc.integer({ min: 0, max: 1e9 }),
          }),
          { minLength: 1, maxLength: 6 },
        ),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (reports, eta) => {
          const value = folded(reports, reports.length, 1 - eta, 0)
          const changes = reports.map(({ change }) => change)
          expect(value).toBeGreaterThanOrEqual(Math.min(...changes) - 1e-12)
          expect(value).toBeLessThanOrEqual(Math.max(...changes) + 1e-12)
        },
      ),
      { seed: 3, numRuns: 300 },
    )
  })

  it('of all entries at once gives the bits of one after the other, whoever told visits before', () => {
    const changes = fc.array(fc.double({ noNaN: true }), { minLength: 4, maxLength: 4 })
    const visits = fc.option(fc.array(fc.nat(9), { minLength: 4, maxLength: 4 }), { freq: 2 })
    fc.assert(
      fc.property(
        fc.array(fc.record({ changes, visits }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(1, 0.7),
        (reports, base) => {
          const power = powers(base, 9)
          const [fast, slow] = [accumulators(4), accumulators(4)]
          for (const { changes, visits } of reports) {
            const tell = (into: typeof fast): void =>
              changes.forEach((change, entry) => foldEntry(into, power, entry, change, visits?.[entry] ?? 0))
            tell(slow)
            if (visits === null) foldAll(fast, power, Float64Array.from(changes))
            else tell(fast)
          }
          expect(fast).toEqual(slow)
        },
      ),
      { seed: 7 },
    )
  })

  it('leaves untouched entries and empty accumulators behind', () => {
    const into = accumulators(3)
    const table = Float64Array.of(1, 2, 3)
    const power = powers(0.9, 5)
    foldEntry(into, power, 1, 0.5, 5)
    finishRound(into, power, 1, table)
    expect(table).toEqual(Float64Array.of(1, 2.5, 3))
    expect(into).toEqual({ ...accumulators(3), touched: into.touched })
  })
})

describe('powers', () => {
  it('is repeated multiplication, ends at the first power that is flushed, and never holds a denormal', () => {
    const power = powers(0.5, 1e9)
    expect([...power.subarray(0, 4)]).toEqual([1, 0.5, 0.25, 0.125])
    expect(power.at(-1)).toBe(0)
    expect(power.length).toBe(101)
    expect(powers(0.9, 3).length).toBe(4)
  })
})
