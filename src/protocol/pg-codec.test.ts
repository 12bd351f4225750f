import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from './frame.ts'
import {
  decodePgTask,
  decodePgUpdate,
  encodePgTask,
  encodePgUpdate,
  PG_UPDATE_FIELDS,
  pgTaskBytes,
  pgUpdateBytes,
} from './pg-codec.ts'
import { PG_PHASES } from './pg-contract.ts'
import type { PgAlgorithmName, PgContract, PgPhase } from './pg-contract.ts'
import type { PgTask, PgUpdate } from './pg-messages.ts'

const contractOf = (algorithm: PgAlgorithmName, more: Partial<PgContract> = {}): PgContract => ({
  algorithm,
  agents: 70_000,
  size: 9,
  shared: 7,
  localSteps: 10,
  stepSize: 0.1,
  serverStepSize: 1,
  rounds: 1_000_000,
  initial: new Float64Array(9),
  clusters: algorithm === 'ifca' ? 300 : 1,
  momentum: 1,
  reuseMemorySampleAtStep0: true,
  ...more,
})

/** A contract and one of its phases. */
const places = fc.constantFrom(
  ...(Object.keys(PG_PHASES) as PgAlgorithmName[]).flatMap((name) =>
    PG_PHASES[name].map((phase: PgPhase, index) => ({ contract: contractOf(name), phase, index })),
  ),
)
const numbers = fc.double({ noNaN: true, noDefaultInfinity: true })
const rounds = fc.nat(999_999)

describe('messages of every phase of every algorithm', () => {
  it('pass through bytes as Updates, whose length is known beforehand', () => {
    fc.assert(
      fc.property(
        places,
        fc.nat(69_999),
        rounds,
        fc.nat(299),
        numbers,
        ({ contract, phase, index }, agent, round, cluster, value) => {
          const update: PgUpdate = {
            agent,
            round,
            phase: index,
            vector: new Float64Array(7).fill(value),
            control: phase.beside === 'control' ? new Float64Array(7).fill(-value) : null,
            cluster: phase.beside === 'cluster' ? cluster : null,
          }
          const bytes = encodePgUpdate(update)
          expect(decodePgUpdate(bytes, contract)).toEqual({ ok: true, value: update })
          expect(pgUpdateBytes(contract, update)).toBe(bytes.length)
        },
      ),
      { seed: 1, numRuns: 500 },
    )
  })

  it('pass through bytes as Tasks, whose length is known beforehand', () => {
    fc.assert(
      fc.property(places, rounds, numbers, ({ contract, phase, index }, round, value) => {
        const carried = (name: PgPhase['task'][number], length: number): Float64Array | null =>
          phase.task.includes(name) ? new Float64Array(length).fill(value) : null
        const task: PgTask = {
          round,
          phase: index,
          theta: carried('theta', contract.clusters * 7),
          direction: carried('direction', 7),
          previous: carried('previous', 7),
        }
        const bytes = encodePgTask(task)
        expect(decodePgTask(bytes, contract)).toEqual({ ok: true, value: task })
        expect(pgTaskBytes(contract, task)).toBe(bytes.length)
      }),
      { seed: 2, numRuns: 500 },
    )
  })

  it('cost nothing where nothing is common', () => {
    const alone = contractOf('local', { shared: 0 })
    expect(pgTaskBytes(alone, { round: 1, phase: 0 })).toBe(0)
    expect(pgUpdateBytes(alone, { agent: 1, round: 1, phase: 0, cluster: null })).toBe(0)
  })
})

const plain: PgUpdate = {
  agent: 1,
  round: 2,
  phase: 0,
  vector: new Float64Array(7),
  control: null,
  cluster: null,
}
const messages = (bytes: Uint8Array, contract: PgContract): string[] => {
  const result = decodePgUpdate(bytes, contract)
  return result.ok ? [] : result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
}

