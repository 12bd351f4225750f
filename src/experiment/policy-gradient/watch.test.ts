import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GradientOracle } from '../../agent/gradient-oracle.ts'
import { PG_PHASES } from '../../protocol/pg-contract.ts'
import type { PgTask, PgUpdate } from '../../protocol/pg-messages.ts'
import { counted, Diverged, spread, watched } from './watch.ts'

const task: PgTask = { round: 6, phase: 1, theta: null, direction: null, previous: null }
const update = (agent: number, change: Partial<PgUpdate>): PgUpdate => ({
  agent,
  round: 6,
  phase: 1,
  vector: Float64Array.of(1, 2),
  control: null,
  cluster: null,
  ...change,
})

describe('watched', () => {
  const cohortOf = (updates: readonly PgUpdate[]) => ({ work: () => Promise.resolve(updates) })
  const phases = PG_PHASES['fast-fedpg']

  it('passes every Task and its Updates on, and tells of them', async () => {
    const updates = [update(0, {}), update(1, { vector: Float64Array.of(-1e8, 1e8) })]
    const heard: unknown[] = []
    const work = watched(cohortOf(updates), phases, (...told) => {
      heard.push(told)
      return Promise.resolve()
    }).work(task)
    expect(await work).toBe(updates)
    expect(heard).toEqual([[task, updates]])
  })

  it.each([
    ['is not a number', { vector: Float64Array.of(1, NaN) }],
    ['is infinite', { vector: Float64Array.of(-Infinity, 0) }],
    ['moves a parameter too far', { vector: Float64Array.of(0, 1.01e8) }],
    ['carries such a control variate', { control: Float64Array.of(NaN, 0) }],
  ])('names the round, from 1, and the agent whose Update %s, before anybody hears of it', async (_, bad) => {
    let heard = 0
    const cohort = watched(cohortOf([update(3, {}), update(5, bad)]), phases, () => {
      heard++
      return Promise.resolve()
    })
    const error = await cohort.work(task).then(
      () => null,
      (thrown: unknown) => thrown,
    )
    expect(error).toBeInstanceOf(Diverged)
    expect(error).toMatchObject({ round: 7, agent: 5, message: 'diverged in round 7 at agent 5' })
    expect(heard).toBe(0)
  })

  it('lets gradients and control variates be as large as rewards make them', async () => {
    const large = Float64Array.of(-3e9, 1)
    const updates = [update(0, { phase: 0, vector: large })]
    const quiet = (): Promise<void> => Promise.resolve()
    expect(await watched(cohortOf(updates), phases, quiet).work({ ...task, phase: 0 })).toBe(updates)
    const controls = [update(0, { phase: 0, control: large })]
    const scaffold = watched(cohortOf(controls), PG_PHASES.scaffold, quiet)
    expect(await scaffold.work({ ...task, phase: 0 })).toBe(controls)
  })
})

describe('counted', () => {
  // each question takes 2, 5 or 11 transitions; the position is their number
  const oracle: GradientOracle<number> = {
    size: 1,
    start: () => 0,
    gradient: (theta, state) => ({ gradient: theta, state: state + 2 }),
    gradients: (theta, reference, state) => ({ gradient: theta, atReference: reference, state: state + 5 }),
    value: (_, state) => ({ value: 1, state: state + 11 }),
    samples: (state) => state,
  }

  it('tells what every answer took, also where two start from one position', () => {
    const told: number[] = []
    const watchedOracle = counted(oracle, (samples) => void told.push(samples))
    const theta = Float64Array.of(1)
    expect(watchedOracle.gradient(theta, 100)).toEqual(oracle.gradient(theta, 100))
    expect(watchedOracle.gradients(theta, theta, 100)).toEqual(oracle.gradients(theta, theta, 100))
    expect(watchedOracle.value(theta, 7)).toEqual(oracle.value(theta, 7))
    expect(watchedOracle.value(theta, 7)).toEqual(oracle.value(theta, 7))
    expect(told).toEqual([2, 5, 11, 11])
  })
})

describe('spread', () => {
  it('is the root mean square distance from the mean', () => {
    // mean (1, 1); squared distances 2, 2, 0
    expect(spread([Float64Array.of(0, 0), Float64Array.of(2, 2), Float64Array.of(1, 1)])).toBeCloseTo(
      Math.sqrt(4 / 3),
      15,
    )
  })

  it('is 0 for equal vectors, for one, and for none', () => {
    const one = Float64Array.of(0.25, -4)
    expect([spread([one, one.slice()]), spread([one]), spread([])]).toEqual([0, 0, 0])
  })

  it('does not depend on where the vectors are, and grows with their scale', () => {
    const vectors = fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 })), {
      minLength: 1,
      maxLength: 5,
    })
    fc.assert(
      fc.property(vectors, (list) => {
        const moved = (scale: number, by: number): Float64Array[] =>
          list.map((pair) => Float64Array.from(pair, (x) => scale * x + by))
        expect(spread(moved(3, 17))).toBeCloseTo(3 * spread(moved(1, 0)), 9)
      }),
      { seed: 4 },
    )
  })
})
