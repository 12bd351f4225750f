import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  dirichletBehavior,
  mixtureBehavior,
  oneActionBehavior,
  regionBehavior,
  uniformBehavior,
} from '../agent/behavior.ts'
import { nextWord, NOBODY, Purpose, streamOf, uniform, type Stream } from '../numeric/stream.ts'
import { coverage, logCoverage } from './coverage.ts'
import { coverageMatrix } from './coverage-matrix.ts'
import type { Mdp, Outcome } from './mdp.ts'
import { startLaw, type PolicySet } from './policy.ts'

const OPTIONS = { mixingTimeCap: 100_000 }

function build(
  states: number,
  actions: number,
  outcomes: Outcome[],
  initial?: number[],
  terminal: readonly number[] = [],
): Mdp {
  const sorted = outcomes.toSorted((x, y) => x[0] * actions + x[1] - (y[0] * actions + y[1]))
  const start = new Uint32Array(states * actions + 1)
  for (const [s, a] of sorted) start[s * actions + a + 1] = (start[s * actions + a + 1] as number) + 1
  for (let z = 0; z < states * actions; z++) start[z + 1] = (start[z + 1] as number) + (start[z] as number)
  return {
    states,
    actions,
    discount: 0.9,
    initial: Float64Array.from(initial ?? Array.from({ length: states }, () => 1 / states)),
    terminal: Uint8Array.from({ length: states }, (_, s) => (terminal.includes(s) ? 1 : 0)),
    start,
    next: Uint32Array.from(sorted, (o) => o[2]),
    probability: Float64Array.from(sorted, (o) => o[3]),
    reward: Float64Array.from(sorted, (o) => o[4]),
  }
}

/** States in a row of given probabilities: row s of `rows` is the law of the next state, one action. */
const chainMdp = (rows: number[][], initial?: number[], terminal?: readonly number[]): Mdp =>
  build(
    rows.length,
    1,
    rows.flatMap((row, s) => row.map((p, next): Outcome => [s, 0, next, p, 0])),
    initial,
    terminal,
  )

const solo = (mdp: Mdp): PolicySet => uniformBehavior(mdp.states, mdp.actions, 1)
const only = (mdp: Mdp, mixingTimeCap = OPTIONS.mixingTimeCap) => {
  const agent = coverage(mdp, solo(mdp), { mixingTimeCap }).agents[0]
  if (agent === undefined) throw new Error('no agent')
  return agent
}

/** The paper's problem: two states, action a stays in 0 with p_a and in 1 with q_a. */
function twoState(actions: number, seed: number): Mdp {
  const stream = streamOf(seed, NOBODY, Purpose.model)
  const outcomes: Outcome[] = []
  for (let s = 0; s < 2; s++) {
    for (let a = 0; a < actions; a++) {
      const stay = 0.4 + 0.2 * uniform(stream)
      outcomes.push([s, a, s, stay, s], [s, a, 1 - s, 1 - stay, s])
    }
  }
  return build(2, actions, outcomes)
}

/** Every pair leads to `branching` random states with random probabilities. */
function garnet(
  states: number,
  actions: number,
  branching: number,
  seed: number,
  terminal: readonly number[] = [],
): Mdp {
  const stream = streamOf(seed, NOBODY, Purpose.model)
  const outcomes: Outcome[] = []
  for (let pair = 0; pair < states * actions; pair++) {
    const weights = Array.from({ length: branching }, () => uniform(stream) + 0.05)
    const total = weights.reduce((a, b) => a + b)
    for (const w of weights)
      outcomes.push([Math.floor(pair / actions), pair % actions, nextWord(stream) % states, w / total, 0])
  }
  const free = states - terminal.length
  const initial = Array.from({ length: states }, (_, s) => (terminal.includes(s) ? 0 : 1 / free))
  return build(states, actions, outcomes, initial, terminal)
}

const pickFrom = (law: ArrayLike<number>, stream: Stream): number => {
  let rest = uniform(stream)
  for (let i = 0; i < law.length - 1; i++) {
    rest -= law[i] as number
    if (rest < 0) return i
  }
  return law.length - 1
}

