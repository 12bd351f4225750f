import { describe, expect, it } from 'vitest'
import { saverOf } from './saver.ts'
import type { RecordLine, RunEffect } from './served-run.ts'

type Save = Extract<RunEffect, { type: 'save' }>

const run = { variant: 0, seed: 1 }
const lineOf = (round: number): RecordLine => ({ round, phase: 0, agents: [0], late: [], measured: [] })
const effectOf = (closed: number, isAwaited = false): Save => ({
  type: 'save',
  closed,
  line: lineOf(closed - 1),
  isAwaited,
  checkpoint: () => Uint8Array.of(closed),
})

/** A saver whose disk and clock do nothing by themselves. */
function saverInTest() {
  const saved: { readonly lines: readonly number[]; readonly closed: number | undefined }[] = []
  const durable: number[] = []
  const waiting: { readonly done: () => void; readonly fail: (error: Error) => void }[] = []
  const alarms = new Set<() => void>()
  const faults: unknown[] = []
  const saver = saverOf(
    {
      members: () => Promise.resolve([]),
      keepMembers: () => Promise.resolve(),
      load: () => Promise.resolve(null),
      save(_, lines, [closed]) {
        saved.push({ lines: lines.map(({ round }) => round), closed })
        return new Promise((done, fail) => waiting.push({ done, fail }))
      },
    },
    run,
    {
      after(_, ring) {
        alarms.add(ring)
        return () => alarms.delete(ring)
      },
    },
    { durable: (closed) => durable.push(closed), failed: (error) => faults.push(error) },
  )
  const settle = async (act: () => void): Promise<void> => {
    act()
    await new Promise((resolve) => setImmediate(resolve))
  }
  return {
    saver,
    saved,
    durable,
    faults,
    alarms,
    ring: () => [...alarms].forEach((alarm) => alarm()),
    written: () => settle(() => waiting.shift()?.done()),
    broken: () => settle(() => waiting.shift()?.fail(new Error('no room'))),
  }
}

describe('a saver', () => {
  it('saves four phases together, and what closes meanwhile in the next one', async () => {
    const { saver, saved, durable, written } = saverInTest()
    for (const closed of [1, 2, 3]) saver.save(effectOf(closed))
    expect(saved).toEqual([])
    for (const closed of [4, 5, 6, 7, 8]) saver.save(effectOf(closed))
    expect([saved.length, durable]).toEqual([1, []])
    await written()
    await written()
    expect(saved).toEqual([
      { lines: [0, 1, 2, 3], closed: 4 },
      { lines: [4, 5, 6, 7], closed: 8 },
    ])
    expect(durable).toEqual([4, 8])
  })

  it('does not wait for ever for further phases', async () => {
    const { saver, saved, alarms, ring, written } = saverInTest()
    saver.save(effectOf(1))
    ring()
    saver.save(effectOf(2))
    await written()
    expect(saved).toEqual([{ lines: [0], closed: 1 }])
    ring()
    await written()
    expect([saved[1], alarms.size]).toEqual([{ lines: [1], closed: 2 }, 0])
  })

  it('saves at once what is waited for', async () => {
    const { saver, saved, written } = saverInTest()
    saver.save(effectOf(1, true))
    saver.save(effectOf(2, true))
    await written()
    expect(saved.map(({ closed }) => closed)).toEqual([1, 2])
  })

  it('writes no more after a failure, nor when it has been dropped', async () => {
    const broken = saverInTest()
    broken.saver.save(effectOf(1, true))
    await broken.broken()
    broken.saver.save(effectOf(2, true))
    expect([broken.saved.length, broken.faults.length, broken.durable]).toEqual([1, 1, []])

    const dropped = saverInTest()
    dropped.saver.save(effectOf(1))
    dropped.saver.drop()
    dropped.ring()
    expect([dropped.saved, dropped.alarms.size]).toEqual([[], 0])
  })
})
