import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import {
  asyncLimit,
  predictedError,
  syncLimit,
  theorem1,
  theorem2,
  theorem3,
  type TheoryInput,
} from './theory.ts'
import { check } from './theory/check.ts'
import { coverTimeBound, PRIOR_ART } from './theory/prior-art.ts'

const input: TheoryInput = {
  states: 2,
  actions: 20,
  agents: 20,
  discount: 0.9,
  epsilon: 0.1,
  delta: 0.05,
  coverage: { muMin: 0.01, muAvg: 0.02, cHet: 2, mixingTime: 5 },
}

describe('limits on tau', () => {
  // Hand-computed at gamma = 0.9, K = 20.
  test.each([
    [0.2, 1.07, 0.03],
    [0.05, 1.28, 0.125],
    [0.01, 2.39, 0.625],
    [0.001, 14.9, 6.25],
  ])('at eta = %d are %d and %d', (eta, first, third) => {
    expect(syncLimit(20, 0.9, eta)).toBeCloseTo(first, first > 10 ? 1 : 2)
    expect(asyncLimit(20, 0.9, eta)).toBeCloseTo(third, 2)
  })
})

describe('theorem 1', () => {
  const demand = theorem1(input)

  test('meets (14b) with equality but for rounding, T standing in its own logarithm', () => {
    const ask = (t: number) =>
      (Math.log(0.1 ** 2 * 0.1) ** 2 * Math.log((40 * 20 * t) / 0.05)) / (20 * 0.1 ** 5 * 0.1 ** 2)
    const steps = demand.steps ?? NaN
    expect(steps).toBeGreaterThanOrEqual(ask(steps) * (1 - 1e-9))
    expect(steps - 1).toBeLessThanOrEqual(ask(steps) * (1 + 1e-9))
    expect(demand.samplesPerAgent).toBe(40 * steps)
  })

  test('gives eta by (14c), tau by (14a) and rounds by T / tau', () => {
    const steps = demand.steps ?? NaN
    expect(demand.stepSize).toBeCloseTo((20 * 0.1 ** 4 * 0.1 ** 2) / Math.log((40 * 20 * steps) / 0.05), 12)
    const high = 1 + 0.1 / (8 * 0.9) / (demand.stepSize ?? NaN)
    expect(demand.syncPeriod?.high).toBeCloseTo(high, 6)
    expect(demand.rounds).toBe(Math.ceil(steps / Math.floor(high)))
  })

  test('asks for a K-th of the samples in its leading term', () => {
    expect((theorem1({ ...input, agents: 40 }).leading ?? NaN) * 2).toBeCloseTo(demand.leading ?? NaN, 3)
    expect(demand.leading).toBeCloseTo(40 / (20 * 0.1 ** 5 * 0.01), 3)
  })

  test('scales with c_T', () => {
    expect(theorem1(input, { cT: 10, cEta: 1 }).steps ?? 0).toBeGreaterThan(10 * (demand.steps ?? NaN))
  })
})

describe('theorems 2 and 3', () => {
  test('meet (26b) and (28b) with equality but for rounding', () => {
    const logs = (t: number) =>
      Math.log(0.1 ** 2 * 0.1) ** 2 * Math.log(t * 20) * Math.log((40 * t * t * 20) / 0.05)
    const second = 2 / (20 * 0.02 * 0.1 ** 7) + 1 / (0.02 * 0.1 * ((0.02 * 0.05) / 5))
    const third = 1 / (20 * 0.02 * 0.1 ** 7) + 1 / (0.02 * 0.1 * 0.05)
    for (const [demand, scale] of [
      [theorem2(input), second],
      [theorem3(input), third],
    ] as const) {
      const steps = demand.steps ?? NaN
      expect(steps / (scale * logs(steps))).toBeCloseTo(1, 9)
    }
  })

  test('differ by C_het in the leading term', () => {
    expect((theorem2(input).leading ?? NaN) / (theorem3(input).leading ?? NaN)).toBeCloseTo(2, 12)
  })

  test('the ICML version has mu_min in place of mu_avg', () => {
    expect(
      (theorem2(input, undefined, 'icml').leading ?? NaN) / (theorem2(input).leading ?? NaN),
    ).toBeCloseTo(2, 12)
    const partial = { ...input, coverage: { muMin: 0, muAvg: 0.02, cHet: 20, mixingTime: 5 } }
    expect(theorem2(partial).steps).not.toBeNull()
    const icml = theorem2(partial, undefined, 'icml')
    expect(icml).toMatchObject({ steps: null, leading: null })
    expect(icml.missing[0]).toContain('mu_min is 0')
  })

  test('the lower bound on tau leaves no tau at c_eta = 1, and one at the c_eta that is named', () => {
    const none = theorem2(input)
    expect(none.rounds).toBeNull()
    const enough = Number(/c_eta up to (\S+)/.exec(none.missing[0] ?? '')?.[1])
    expect(theorem2(input, { cT: 1, cEta: enough * 1.1 }).rounds).toBeNull()
    const some = theorem2(input, { cT: 1, cEta: enough * 0.9 })
    expect(some.missing).toEqual([])
    expect(some.rounds ?? 0).toBeGreaterThan(0)
    expect(some.syncPeriod?.low ?? NaN).toBeLessThanOrEqual(some.syncPeriod?.high ?? NaN)
  })

  test('say what is missing: a pair nobody visits, a mixing time, coverage at all', () => {
    const uncovered = theorem3({ ...input, coverage: { muMin: 0, muAvg: 0, cHet: 15, mixingTime: 5 } })
    expect(uncovered.missing[0]).toContain('mu_avg is 0')
    const periodic = theorem3({ ...input, coverage: { muMin: 0.01, muAvg: 0.02, cHet: 1, mixingTime: null } })
    expect(periodic).toMatchObject({ steps: null, leading: theorem3(input).leading })
    expect(periodic.missing[0]).toContain('mixing time')
    expect(theorem3({ ...input, coverage: null }).missing[0]).toContain('coverage is not known')
  })
})