/** Slow twin: walks `steps` steps and counts visits to pairs. */
function walk(mdp: Mdp, policies: PolicySet, agent: number, steps: number, seed: number): Float64Array {
  const table = policies.of[agent] as number
  const start = startLaw(policies, table, mdp.initial)
  const stream = streamOf(seed, agent, Purpose.walk)
  const visits = new Float64Array(mdp.states * mdp.actions)
  let state = pickFrom(start, stream)
  for (let t = 0; t < steps; t++) {
    const row = policies.tables[table]?.subarray(
      state * mdp.actions,
      (state + 1) * mdp.actions,
    ) as Float64Array
    const pair = state * mdp.actions + pickFrom(row, stream)
    visits[pair] = (visits[pair] as number) + 1 / steps
    const from = mdp.start[pair] as number
    const i = from + pickFrom(mdp.probability.subarray(from, mdp.start[pair + 1]), stream)
    const next = mdp.next[i] as number
    state = mdp.terminal[next] === 1 ? pickFrom(start, stream) : next
  }
  return visits
}

/** Slow twin of the mixing time: the matrix of pairs, multiplied one step at a time, over all pairs (all must be reachable). */
function slowMixingTime(mdp: Mdp, policy: Float64Array, mu: Float64Array): number {
  const pairs = mdp.states * mdp.actions
  const step = Array.from({ length: pairs }, (_, z) => {
    const row = new Float64Array(pairs)
    for (let i = mdp.start[z] as number; i < (mdp.start[z + 1] as number); i++) {
      for (let a = 0; a < mdp.actions; a++) {
        const next = mdp.next[i] as number
        const law = mdp.terminal[next] === 1 ? mdp.initial : mdp.initial.map((_, s) => (s === next ? 1 : 0))
        law.forEach((p, s) => {
          const to = s * mdp.actions + a
          row[to] = (row[to] as number) + p * (mdp.probability[i] as number) * (policy[to] as number)
        })
      }
    }
    return row
  })
  let laws = step.filter((_, z) => mdp.terminal[Math.floor(z / mdp.actions)] === 0)
  for (let t = 1; ; t++) {
    const worst = laws.map((row) => row.reduce((sum, p, z) => sum + Math.abs(p - (mu[z] as number)) / 2, 0))
    if (worst.every((far) => far <= 0.25)) return t
    laws = laws.map((row) => {
      const moved = new Float64Array(pairs)
      row.forEach((p, z) => step[z]?.forEach((q, to) => (moved[to] = (moved[to] as number) + p * q)))
      return moved
    })
  }
}

/** Largest difference of two laws. */
const distance = (actual: Float64Array, expected: ArrayLike<number>): number => {
  if (actual.length !== expected.length) return Infinity
  return actual.reduce((most, x, i) => Math.max(most, Math.abs(x - (expected[i] as number))), 0)
}
const CLOSE = 1e-12

