import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { gunzipSync, strFromU8 } from 'fflate'
import { describe, expect, it } from 'vitest'
import { NOBODY, Purpose, streamOf } from '../numeric/stream.ts'
import * as families from './families.ts'
import type { Built, Mdp, Outcome } from './mdp.ts'

const stream = (seed: number) => streamOf(seed, NOBODY, Purpose.model)

/** The outcomes of one pair, as [next, probability, reward]. */
const row = (mdp: Mdp, state: number, action: number): number[][] => {
  const pair = state * mdp.actions + action
  const from = mdp.start[pair] as number
  const length = (mdp.start[pair + 1] as number) - from
  return Array.from({ length }, (_, i) =>
    [mdp.next, mdp.probability, mdp.reward].map((xs) => xs[from + i] as number),
  )
}

/** What Gymnasium says of one problem; the script that asked it stands beside the file. */
interface Facts {
  readonly states: number
  readonly actions: number
  readonly initial: number[]
  readonly transitions: [...Outcome, terminated: number][]
}
const file = new URL('../../test/fixtures/gymnasium/transitions.json.gz', import.meta.url)
const gymnasium = JSON.parse(strFromU8(gunzipSync(readFileSync(file)))) as Record<string, Facts>

const discount = 0.9
const lake = (map: '4x4' | '8x8' | string[], slippery: boolean) =>
  families.frozenLake({ map, slippery, discount })
const counterparts: Record<string, Built> = {
  'frozen-lake 4x4': lake('4x4', false),
  'frozen-lake 4x4 slippery': lake('4x4', true),
  'frozen-lake 8x8': lake('8x8', false),
  'frozen-lake 8x8 slippery': lake('8x8', true),
  'frozen-lake own slippery': lake(['SFFS', 'FHFG', 'SFFF'], true),
  'cliff-walking': families.cliffWalking({ slippery: false, discount }),
  'cliff-walking slippery': families.cliffWalking({ slippery: true, discount }),
  taxi: families.taxi({ discount }),
}

describe.each(Object.keys(gymnasium))('%s', (name) => {
  const facts = gymnasium[name] as Facts
  const { mdp } = counterparts[name] as Built
  it('has the sizes and the start law of Gymnasium', () => {
    expect([mdp.states, mdp.actions]).toEqual([facts.states, facts.actions])
    expect(Array.from(mdp.initial)).toEqual(facts.initial)
  })
  it('has its transitions and rewards, in its order', () => {
    for (let state = 0; state < mdp.states; state++)
      for (let action = 0; action < mdp.actions && mdp.terminal[state] === 0; action++) {
        const listed = facts.transitions.filter(([s, a]) => s === state && a === action)
        const ours = row(mdp, state, action)
        expect(ours.map(([next, , reward]) => [next, reward])).toEqual(
          listed.map(([, , next, , r]) => [next, r]),
        )
        for (const [i, [, , , p]] of listed.entries()) expect(ours[i]?.[1]).toBeCloseTo(p, 15)
      }
  })
  it('ends exactly when Gymnasium does', () => {
    const taken = facts.transitions.filter(([state]) => mdp.terminal[state] === 0)
    expect(taken.map(([, , next]) => mdp.terminal[next])).toEqual(
      taken.map(([, , , , , terminated]) => terminated),
    )
  })
})

describe('the list of families', () => {
  it('names those that draw', () => {
    expect(families.FAMILIES.filter(families.isRandom)).toEqual(['two-state', 'garnet'])
  })
})

describe('frozenLake', () => {
  it('shows its map', () => {
    const { grid } = lake(['SFH', 'FFG'], false)
    expect(grid).toMatchObject({
      rows: 2,
      columns: 3,
      cells: 'S.H..G',
      directions: ['left', 'down', 'right', 'up'],
    })
  })
  it('names what is wrong with a map', () => {
    expect(() => lake(['SFF', 'FG'], true)).toThrow(
      'frozenLake: map[1]: expected 3 cells as in the first row, got 2',
    )
    expect(() => lake(['SFX'], true)).toThrow(
      'frozenLake: map[0]: expected cells of "SFHG", got "X" at column 3',
    )
    expect(() => lake(['FG'], true)).toThrow(
      'frozenLake: map: expected at least one cell of "S" to start from, got none',
    )
    expect(() => lake([], true)).toThrow('frozenLake: map: expected a map of at least one cell, got none')
  })
})