describe('updates', () => {
  it('carry a closed set of fields', () => {
    expect(Object.keys(plain).toSorted()).toEqual(
      PG_UPDATE_FIELDS.filter((field) => field !== 'kind').toSorted(),
    )
    const smuggled = encodeFrame({
      fields: { kind: 'pg-update', agent: 1, round: 2, phase: 0, state: 9 },
      tensors: [
        { name: 'vector', data: new Float64Array(7) },
        { name: 'rewards', data: Float64Array.of(1) },
      ],
    })
    expect(messages(smuggled, contractOf('fedpg'))).toEqual([
      'state: unknown field',
      'rewards: unknown tensor',
    ])
  })

  it.each<[string, PgAlgorithmName, Partial<PgUpdate>, string]>([
    [
      'an agent out of range',
      'fedpg',
      { agent: 70_000 },
      'agent: expected an integer in [0, 69999], got 70000',
    ],
    [
      'a round out of range',
      'fedpg',
      { round: 1_000_000 },
      'round: expected an integer in [0, 999999], got 1000000',
    ],
    ['a phase out of range', 'fedpg', { phase: 1 }, 'phase: expected an integer in [0, 0], got 1'],
    ['too few numbers', 'fedpg', { vector: new Float64Array(6) }, 'vector: expected 7 numbers, got 6'],
    ['an own head', 'fedpg', { vector: new Float64Array(9) }, 'vector: expected 7 numbers, got 9'],
    [
      'a number that is none',
      'fedpg',
      { vector: new Float64Array(7).fill(NaN, 3) },
      'vector.3: expected a finite number, got NaN',
    ],
    ['a control variate too many', 'fedpg', { control: new Float64Array(7) }, 'control: unknown tensor'],
    ['no control variate', 'scaffold', {}, 'control: expected 7 numbers, got none'],
    ['a cluster too many', 'fedpg', { cluster: 0 }, 'cluster: unknown field'],
    ['no cluster', 'ifca', {}, 'cluster: expected an integer in [0, 299], got undefined'],
    ['a cluster out of range', 'ifca', { cluster: 300 }, 'cluster: expected an integer in [0, 299], got 300'],
  ])('with %s are refused', (_, algorithm, wrong, message) => {
    expect(messages(encodePgUpdate({ ...plain, ...wrong }), contractOf(algorithm))).toContain(message)
  })
})

describe('tasks', () => {
  it('are refused where a vector is missing, in the wrong phase or of the wrong length', () => {
    const contract = contractOf('fast-fedpg')
    const faults = (task: Partial<PgTask>): unknown[] => {
      const bytes = encodePgTask({
        round: 0,
        phase: 0,
        theta: null,
        direction: null,
        previous: null,
        ...task,
      })
      const result = decodePgTask(bytes, contract)
      return result.ok ? [] : result.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    }
    expect(faults({})).toEqual(['theta: expected 7 numbers, got none'])
    expect(faults({ theta: new Float64Array(9) })).toEqual(['theta: expected 7 numbers, got 9'])
    expect(faults({ phase: 1, theta: new Float64Array(7) })).toEqual([
      'theta: unknown tensor',
      'direction: expected 7 numbers, got none',
    ])
  })
})

describe('hostile bytes', () => {
  it('give issues, never a throw', () => {
    const good = encodePgUpdate({ ...plain, control: Float64Array.from({ length: 7 }, (_, i) => i) })
    const task = encodePgTask({
      round: 0,
      phase: 0,
      theta: new Float64Array(7),
      direction: null,
      previous: null,
    })
    const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(fc.constantFrom(good, task), edits, fc.nat(good.length), (whole, changes, cut) => {
        const bytes = whole.slice(0, cut === 0 ? whole.length : cut)
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value
        expect(typeof decodePgUpdate(bytes, contractOf('scaffold')).ok).toBe('boolean')
        expect(typeof decodePgTask(bytes, contractOf('fedpg')).ok).toBe('boolean')
      }),
      { seed: 3, numRuns: 10_000 },
    )
  })
})