describe('long-run law', () => {
  test('of two states that leave with p and q is (q, p) / (p + q)', () => {
    const agent = only(
      chainMdp([
        [0.9, 0.1],
        [0.3, 0.7],
      ]),
    )
    expect(distance(agent.mu, [0.75, 0.25])).toBeLessThan(CLOSE)
    expect(agent).toMatchObject({ classes: 1, period: 1, dependsOnStart: false, coveredPairs: 2 })
    // TV from the worse start, state 1, is 0.75 * 0.6^t: 0.27 at t = 2, 0.162 at t = 3.
    expect(agent.mixingTime).toBe(3)
  })

  test('restarts after a step into a terminal state, without a step taken there', () => {
    // 0 -> 1 -> terminal, so the agent alternates 0, 1, 0, 1: period 2 although the restart enters state 0 from state 1.
    const agent = only(
      chainMdp(
        [
          [0, 1, 0],
          [0, 0, 1],
          [0, 0, 1],
        ],
        [1, 0, 0],
        [2],
      ),
    )
    expect(distance(agent.mu, [0.5, 0.5, 0])).toBeLessThan(CLOSE)
    expect(agent).toMatchObject({
      period: 2,
      mixingTime: null,
      noMixing: 'periodic',
      coveredPairs: 2,
      muMin: 0.5,
    })
  })

  test('from state 0 with a terminal step half of the time and the start law (1/4, 3/4)', () => {
    // d0 = (d0/2 + d1) / 4, so d0 = 2/9 of the mass when state 1 always ends: d1 = d0/2 + (d0/2 + d1) 3/4.
    const agent = only(
      chainMdp(
        [
          [0, 0.5, 0.5],
          [0, 0, 1],
          [0, 0, 1],
        ],
        [0.25, 0.75, 0],
        [2],
      ),
    )
    expect(distance(agent.mu, [2 / 9, 7 / 9, 0])).toBeLessThan(CLOSE)
    expect(agent.period).toBe(1)
  })

  test('is the mixture of the classes an agent can end in, and says so', () => {
    // 0 goes to 1 with 0.2, stays with 0.5 and goes to the pair {2, 3} with 0.3.
    const mdp = chainMdp(
      [
        [0.5, 0.2, 0.3, 0],
        [0, 1, 0, 0],
        [0, 0, 0, 1],
        [0, 0, 1, 0],
      ],
      [1, 0, 0, 0],
    )
    const result = coverage(mdp, solo(mdp), OPTIONS)
    expect(distance(result.average, [0, 0.4, 0.3, 0.3])).toBeLessThan(CLOSE)
    expect(result).toMatchObject({
      dependsOnStart: true,
      periodic: true,
      mixingTime: null,
      noMixing: 'several recurrent classes',
    })
    expect(result.uncovered).toEqual([[0, 0]])
    expect(result.agents[0]).toMatchObject({ classes: 2, period: 2, dependsOnStart: true })
  })

  test('of a slowly absorbing multi-chain is found by state reduction', () => {
    const slow = 1e-7
    const mdp = chainMdp(
      [
        [1 - 3 * slow, slow, 2 * slow],
        [0, 1, 0],
        [0, 0, 1],
      ],
      [1, 0, 0],
    )
    expect(distance(only(mdp).mu, [0, 1 / 3, 2 / 3])).toBeLessThan(CLOSE)
  })

  test('of a random walk drifting down 600 states is geometric to the last state', () => {
    const n = 600
    const outcomes = Array.from({ length: n }, (_, s): Outcome[] => [
      [s, 0, Math.min(n - 1, s + 1), 0.25, 0],
      [s, 0, Math.max(0, s - 1), 0.75, 0],
    ]).flat()
    const agent = only(build(n, 1, outcomes), 5)
    expect(agent.error).toBe(0)
    for (let s = 1; s < n; s++)
      expect((agent.mu[s - 1] as number) / (agent.mu[s] as number)).toBeCloseTo(3, 9)
  })

  test('of two random clusters that rarely meet is found by iteration when too dense for elimination', () => {
    const size = 4000
    const stream = streamOf(1, NOBODY, Purpose.model)
    const outcomes = Array.from({ length: 2 * size }, (_, s): Outcome[] => {
      const [home, leave] = s < size ? [0, 0.04] : [size, 0.02]
      const inside = Array.from({ length: 5 }, (): Outcome => [
        s,
        0,
        home + (nextWord(stream) % size),
        (1 - leave) / 5,
        0,
      ])
      return [...inside, [s, 0, (s + size) % (2 * size), leave, 0]]
    }).flat()
    const agent = only(build(2 * size, 1, outcomes), 5)
    expect(agent.error).toBeGreaterThan(0)
    expect(agent.error).toBeLessThan(1e-10)
    // Flows between the clusters balance: 0.04 m = 0.02 (1 - m).
    expect(agent.mu.subarray(0, size).reduce((a, b) => a + b)).toBeCloseTo(1 / 3, 10)
  })

  test('never rounds to 0 where a pair is taken again and again', () => {
    const n = 900
    const outcomes = Array.from({ length: n }, (_, s): Outcome[] => [
      [s, 0, Math.min(n - 1, s + 1), 0.1, 0],
      [s, 0, Math.max(0, s - 1), 0.9, 0],
    ]).flat()
    expect(only(build(n, 1, outcomes), 5).coveredPairs).toBe(n)
  })

  test('is stationary, whichever method found it', () => {
    for (const [states, seed] of [
      [30, 1],
      [450, 2],
    ] as const) {
      const mdp = garnet(states, 3, 4, seed, [5])
      const policies = dirichletBehavior(states, 3, 1, 0.5, seed)
      const { mu } = coverage(mdp, policies, { mixingTimeCap: 1 }).agents[0] as { mu: Float64Array }
      const flow = new Float64Array(states)
      mu.forEach((mass, z) => {
        for (let i = mdp.start[z] as number; i < (mdp.start[z + 1] as number); i++) {
          const p = mass * (mdp.probability[i] as number)
          const next = mdp.next[i] as number
          if (next === 5) mdp.initial.forEach((rho, s) => (flow[s] = (flow[s] as number) + p * rho))
          else flow[next] = (flow[next] as number) + p
        }
      })
      flow.forEach((mass, s) => {
        expect(mass).toBeCloseTo(
          mu.subarray(3 * s, 3 * s + 3).reduce((a, b) => a + b),
          13,
        )
      })
    }
  })

  test('agrees with a long walk', () => {
    const mdp = garnet(6, 2, 2, 3, [4])
    const policies = dirichletBehavior(6, 2, 3, 1, 3)
    const { agents } = coverage(mdp, policies, OPTIONS)
    agents.forEach(({ mu }, agent) => {
      // 400,000 steps: a frequency's standard error is about sqrt(0.25 * a few correlated steps / 4e5) < 0.002.
      expect(distance(walk(mdp, policies, agent, 400_000, 9), mu)).toBeLessThan(0.005)
    })
  })

  test('of a region-limited agent lives in its region and starts there', () => {
    const step = (s: number, d: number): Outcome[] => [
      [s, d === 1 ? 1 : 0, Math.min(5, Math.max(0, s + d)), 0.5, 0],
      [s, d === 1 ? 1 : 0, s, 0.5, 0],
    ]
    const mdp = build(
      6,
      2,
      [0, 1, 2, 3, 4, 5].flatMap((s) => [...step(s, -1), ...step(s, 1)]),
      [1, 0, 0, 0, 0, 0],
    )
    const set = regionBehavior(mdp, 3, [
      [0, 1, 2],
      [3, 4, 5],
    ])
    if (!set.ok) throw new Error('no policies')
    const { agents, coveredFraction, uncovered, cHet, muAvg } = coverage(mdp, set.value, OPTIONS)
    const states = (mu: Float64Array) =>
      [0, 1, 2, 3, 4, 5].filter((s) => (mu[2 * s] as number) + (mu[2 * s + 1] as number) > 0)
    expect(agents.map(({ mu }) => states(mu))).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [0, 1, 2],
    ])
    expect(coveredFraction).toBeCloseTo(10 / 12, 12)
    expect(uncovered).toEqual([
      [2, 1],
      [3, 0],
    ])
    expect([cHet, muAvg]).toEqual([3, 0])
  })
})