describe('twoState', () => {
  const options = { actions: 20, range: [0.4, 0.6], discount: 0.9 } as const
  it('has the transitions and rewards of the paper, p and q drawn in turn', () => {
    const { mdp } = families.twoState(options, stream(1))
    for (let action = 0; action < 20; action++) {
      const [p, leave] = row(mdp, 0, action).map(([, probability]) => probability as number)
      const [back, q] = row(mdp, 1, action).map(([, probability]) => probability as number)
      expect(row(mdp, 0, action)).toEqual([[0, p, 0], [1, 1 - (p as number), 0]]) // prettier-ignore
      expect(row(mdp, 1, action)).toEqual([[0, 1 - (q as number), 1], [1, q, 1]]) // prettier-ignore
      for (const x of [p, leave, back, q]) expect(Math.abs((x as number) - 0.5)).toBeLessThanOrEqual(0.1)
    }
    expect(Array.from(mdp.initial)).toEqual([0.5, 0.5])
    const fewer = families.twoState({ ...options, actions: 3 }, stream(1)).mdp
    expect(row(fewer, 1, 2)).toEqual(row(mdp, 1, 2))
    expect(families.twoState(options, stream(2)).mdp).not.toEqual(mdp)
  })
  it('draws p and q uniformly from the range', () => {
    const { mdp } = families.twoState({ ...options, actions: 20_000 }, stream(3))
    const draws = [0, 1].flatMap((s) =>
      Array.from({ length: 20_000 }, (_, a) => row(mdp, s, a)[s]?.[1] as number),
    )
    const mean = draws.reduce((a, b) => a + b) / draws.length
    const variance = draws.reduce((a, x) => a + (x - mean) ** 2, 0) / draws.length
    expect(Math.abs(mean - 0.5)).toBeLessThan((4 * 0.2) / Math.sqrt(12 * 40_000))
    expect(variance / (0.04 / 12)).toBeCloseTo(1, 1)
  })
  it('refuses a range that is none', () => {
    expect(() => families.twoState({ ...options, range: [0.6, 0.4] }, stream(1))).toThrow('got [0.6, 0.4]')
  })
})

describe('garnet', () => {
  const sizes = fc.integer({ min: 1, max: 12 })
  it('gives every pair `branching` distinct next states and one reward in [0, 1)', () => {
    fc.assert(
      fc.property(fc.nat(), sizes, sizes, sizes, (seed, states, actions, wanted) => {
        const branching = Math.min(wanted, states)
        const { mdp } = families.garnet({ states, actions, branching, discount }, stream(seed))
        for (let pair = 0; pair < states * actions; pair++) {
          const outcomes = row(mdp, Math.floor(pair / actions), pair % actions)
          expect(new Set(outcomes.map(([next]) => next)).size).toBe(branching)
          expect(new Set(outcomes.map(([, , reward]) => reward)).size).toBe(1)
          expect(
            outcomes.every(([, p, r]) => (p as number) >= 0 && (r as number) >= 0 && (r as number) < 1),
          ).toBe(true)
        }
      }),
      { numRuns: 100, seed: 1 },
    )
  })
  it('is drawn as it always was, and leaves the stream where it always did', () => {
    const digest = (states: number, actions: number, branching: number): string => {
      const words = stream(7)
      const { mdp } = families.garnet({ states, actions, branching, discount }, words)
      const hash = createHash('sha256')
      for (const list of [mdp.start, mdp.next, mdp.probability, mdp.reward, mdp.initial, words])
        hash.update(new Uint8Array(list.buffer))
      return hash.digest('hex').slice(0, 16)
    }
    expect(digest(20, 5, 20)).toBe('74ebc8defd9a0f2e')
    expect(digest(100, 2, 40)).toBe('3a9fa9d5ffe9bc95')
    expect(digest(5, 2, 1)).toBe('700b96e249ffddef')
  })
  it('reaches all states alike, with the law of uniform gaps', () => {
    const { mdp } = families.garnet({ states: 10, actions: 3000, branching: 3, discount }, stream(4))
    for (let state = 0; state < 10; state++) {
      const times = mdp.next.filter((next) => next === state).length
      expect(Math.abs(times - 9000)).toBeLessThan(4 * Math.sqrt(30_000 * 0.3 * 0.7))
    }
    // A gap of two uniform cuts has the density 2 (1 - x): mean 1/3, second moment 1/6.
    const second = mdp.probability.reduce((sum, p) => sum + p * p, 0) / mdp.probability.length
    expect(second).toBeCloseTo(1 / 6, 2)
  })
  it('builds 200,000 pairs', () => {
    const { mdp } = families.garnet({ states: 20_000, actions: 10, branching: 5, discount }, stream(5))
    expect(mdp.next.length).toBe(1_000_000)
  })
  it('refuses more next states than there are states', () => {
    expect(() => families.garnet({ states: 3, actions: 1, branching: 4, discount }, stream(1))).toThrow(
      'garnet: branching must be an integer in [1, states = 3], got 4',
    )
  })
})