test('takes a discount of 0, and an epsilon as large as any error', () => {
  expect(theorem1({ ...input, discount: 0, epsilon: 1 }).syncPeriod?.high).toBeGreaterThan(1)
  expect(theorem1({ ...input, epsilon: 10 }).steps).toBeGreaterThan(0)
})

test.each([
  [{ epsilon: 10.001 }, 'epsilon'],
  [{ epsilon: 0 }, 'epsilon'],
  [{ delta: 1 }, 'delta'],
  [{ discount: 1 }, 'discount'],
  [{ agents: 0 }, 'agents'],
])('refuses %j', (change, name) => {
  expect(() => theorem1({ ...input, ...change })).toThrow(name)
})

describe('prior art', () => {
  const samples = (reference: string, from: TheoryInput = input) =>
    PRIOR_ART.find((row) => row.reference.startsWith(reference))?.samples(from)

  test('has the nine printed rows and the slides rows', () => {
    expect(PRIOR_ART.filter((row) => !row.slidesOnly).length).toBe(9)
    expect(PRIOR_ART.filter((row) => row.slidesOnly).length).toBe(5)
  })

  test.each(PRIOR_ART)('$reference: the number is its printed formula', ({ formula, samples: numberOf }) => {
    const coverage = { muMin: 0.01, muAvg: 0.02, cHet: 2, mixingTime: 5, coverTime: 30 }
    const { states: S, actions: A, agents: K, discount: γ, epsilon: ε } = input
    const names = { S, A, K, γ, ε, ω: 0.8, μ_min: 0.01, μ_avg: 0.02, C_het: 2, t_mix: 5, t_cover: 30 }
    const code = formula
      .replaceAll('²', '^2')
      .replaceAll('³', '^3')
      .replaceAll('^', '**')
      .replaceAll('3ω', '3*ω')
      .replaceAll(/(?<![/+]) (?![/+])/g, '*')
    const printed = runInNewContext(code, names) as number
    expect((numberOf({ ...input, coverage }) ?? NaN) / printed).toBeCloseTo(1, 9)
  })

  test('agrees with numbers worked out by hand', () => {
    expect(samples('Wainwright')).toBeCloseTo(40 * 1e5 * 1e2, -1)
    expect(samples('Qu')).toBeCloseTo((5 / 1e-4) * 1e7, -4)
    expect(
      (samples('FedAsynQ, equal averaging (Khodadadian') as number) / ((4 * 1e11) / (20 * 1e-10)),
    ).toBeCloseTo(1, 9)
    const known = { ...input, coverage: { muMin: 0.01, muAvg: 0.02, cHet: 2, mixingTime: 5, coverTime: 100 } }
    expect((samples('Beck', known) as number) / (1e6 * 40 * 1e7)).toBeCloseTo(1, 9)
    expect((samples('Even-Dar and Mansour 2003, linear', known) as number) / (100 ** 10 * 1e6)).toBeCloseTo(
      1,
      9,
    )
    expect(
      (samples('Even-Dar and Mansour 2003, poly', known) as number) /
        ((100 ** 3.4 * 1e6) ** 1.25 + 1000 ** 5),
    ).toBeCloseTo(1, 9)
  })

  test('agrees with the theorems where they are the same bound', () => {
    expect(samples('FedSynQ')).toBeCloseTo(theorem1(input).leading ?? NaN, 3)
    expect(samples('FedAsynQ, equal averaging (Theorem')).toBeCloseTo(theorem2(input).leading ?? NaN, 3)
    expect(samples('FedAsynQ, equal averaging (ICML')).toBeCloseTo(
      theorem2(input, undefined, 'icml').leading ?? NaN,
      3,
    )
    expect(samples('FedAsynQ, importance')).toBeCloseTo(theorem3(input).leading ?? NaN, 3)
  })

  test('is infinite without full coverage and unknown without coverage', () => {
    const partial = { ...input, coverage: { muMin: 0, muAvg: 0.02, cHet: 20, mixingTime: null } }
    const asynchronous = PRIOR_ART.filter(({ sampling }) => sampling === 'async')
    const full = asynchronous.filter(({ coverage }) => coverage === 'full')
    expect(full.map((row) => row.samples(partial))).toEqual(full.map(() => Infinity))
    expect(asynchronous.every((row) => row.samples({ ...input, coverage: null }) === null)).toBe(true)
  })

  test('bounds the cover time of a fair coin from above', () => {
    // Two pairs, each step a fresh fair coin: both are seen within 2 steps with probability 1/2.
    expect(coverTimeBound({ muMin: 0.5, muAvg: 0.5, cHet: 1, mixingTime: 1 }, 2, 1)).toBeGreaterThanOrEqual(2)
    // blocks of 3 * log2(2 / (1/8)) = 12 steps, ceil(16 log 8) = 34 of them
    expect(coverTimeBound({ muMin: 0.125, muAvg: 0.5, cHet: 1, mixingTime: 3 }, 2, 2)).toBe(12 * 34)
    expect(coverTimeBound({ muMin: 0.5, muAvg: 0.5, cHet: 1, mixingTime: null }, 2, 1)).toBeNull()
  })
})

