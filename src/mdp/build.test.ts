import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalRows, familyMdpOfRows, mdpOf, mdpOfColumns, outcomeList } from './build.ts'
import type { Ingredients } from './build.ts'
import type { Outcome } from './mdp.ts'

const small = { states: 2, actions: 1, discount: 0.9 }
const good: Outcome[] = [
  [1, 0, 0, 1, 5],
  [0, 0, 1, 0.25, 1],
  [0, 0, 0, 0.5, 2],
  [0, 0, 1, 0.25, 3],
]
const build = (over: Partial<Ingredients> = {}, outcomes: Outcome[] = good) =>
  mdpOf({ ...small, ...over, outcomes })
const told = (over: Partial<Ingredients> = {}, outcomes: Outcome[] = good) => {
  const result = build(over, outcomes)
  return result.ok ? [] : result.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

const row = (s: number, p: number): string =>
  `expected outcomes of state ${s}, action 0 whose probabilities sum to 1 within 1e-9, got a sum of ${p}`

describe('mdpOf', () => {
  it('puts the outcomes of a pair side by side, in the order given, and keeps repeated ones apart', () => {
    expect(build()).toEqual({
      ok: true,
      value: {
        ...small,
        initial: Float64Array.of(0.5, 0.5),
        terminal: Uint8Array.of(0, 0),
        start: Uint32Array.of(0, 3, 4),
        next: Uint32Array.of(1, 0, 1, 0),
        probability: Float64Array.of(0.25, 0.5, 0.25, 1),
        reward: Float64Array.of(1, 2, 3, 5),
      },
    })
  })
  it('starts uniformly in the states that are not terminal, and asks nothing of terminal rows', () => {
    const result = build({ terminal: [1] }, good.slice(1))
    expect(result.ok && [...result.value.initial]).toEqual([1, 0])
    expect(told({ terminal: [1] }, [...good, [1, 0, 0, 0.3, 0]])).toEqual([])
  })
  it('accepts a row within 1e-9 of 1 and does not renormalise it', () => {
    const result = build({}, [
      [0, 0, 0, 1 - 9e-10, 0],
      [1, 0, 0, 1, 0],
    ])
    expect(result.ok && result.value.probability[0]).toBe(1 - 9e-10)
  })
  it('names what is wrong, where, and what came', () => {
    expect(told({}, [...good.slice(0, 3), [0, 0, 1, 0.23, 0]])).toEqual([`transitions.1: ${row(0, 0.98)}`])
    expect(told({}, good.slice(1))).toEqual([
      'transitions: expected outcomes of state 1, action 0 whose probabilities sum to 1 within 1e-9, got none',
    ])
    expect(told({ discount: 1 })).toEqual(['discount: expected a number in [0, 1), got 1'])
    expect(told({ discount: NaN })).toEqual(['discount: expected a number in [0, 1), got NaN'])
    expect(told({ states: 0 })).toEqual(['states: expected an integer >= 1, got 0'])
    expect(told({ actions: 1.5 })).toEqual(['actions: expected an integer >= 1, got 1.5'])
    expect(told({ states: 1e6, actions: 1e6 })).toEqual([
      'states: expected states * actions <= 100000000, got 1000000000000',
    ])
    expect(told({}, [...good, [0, 0, 2, 0, 0]])).toEqual([
      'transitions.4.2: expected a next state, an integer in [0, 2), got 2',
    ])
    expect(told({}, [...good, [-1, 1, 0, -0.1, NaN]])).toEqual([
      'transitions.4.0: expected a state, an integer in [0, 2), got -1',
      'transitions.4.1: expected an action, an integer in [0, 1), got 1',
      'transitions.4.3: expected a probability, a finite number >= 0, got -0.1',
      'transitions.4.4: expected a reward, a number in [-1e+100, 1e+100], got NaN',
    ])
    expect(told({ terminal: [2] })).toEqual(['terminal.0: expected a state, an integer in [0, 2), got 2'])
    expect(told({ terminal: [0, 1] })[0]).toBe(
      'terminal: expected at least one state that is not terminal, got all 2',
    )
    expect(told({ initial: [0.5] })).toEqual(['initial: expected 2 probabilities, one per state, got 1'])
    expect(told({ initial: [0.5, 0.4] })).toEqual([
      'initial: expected probabilities that sum to 1 within 1e-9, got a sum of 0.9',
    ])
    expect(told({ initial: [1.5, -0.5] })).toEqual(['initial.1: expected a finite number >= 0, got -0.5'])
    expect(told({ initial: [0.5, 0.5], terminal: [1] })).toEqual([
      'initial.1: expected 0, as state 1 is terminal, got 0.5',
    ])
  })
  it('tells at most five faults', () => {
    expect(
      told(
        {},
        Array.from({ length: 1000 }, (): Outcome => [9, 0, 0, 1, 0]),
      ).length,
    ).toBe(5)
  })
  it('keeps every outcome in its row, whatever the order (property)', () => {
    const outcome = fc.tuple(
      fc.nat(3),
      fc.nat(2),
      fc.nat(3),
      fc.constant(1),
      fc.double({ noNaN: true, min: -9, max: 9 }),
    )
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 40 }), (outcomes) => {
        // Rows of terminal states are not checked, so all but one are terminal and that one is repaired.
        const all: Outcome[] = [...outcomes, [4, 0, 0, 1, 0], [4, 1, 0, 1, 0], [4, 2, 0, 1, 0]]
        const result = mdpOf({ states: 5, actions: 3, discount: 0, terminal: [0, 1, 2, 3], outcomes: all })
        if (!result.ok) throw new Error('refused')
        for (let pair = 0; pair < 15; pair++) {
          const rows = all.filter(([s, a]) => s * 3 + a === pair)
          const own = [result.value.start[pair] as number, result.value.start[pair + 1] as number] as const
          expect(Array.from(result.value.next.slice(...own))).toEqual(rows.map((o) => o[2]))
          expect(Array.from(result.value.reward.slice(...own))).toEqual(rows.map((o) => o[4]))
        }
      }),
      { numRuns: 200, seed: 3 },
    )
  })
  it('takes 200,000 pairs of 10 outcomes', () => {
    const list = outcomeList()
    for (let pair = 0; pair < 200_000; pair++)
      for (let i = 0; i < 10; i++) list.add(pair >> 2, pair & 3, (pair + i) % 50_000, 0.1, i)
    const result = mdpOfColumns({ states: 50_000, actions: 4, discount: 0.9 }, list.columns())
    expect(result.ok && result.value.start[200_000]).toBe(2_000_000)
  })
})

describe('familyMdpOfRows', () => {
  it('keeps the arrays of rows that are well formed', () => {
    const rows = equalRows(2, 2)
    rows.next.set([0, 1, 1, 1])
    rows.probability.set([0.25, 0.75, 0.5, 0.5])
    const mdp = familyMdpOfRows(small, rows)
    expect(mdp.start).toEqual(Uint32Array.of(0, 2, 4))
    expect(mdp.next).toBe(rows.next)
  })
  it('throws on a next state, a probability, a reward or a sum that cannot be', () => {
    const told = (change: (rows: ReturnType<typeof equalRows>) => void): (() => unknown) => {
      const rows = equalRows(2, 1)
      rows.probability.fill(1)
      change(rows)
      return () => familyMdpOfRows(small, rows)
    }
    expect(told(({ next }) => next.fill(2, 1))).toThrow('transitions.1.2: expected a next state')
    expect(told(({ probability }) => probability.fill(-1, 1))).toThrow(
      'transitions.1.3: expected a probability',
    )
    expect(told(({ reward }) => reward.fill(NaN, 0, 1))).toThrow('transitions.0.4: expected a reward')
    expect(told(({ probability }) => probability.fill(0.5, 1))).toThrow('got a sum of 0.5')
  })
})