describe('gridWorld', () => {
  const rewards = { stepReward: -0.1, goalReward: 1, holeReward: -1 }
  const { mdp, grid } = families.gridWorld({ map: ['S.G', '.#H'], slip: 0.2, discount, ...rewards })
  it('numbers the cells that are not walls', () => {
    expect(grid).toMatchObject({ rows: 2, columns: 3, cells: 'S.G.#H' })
    expect(Array.from(grid?.state ?? [])).toEqual([0, 1, 2, 3, -1, 4])
    expect(Array.from(mdp.terminal)).toEqual([0, 0, 1, 0, 1])
    expect(Array.from(mdp.initial)).toEqual([1, 0, 0, 0, 0])
  })
  it('slips to both sides, stays at walls and edges, and pays on entering', () => {
    expect(row(mdp, 1, 2)).toEqual([[2, 0.8, 1], [1, 0.1, -0.1], [1, 0.1, -0.1]]) // prettier-ignore
    expect(row(mdp, 0, 1)).toEqual([[3, 0.8, -0.1], [0, 0.1, -0.1], [1, 0.1, -0.1]]) // prettier-ignore
  })
  it('is deterministic without slip, and starts anywhere without an S', () => {
    const still = families.gridWorld({ map: ['..', 'HG'], slip: 0, discount, ...rewards }).mdp
    expect(row(still, 0, 1)).toEqual([[2, 1, -1]])
    expect(row(still, 1, 1)).toEqual([[3, 1, 1]])
    expect(Array.from(still.initial)).toEqual([0.5, 0.5, 0, 0])
  })
  it('refuses a slip that is no probability', () => {
    expect(() => families.gridWorld({ map: ['SG'], slip: 2, discount, ...rewards })).toThrow(
      'slip must be in [0, 1], got 2',
    )
  })
})

describe('riverSwim', () => {
  it('has the constants of Strehl and Littman, rewards over 10,000', () => {
    const { mdp } = families.riverSwim({ states: 6, discount })
    expect(row(mdp, 0, 0)).toEqual([[0, 1, 0.0005]])
    expect(row(mdp, 3, 0)).toEqual([[2, 1, 0]])
    expect(row(mdp, 0, 1)).toEqual([[0, 0.7, 0], [1, 0.3, 0]]) // prettier-ignore
    expect(row(mdp, 3, 1)).toEqual([[2, 0.1, 0], [3, 0.6, 0], [4, 0.3, 0]]) // prettier-ignore
    expect(row(mdp, 5, 1)).toEqual([[4, 0.7, 0], [5, 0.3, 1]]) // prettier-ignore
    expect(Array.from(mdp.initial)).toEqual([0, 0.5, 0.5, 0, 0, 0])
    expect(Array.from(families.riverSwim({ states: 2, discount }).mdp.initial)).toEqual([0, 1])
    expect(() => families.riverSwim({ states: 1, discount })).toThrow('states must be an integer >= 2, got 1')
  })
})

describe('chain', () => {
  it('has the constants of Strens, rewards over 10', () => {
    const { mdp } = families.chain({ states: 5, discount, slip: 0.2 })
    expect(row(mdp, 2, 0)).toEqual([[3, 0.8, 0], [0, 0.2, 0.2]]) // prettier-ignore
    expect(row(mdp, 4, 0)).toEqual([[4, 0.8, 1], [0, 0.2, 0.2]]) // prettier-ignore
    expect(row(mdp, 4, 1)).toEqual([[0, 0.8, 0.2], [4, 0.2, 1]]) // prettier-ignore
    expect(Array.from(mdp.initial)).toEqual([1, 0, 0, 0, 0])
    expect(row(families.chain({ states: 2, discount, slip: 0 }).mdp, 0, 0)).toEqual([[1, 1, 0]])
    expect(() => families.chain({ states: 2, discount, slip: -1 })).toThrow('slip must be in [0, 1], got -1')
  })
})
