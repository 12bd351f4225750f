import { describe, expect, test } from 'vitest'
import type { Mdp } from '../mdp/mdp.ts'
import type { PolicySet } from '../mdp/policy.ts'
import type { Result } from '../numeric/result.ts'
import { buildBehaviors, regionStart, type Behavior } from './behavior.ts'

/**
 * A line of 6 states; action 0 goes left, action 1 right, action 2 jumps to state 0 or 5 with probability 1/2 each. State 5 is terminal.
 */
const line: Mdp = {
  states: 6,
  actions: 3,
  discount: 0.9,
  initial: Float64Array.of(0.5, 0.25, 0.25, 0, 0, 0),
  terminal: Uint8Array.of(0, 0, 0, 0, 0, 1),
  start: Uint32Array.from({ length: 19 }, (_, pair) => Math.floor(pair / 3) * 4 + (pair % 3)),
  next: Uint32Array.from([0, 1, 2, 3, 4, 5].flatMap((s) => [Math.max(0, s - 1), Math.min(5, s + 1), 0, 5])),
  probability: Float64Array.from({ length: 24 }, (_, i) => (i % 4 < 2 ? 1 : 0.5)),
  reward: new Float64Array(24),
}

const build = (behavior: Behavior, agents: number, seed = 1, q?: Float64Array): Result<PolicySet> =>
  buildBehaviors(behavior, line, agents, seed, q)

function policies(...args: Parameters<typeof build>): PolicySet {
  const result = build(...args)
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.value
}

const row = (set: PolicySet, agent: number, state: number): number[] => {
  const table = set.tables[set.of[agent] as number] as Float64Array
  return [...table.subarray(state * 3, state * 3 + 3)]
}

