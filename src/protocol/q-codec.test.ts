import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from './frame.ts'
import {
  UPDATE_FIELDS,
  decodeTask,
  decodeUpdate,
  encodeTask,
  encodeUpdate,
  taskBytes,
  updateBytes,
} from './q-codec.ts'
import type { QUpdate } from './q-messages.ts'

const SHAPE = { entries: 50, agents: 70_000, steps: 1000, averaging: 'importance' } as const

const updates: fc.Arbitrary<QUpdate> = fc
  .record({
    agent: fc.integer({ min: 0, max: SHAPE.agents - 1 }),
    round: fc.integer({ min: 0, max: 2 ** 40 }),
    list: fc.uniqueArray(fc.integer({ min: 0, max: SHAPE.entries - 1 }), { maxLength: SHAPE.entries }),
    dense: fc.boolean(),
    weighted: fc.boolean(),
    change: fc.double({ noNaN: true, noDefaultInfinity: true }),
  })
  .map(({ agent, round, list, dense, weighted, change }) => {
    const entries = dense ? null : Uint32Array.from(list).sort()
    const count = entries?.length ?? SHAPE.entries
    return {
      agent,
      round,
      entries,
      changes: new Float64Array(count).fill(change),
      visits: weighted ? new Uint32Array(count).fill(7) : null,
    }
  })

describe('updates', () => {
  it('pass through bytes, whose length is known beforehand', () => {
    fc.assert(
      fc.property(updates, (update) => {
        const bytes = encodeUpdate(update)
        const averaging = update.visits === null ? 'equal' : 'importance'
        expect(decodeUpdate(bytes, { ...SHAPE, averaging })).toEqual({ ok: true, value: update })
        expect(
          updateBytes(update.agent, update.round, update.changes.length, {
            entries: update.entries !== null,
            visits: update.visits !== null,
          }),
        ).toBe(bytes.length)
      }),
      { seed: 1 },
    )
  })

  it('carry a closed set of fields', () => {
    const update: QUpdate = {
      agent: 1,
      round: 2,
      entries: Uint32Array.of(3),
      changes: Float64Array.of(0.5),
      visits: Uint32Array.of(4),
    }
    expect(Object.keys(update).every((key) => (UPDATE_FIELDS as readonly string[]).includes(key))).toBe(true)
    const smuggled = encodeFrame({
      fields: { kind: 'q-update', agent: 1, round: 2, state: 9 },
      tensors: [
        { name: 'changes', data: Float64Array.of(1) },
        { name: 'entries', data: Uint32Array.of(0) },
        { name: 'rewards', data: Float64Array.of(1) },
      ],
    })
    expect(decodeUpdate(smuggled, { ...SHAPE, averaging: 'equal' })).toEqual({
      ok: false,
      issues: [
        { path: ['state'], message: 'unknown field' },
        { path: ['rewards'], message: 'unknown tensor' },
      ],
    })
  })

  it.each<[string, Partial<QUpdate>, string]>([
    ['an agent out of range', { agent: SHAPE.agents }, 'expected an integer in [0, 69999], got 70000'],
    [
      'an entry twice',
      {
        entries: Uint32Array.of(3, 3),
        changes: Float64Array.of(1, 2),
        visits: Uint32Array.of(1, 1),
      },
      'expected ascending entries below 50, got 3',
    ],
    ['an entry out of range', { entries: Uint32Array.of(50) }, 'expected ascending entries below 50, got 50'],
    ['a change that is not finite', { changes: Float64Array.of(NaN) }, 'expected a finite number, got NaN'],
    ['more visits than steps', { visits: Uint32Array.of(1001) }, 'expected at most 1000, got 1001'],
    ['no visits to weigh by', { visits: null }, 'expected visit counts under importance averaging'],
    ['lengths that differ', { changes: Float64Array.of(1, 2) }, 'expected 1 numbers, got 2'],
  ])('with %s are refused', (_, wrong, message) => {
    const update = {
      agent: 1,
      round: 2,
      entries: Uint32Array.of(3),
      changes: Float64Array.of(0.5),
      visits: Uint32Array.of(4),
      ...wrong,
    }
    const result = decodeUpdate(encodeUpdate(update), SHAPE)
    expect(result.ok ? [] : result.issues.map((issue) => issue.message)).toContain(message)
  })

  it('tell no visits that nobody needs: under equal averaging they are refused', () => {
    const bytes = encodeUpdate({
      agent: 1,
      round: 2,
      entries: Uint32Array.of(3),
      changes: Float64Array.of(0.5),
      visits: Uint32Array.of(4),
    })
    expect(decodeUpdate(bytes, { ...SHAPE, averaging: 'equal' })).toEqual({
      ok: false,
      issues: [{ path: ['visits'], message: 'expected no visit counts under equal averaging' }],
    })
  })
})

describe('tasks', () => {
  it('pass through bytes, whose length is known beforehand', () => {
    const task = {
      round: 300,
      step: 70_000,
      steps: 250,
      table: Float64Array.from({ length: 50 }, (_, i) => i / 7),
    }
    const bytes = encodeTask(task)
    expect(decodeTask(bytes, SHAPE)).toEqual({ ok: true, value: task })
    expect(taskBytes(300, 70_000, 250, 50)).toBe(bytes.length)
  })
})

describe('hostile bytes', () => {
  it('give issues, never a throw', () => {
    const good = encodeUpdate({
      agent: 1,
      round: 2,
      entries: Uint32Array.of(3, 9),
      changes: Float64Array.of(0.5, 1),
      visits: Uint32Array.of(4, 1),
    })
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(good.length),
        (edits, cut) => {
          const bytes = good.slice(0, cut === 0 ? good.length : cut)
          for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value
          expect(typeof decodeUpdate(bytes, SHAPE).ok).toBe('boolean')
        },
      ),
      { seed: 2, numRuns: 20_000 },
    )
  })
})