describe('mixing time', () => {
  test('agrees with the matrix of pairs, multiplied step by step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.constantFrom(0.05, 0.3, 2),
        fc.constantFrom([], [3]),
        (seed, concentration, ends) => {
          const mdp = garnet(5, 2, 2, seed, ends)
          const policies = dirichletBehavior(5, 2, 1, concentration, seed)
          const agent = coverage(mdp, policies, OPTIONS).agents[0]
          fc.pre(
            agent !== undefined && agent.mixingTime !== null && agent.coveredPairs === 2 * (5 - ends.length),
          )
          expect(agent?.mixingTime).toBe(
            slowMixingTime(mdp, policies.tables[0] as Float64Array, agent?.mu ?? new Float64Array(10)),
          )
        },
      ),
      { seed: 4, numRuns: 200 },
    )
  })

  test('of a long one is found by squaring: two states that leave with 1e-5', () => {
    const p = 1e-5
    const agent = only(
      chainMdp([
        [1 - p, p],
        [p, 1 - p],
      ]),
    )
    // TV = (1 - 2p)^t / 2 <= 1/4
    expect(agent.mixingTime).toBe(Math.ceil(Math.log(0.5) / Math.log1p(-2 * p)))
  })

  test('is null above the cap, and says so', () => {
    const p = 1e-5
    const mdp = chainMdp([
      [1 - p, p],
      [p, 1 - p],
    ])
    const result = coverage(mdp, solo(mdp), { mixingTimeCap: 34_657 })
    expect(result).toMatchObject({ mixingTime: null, noMixing: 'longer than the cap', mixingTimeCap: 34_657 })
    expect(coverage(mdp, solo(mdp), { mixingTimeCap: 34_658 }).mixingTime).toBe(34_658)
  })

  test('of period 2 is null, and the law is still the average', () => {
    const agent = only(
      chainMdp(
        [
          [0, 1],
          [1, 0],
        ],
        [1, 0],
      ),
    )
    expect(distance(agent.mu, [0.5, 0.5])).toBeLessThan(CLOSE)
    expect(agent).toMatchObject({ mixingTime: null, noMixing: 'periodic', period: 2, dependsOnStart: false })
  })

  test('of one step is 1', () => {
    expect(
      only(
        chainMdp([
          [0.5, 0.5],
          [0.5, 0.5],
        ]),
      ).mixingTime,
    ).toBe(1)
  })
})