describe('check', () => {
  test("judges tau at the file's own eta, and names the eta that would do", () => {
    const [period, stepSize, steps] = check(theorem3(input), input, {
      stepSize: 0.05,
      syncPeriod: 50,
      steps: 2000,
    })
    expect(period).toBe(
      'Theorem 3: at eta = 0.05 tau may be at most 0.125, the file has 50; eta up to 1.25e-4 would admit this tau.',
    )
    expect(stepSize).toContain('is larger')
    expect(steps).toContain("the file's 2000 is fewer")
  })

  test('holds at the eta that it names', () => {
    const [one] = check(theorem1(input), input, { stepSize: 1e-3, syncPeriod: 14, steps: 1 })
    expect(one).toContain('is within its limit 14.89')
    expect(check(theorem3(input), input, { stepSize: 1.25e-4, syncPeriod: 50, steps: 1 })[0]).toContain(
      'is within',
    )
  })

  test('names the eta of Theorem 1 too, and none where tau is 1', () => {
    const own = { stepSize: 0.05, syncPeriod: 14, steps: 1 }
    const [told = ''] = check(theorem1(input), input, own)
    const eta = Number(/eta up to (\S+) would/.exec(told)?.[1])
    expect(eta).toBeCloseTo(0.1 / 7.2 / 13, 6)
    expect(check(theorem1(input), input, { ...own, stepSize: eta * 0.999 })[0]).toContain('is within')
    expect(check(theorem1(input), input, { ...own, stepSize: eta * 1.001 })[0]).toContain('at most')
    expect(check(theorem1(input), input, { ...own, stepSize: 0.9, syncPeriod: 1 })[0]).toContain('is within')
  })

  test('takes what is exactly asked for as enough', () => {
    const demand = { ...theorem2(input), steps: 2000, stepSize: 0.05, syncPeriod: { low: 50, high: 60 } }
    const at = (syncPeriod: number, steps: number) =>
      check(demand, input, { stepSize: 0.05, syncPeriod, steps })
    expect(at(50, 2000).slice(1)).toEqual([
      "Theorem 2 asks for eta = 0.05 for this epsilon; the file's 0.05 is no larger: it may need more steps.",
      "Theorem 2 asks for T >= 2000; the file's 2000 is enough.",
    ])
    expect(at(49, 1999).slice(2)).toEqual([
      'Theorem 2 asks for tau >= 50; the file has 49.',
      "Theorem 2 asks for T >= 2000; the file's 1999 is fewer.",
    ])
  })

  test('says that schedules are not covered', () => {
    expect(check(theorem1(input), input, { stepSize: null, syncPeriod: 1, steps: 1 })[0]).toContain(
      'schedule',
    )
  })
})

test('four times the samples halve the predicted error, whoever draws them', () => {
  expect(predictedError({ agents: 2, steps: 100, error: 0.3 }, 8, 100)).toBeCloseTo(0.15, 15)
  expect(predictedError({ agents: 2, steps: 100, error: 0.3 }, 2, 400)).toBeCloseTo(0.15, 15)
})
