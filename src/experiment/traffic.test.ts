import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeTask, encodeUpdate } from '../protocol/q-codec.ts'
import { traffic } from './traffic.ts'

describe('traffic', () => {
  it('is the length of the frames that a federation would send', () => {
    const cases = fc.record({
      averaging: fc.constantFrom('equal' as const, 'importance' as const),
      initial: fc.constantFrom('shared' as const, 'perAgent' as const),
      round: fc.constantFrom(0, 1, 127, 128, 256, 65536, 2 ** 33),
      // more agents than one byte of MessagePack tells apart
      agents: fc.constantFrom(1, 140, 300),
      values: fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 3 }),
    })
    fc.assert(
      fc.property(cases, ({ averaging, initial, round, agents, values }) => {
        const counts = Array.from({ length: agents }, (_, i) => values[i % values.length] ?? 0)
        const dense = initial === 'perAgent' && round === 0
        const reported = Uint32Array.from(counts, (count) => (dense ? 300 : count))
        const algorithm = {
          name: 'fed-asyn-q',
          averaging,
          stepSize: 0.1,
          syncPeriod: 5,
          steps: 100,
          initial,
        } as const
        const task = encodeTask({ round, step: 5 * round, steps: 5, table: new Float64Array(300) }).length
        const updates = [...reported].map((count, agent) => {
          const list = new Uint32Array(count)
          return encodeUpdate({
            agent,
            round,
            entries: dense ? null : list,
            changes: new Float64Array(count),
            visits: averaging === 'importance' ? list : null,
          }).length
        })
        const expected = updates.reduce((sum, bytes) => sum + bytes, task * counts.length)
        const bytesOf = traffic({ algorithm, entries: 300 })
        expect(bytesOf(round, 5 * round, 5, reported)).toBe(expected)
        expect(bytesOf(round, 5 * round, 5, reported)).toBe(expected)
      }),
      { seed: 1 },
    )
  })

  it('counts those alone who took part', () => {
    const algorithm = { name: 'fed-asyn-q', averaging: 'equal', stepSize: 0.1, syncPeriod: 5, steps: 100, initial: 0 } as const // prettier-ignore
    const bytesOf = traffic({ algorithm, entries: 300 })
    const some = bytesOf(2, 10, 5, Uint32Array.of(3, 4), Uint32Array.of(1, 200))
    const update = (agent: number, count: number) =>
      encodeUpdate({ agent, round: 2, entries: new Uint32Array(count), changes: new Float64Array(count), visits: null }).length // prettier-ignore
    const task = encodeTask({ round: 2, step: 10, steps: 5, table: new Float64Array(300) }).length
    expect(some).toBe(2 * task + update(1, 3) + update(200, 4))
  })

  it('is nothing for independent learners', () => {
    const algorithm = { name: 'q-learning', stepSize: 0.1, steps: 100, initial: 0 } as const
    expect(traffic({ algorithm, entries: 3 })(0, 0, 5, Uint32Array.of(1, 2))).toBe(0)
  })
})