describe('coverage of many agents', () => {
  test("is the paper's: 20 one-action agents cover everything only together", () => {
    const mdp = twoState(20, 1)
    const result = coverage(mdp, oneActionBehavior(2, 20, 20), OPTIONS)
    expect(result).toMatchObject({
      muMin: 0,
      coveredFraction: 1,
      uncovered: [],
      dependsOnStart: false,
      periodic: false,
    })
    expect(result.cHet).toBeCloseTo(20, 9)
    expect(result.muAvg).toBeGreaterThan(0.4 / 20)
    expect(result.muAvg).toBeLessThan(0.5 / 20)
    expect(result.cHet).toBeLessThanOrEqual(Math.min(20, 1 / result.muAvg) + 1e-9)
    expect(result.agents.every(({ coveredPairs }) => coveredPairs === 2)).toBe(true)
    expect(result.mixingTime).toBe(1)
  })

  test('leaves pairs out when there are fewer agents than actions', () => {
    const result = coverage(twoState(20, 1), oneActionBehavior(2, 20, 15), OPTIONS)
    expect(result).toMatchObject({ muAvg: 0, coveredFraction: 0.75, uncoveredTotal: 10 })
    expect(result.uncovered[0]).toEqual([0, 15])
    expect(result.cHet).toBeCloseTo(15, 9)
  })

  test('keeps 1 <= C_het <= min(K, 1 / mu_avg) and mu_min <= mu_avg', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 6 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, agents, weight) => {
          const { cHet, muMin, muAvg } = coverage(
            garnet(4, 3, 2, seed),
            mixtureBehavior(4, 3, agents, weight),
            { mixingTimeCap: 1 },
          )
          expect(cHet).toBeGreaterThanOrEqual(1 - 1e-12)
          expect(cHet).toBeLessThanOrEqual(Math.min(agents, 1 / muAvg) + 1e-9)
          expect(muMin).toBeLessThanOrEqual(muAvg + 1e-15)
        },
      ),
      { seed: 5, numRuns: 100 },
    )
  })

  test('weights a policy by how many agents follow it', () => {
    const mdp = twoState(2, 3)
    const [a, b] = coverage(mdp, oneActionBehavior(2, 2, 2), OPTIONS).agents
    const { average, agents } = coverage(mdp, oneActionBehavior(2, 2, 3), OPTIONS)
    const expected = Array.from(average, (_, z) => (2 * (a?.mu[z] as number) + (b?.mu[z] as number)) / 3)
    expect(distance(average, expected)).toBeLessThan(CLOSE)
    expect(agents[0]).toBe(agents[2])
  })

  test('of a million agents takes the work of their policies', () => {
    const { agents, cHet } = coverage(twoState(20, 1), oneActionBehavior(2, 20, 1_000_000), OPTIONS)
    expect(agents.length).toBe(1_000_000)
    expect(cHet).toBeCloseTo(20, 9)
  })

  test('of 100,000 sparse pairs takes seconds', () => {
    const { agents } = coverage(garnet(10_000, 10, 5, 1), uniformBehavior(10_000, 10, 1), {
      mixingTimeCap: 10,
    })
    expect(agents[0]).toMatchObject({ classes: 1, noMixing: 'too large to compute' })
    expect(agents[0]?.error).toBeLessThanOrEqual(1e-12)
  })

  test('of a slow walk on a 100 x 100 grid is the product of its two directions', () => {
    const side = 100
    const walls = (x: number): number => Math.min(side - 1, Math.max(0, x))
    const moves = [
      [1, 0, 0.3],
      [-1, 0, 0.2],
      [0, 1, 0.25],
      [0, -1, 0.25],
    ] as const
    const grid = Array.from({ length: side * side }, (_, s) =>
      moves.map(([dx, dy, p]): Outcome => [
        s,
        0,
        walls((s % side) + dx) + side * walls(Math.floor(s / side) + dy),
        p,
        0,
      ]),
    ).flat()
    const agent = only(build(side * side, 1, grid), 5)
    expect(agent.error).toBe(0)
    for (let s = 1; s < side * side; s += 7) {
      if (s % side !== 0) expect((agent.mu[s] as number) / (agent.mu[s - 1] as number)).toBeCloseTo(1.5, 9)
      if (s >= side) expect((agent.mu[s] as number) / (agent.mu[s - side] as number)).toBeCloseTo(1, 9)
    }
  })
})