function faults(...args: Parameters<typeof build>): string[] {
  const result = build(...args)
  return result.ok ? [] : result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

test('uniform is one table for all', () => {
  const set = policies('uniform', 1000)
  expect(set.tables.length).toBe(1)
  expect(row(set, 999, 4)).toEqual([1 / 3, 1 / 3, 1 / 3])
})

test('one-action gives agent k action k mod A, each policy stored once', () => {
  const set = policies('one-action', 7)
  expect([...set.of]).toEqual([0, 1, 2, 0, 1, 2, 0])
  expect(set.tables.length).toBe(3)
  expect(row(set, 4, 3)).toEqual([0, 1, 0])
  expect(policies('one-action', 2).tables.length).toBe(2)
})

test('mixture goes from uniform to one action', () => {
  expect(row(policies({ mixture: 0.4 }, 3), 2, 0)).toEqual([0.6 / 3, 0.6 / 3, 0.6 / 3 + 0.4])
  expect(policies({ mixture: 1 }, 4)).toEqual(policies('one-action', 4))
  expect(policies({ mixture: 0 }, 4)).toEqual(policies('uniform', 4))
})

describe('dirichlet', () => {
  test('depends on the seed and the agent alone', () => {
    const [few, many] = [policies({ dirichlet: 0.3 }, 2), policies({ dirichlet: 0.3 }, 5)]
    expect(many.tables.slice(0, 2)).toEqual(few.tables)
    expect(few.tables[0]).not.toEqual(few.tables[1])
    expect(policies({ dirichlet: 0.3 }, 2, 2).tables[0]).not.toEqual(few.tables[0])
  })

  test('has rows that sum to 1 and concentrates when the concentration is small', () => {
    const largest = (concentration: number): number => {
      const set = policies({ dirichlet: concentration }, 100)
      const rows = Array.from({ length: 600 }, (_, i) => row(set, Math.floor(i / 6), i % 6))
      for (const one of rows) expect(one.reduce((a, b) => a + b)).toBeCloseTo(1, 12)
      return rows.reduce((sum, one) => sum + Math.max(...one), 0) / 600
    }
    expect(largest(0.05)).toBeGreaterThan(0.85)
    expect(largest(50)).toBeLessThan(0.42)
  })
})

test('epsilon-greedy explores around the greedy action, the lowest of equals', () => {
  const q = Float64Array.from({ length: 18 }, (_, pair) => [0, 1, 1][pair % 3] as number)
  const [left, best, right] = row(policies({ epsilonGreedy: 0.3 }, 2, 1, q), 1, 5)
  expect(left).toBeCloseTo(0.1, 15)
  expect(best).toBeCloseTo(0.8, 15)
  expect(right).toBeCloseTo(0.1, 15)
  expect(() => build({ epsilonGreedy: 0.3 }, 2)).toThrow('needs Q*')
})

describe('region', () => {
  test('is uniform over the actions that cannot leave, and starts inside', () => {
    const set = policies(
      {
        region: [
          [0, 1],
          [2, 3, 4],
        ],
      },
      3,
    )
    expect(row(set, 0, 0)).toEqual([0.5, 0.5, 0])
    expect(row(set, 0, 1)).toEqual([1, 0, 0])
    expect(row(set, 1, 2)).toEqual([0, 1, 0])
    expect(row(set, 1, 3)).toEqual([0.5, 0.5, 0])
    expect([...set.of]).toEqual([0, 1, 0])
    expect(set.starts?.map((law) => [...(law as Float64Array)])).toEqual([
      [0.5 / 0.75, 0.25 / 0.75, 0, 0, 0, 0],
      [0, 0, 1, 0, 0, 0],
    ])
  })

  test('counts only outcomes that can happen as leaving', () => {
    // the jump of state 0 keeps its outcome in state 5, at probability 0
    const probability = line.probability.slice()
    probability.set([1, 0], 2)
    const set = buildBehaviors({ region: [[0, 1]] }, { ...line, probability }, 1, 1)
    expect(set.ok && row(set.value, 0, 0)).toEqual([1 / 3, 1 / 3, 1 / 3])
  })

  test('may end in a terminal state that is listed, and starts uniformly where the start law has no mass', () => {
    const set = policies({ region: [[3, 4, 5]] }, 1)
    expect(row(set, 0, 4)).toEqual([0.5, 0.5, 0])
    expect([...regionStart(line, [3, 4, 5])]).toEqual([0, 0, 0, 0.5, 0.5, 0])
  })

  test('names the agent and the state that cannot stay', () => {
    expect(faults({ region: [[0, 1], [2]] }, 2)).toEqual([
      'region.1: agent 1 cannot stay in its region: every action of state 2 can leave it',
    ])
  })

  test('ignores the regions of agents that do not exist, and refuses empty and unknown ones', () => {
    expect(faults({ region: [[0, 1], [2]] }, 1)).toEqual([])
    expect(faults({ region: [] }, 1)[0]).toContain('at least one agent')
    expect(faults({ region: [[0, 1, 9]] }, 1)).toEqual(['region.0.2: expected a state in 0..5, got 9'])
    expect(faults({ region: [[5]] }, 1)[0]).toContain('not terminal')
    expect(faults({ region: [[]] }, 1)[0]).toContain('not terminal')
  })
})

const NOT_NUMBERS: (number | string)[] = ['1', 0, 0]

describe('table', () => {
  const shared = Array.from({ length: 6 }, () => [0.2, 0.3, 0.5])
  const other: (number | string)[][] = Array.from({ length: 6 }, () => [1, 0, 0])

  test('is one for all, or one an agent, equal ones stored once', () => {
    const one = policies({ table: shared }, 3)
    expect([one.tables.length, ...one.of]).toEqual([1, 0, 0, 0])
    expect(row(one, 2, 5)).toEqual([0.2, 0.3, 0.5])
    const each = policies({ table: [shared, other, shared] }, 3)
    expect([each.tables.length, ...each.of]).toEqual([2, 0, 1, 0])
    expect(row(each, 1, 0)).toEqual([1, 0, 0])
  })

  test.each([
    ['a string', 'uniform', ': expected an array of 6 states, got "uniform"'],
    ['too few states', shared.slice(1), ': expected an array of 6 states, got an array of 5'],
    ['too many agents', [shared, shared, shared], ': expected an array of 2 agents, got an array of 3'],
    ['a short row', shared.with(2, [1]), '2: expected an array of 3 action probabilities, got an array of 1'],
    ['a negative', shared.with(2, [1.5, -0.5, 0]), '2.0: expected a probability in [0, 1], got 1.5'],
    ['a word', [shared, other.with(1, NOT_NUMBERS)], '1.1.0: expected a probability in [0, 1], got "1"'],
    [
      'a sum',
      shared.with(3, [0.2, 0.3, 0.48]),
      '3: expected probabilities that sum to 1 within 1e-9, got a sum of 0.98',
    ],
  ])('refuses %s', (_, table, message) => {
    expect(faults({ table }, 2)[0]).toBe(message)
  })

  test('tells a few faults of many', () => {
    const wrong = Array.from({ length: 6 }, () => [2, 2, 2])
    expect(faults({ table: wrong }, 2)).toHaveLength(5)
    expect(faults({ table: wrong.with(0, [1]) }, 2)[4]).toContain('2.0: ')
  })
})