describe('coverage of logs', () => {
  const log = (state: number[], action: number[]) => ({
    state: Uint32Array.from(state),
    action: Uint32Array.from(action),
    reward: new Float64Array(state.length),
    next: new Uint32Array(state.length),
    terminated: new Uint8Array(state.length),
  })

  test('is visit frequencies, without a mixing time', () => {
    const result = logCoverage(
      [log([0, 0, 1, 1], [0, 1, 0, 0]), log([0, 0], [0, 0])],
      3,
      2,
      Uint8Array.of(0, 0, 1),
    )
    expect(distance(result.average, [0.625, 0.125, 0.25, 0, 0, 0])).toBeLessThan(CLOSE)
    expect(result).toMatchObject({
      empirical: true,
      mixingTime: null,
      noMixing: 'no model',
      muAvg: 0,
      coveredFraction: 0.75,
      uncovered: [[1, 1]],
    })
    expect(result.cHet).toBe(2)
  })

  test('leaves out states that are only ever ended in', () => {
    // 0 -> 1, 1 ends in 2; the other log ends in 1, where the first acts, and goes on to 3, where it stops.
    const first = { ...log([0, 1], [0, 0]), next: Uint32Array.of(1, 2), terminated: Uint8Array.of(0, 1) }
    const second = { ...log([0, 0], [0, 0]), next: Uint32Array.of(1, 3), terminated: Uint8Array.of(1, 0) }
    const { pairs, uncovered } = logCoverage([first, second], 4, 1)
    expect([pairs, uncovered]).toEqual([3, [[3, 0]]])
    const known = logCoverage([first, second], 4, 1, Uint8Array.of(0, 0, 0, 1))
    expect([known.pairs, known.uncovered]).toEqual([3, [[2, 0]]])
  })
})

describe('coverage matrix', () => {
  test('is mu itself where it fits', () => {
    const result = coverage(twoState(3, 1), oneActionBehavior(2, 3, 4), OPTIONS)
    const { rows, columns, values } = coverageMatrix(result, 10, 10)
    expect([rows, columns]).toEqual([4, 6])
    result.agents.forEach(({ mu }, agent) => {
      expect(distance(values.subarray(agent * 6, agent * 6 + 6), mu)).toBe(0)
    })
  })

  test('of 100,000 agents of 20 policies has the mean of a block in every row', () => {
    const result = coverage(twoState(20, 1), oneActionBehavior(2, 20, 100_000), OPTIONS)
    const { rows, columns, values } = coverageMatrix(result, 100, 150)
    expect([rows, columns]).toEqual([100, 40])
    for (let row = 0; row < rows; row++)
      expect(distance(values.subarray(row * 40, row * 40 + 40), result.average)).toBeLessThan(CLOSE)
  })

  test('averages blocks, so the total mass stays', () => {
    const result = coverage(twoState(7, 1), oneActionBehavior(2, 7, 9), OPTIONS)
    const { rows, columns, values, agentFrom, pairFrom } = coverageMatrix(result, 4, 5)
    expect([rows, columns]).toEqual([4, 5])
    let mass = 0
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const cells =
          ((agentFrom[r + 1] as number) - (agentFrom[r] as number)) *
          ((pairFrom[c + 1] as number) - (pairFrom[c] as number))
        mass += cells * (values[r * columns + c] as number)
      }
    }
    expect(mass).toBeCloseTo(9, 9)
  })
})
