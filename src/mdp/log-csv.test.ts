import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Log } from './log.ts'
import { parseLog, writeLog } from './log-csv.ts'

const SIZES = { states: 4, actions: 3 }
const HEADER = 'state,action,reward,next_state,terminated'
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const read = (text: string) => parseLog([bytes(text)], SIZES)
const told = async (text: string): Promise<string[]> => {
  const result = await read(text)
  return result.ok ? [] : result.issues.map((i) => `${i.line}:${i.column}: ${i.path.join('.')}: ${i.message}`)
}
const step = (line: string): Promise<string[]> => told(`${HEADER}\n0,0,0,0,0\n${line}\n`)

const LOG: Log = {
  state: Uint32Array.of(0, 3),
  action: Uint32Array.of(2, 0),
  reward: Float64Array.of(-1.5, 1e-7),
  next: Uint32Array.of(3, 1),
  terminated: Uint8Array.of(0, 1),
}

describe('parseLog', () => {
  it('reads steps, with either spelling of terminated, line ends and a byte order mark', async () => {
    const expected = { ok: true, value: LOG }
    expect(await read(`${HEADER}\n0,2,-1.5,3,false\n3,0,1e-7,1,true\n`)).toEqual(expected)
    expect(await read(`${HEADER}\n0,2,-1.5,3,0\n3,0,1e-7,1,1`)).toEqual(expected)
    expect(await read(`\uFEFF${HEADER}\r\n0,2,-1.50,3,false\r\n3,0,.1E-6,1,true\r\n`)).toEqual(expected)
    expect(await read(`${HEADER}\r\n0,2,-1.5,3,0\r\n3,0,+1e-07,1,1\r`)).toEqual(expected)
  })
  it('names line, column, field, what was expected and what came', async () => {
    expect(await step('4,0,0,0,0')).toEqual(['3:1: state: expected an integer in [0, 4), got "4"'])
    expect(await step('0,3,0,0,0')).toEqual(['3:3: action: expected an integer in [0, 3), got "3"'])
    expect(await step('0,0,0,99999999999999999999,0')).toEqual([
      '3:7: next_state: expected an integer in [0, 4), got "99999999999999999999"',
    ])
    expect(await step('1.0,0,0,-1,yes')).toEqual([
      '3:1: state: expected an integer in [0, 4), got "1.0"',
      '3:9: next_state: expected an integer in [0, 4), got "-1"',
      '3:12: terminated: expected true, false, 1 or 0, got "yes"',
    ])
    for (const reward of ['', 'abc', 'NaN', 'inf', '1e999', '0x10', ' 1', '1_0', '.', '1e'])
      expect(await step(`0,0,${reward},0,0`)).toEqual([
        `3:5: reward: expected a number in [-1e+100, 1e+100], got "${reward}"`,
      ])
    expect(await step('0,0,0,0')).toEqual([`3:1: : expected 5 fields, ${HEADER}, got 4 fields`])
    expect(await step('0,0,0,0,0,0')).toEqual([`3:1: : expected 5 fields, ${HEADER}, got 6 fields`])
    expect(await step('')).toEqual([`3:1: : expected 5 fields, ${HEADER}, got an empty line`])
  })
  it('refuses another header, no header and no rows', async () => {
    expect(await told('s,a,r,s2,done\n0,0,0,0,0\n')).toEqual([
      `1:1: : expected the header ${HEADER}, got "s,a,r,s2,done"`,
    ])
    expect(await told('')).toEqual([`1:1: : expected the header ${HEADER}, got an empty file`])
    expect(await told(HEADER)).toEqual(['2:1: : expected at least one step after the header, got none'])
    expect(await told(`${HEADER}\n`)).toEqual([
      '2:1: : expected at least one step after the header, got none',
    ])
  })
  it('stops at the fifth fault', async () => {
    let pieces = 0
    function* file(): Generator<Uint8Array> {
      yield bytes(`${HEADER}\n`)
      for (; pieces < 1000; pieces++) yield bytes('9,9,x,9,9\n')
    }
    const result = await parseLog(file(), SIZES)
    expect(result.ok ? [] : result.issues.map((i) => i.line)).toEqual([2, 2, 2, 2, 2])
    expect(pieces).toBe(0)
  })
  it('gives up on a line without end', async () => {
    let pieces = 0
    function* file(): Generator<Uint8Array> {
      yield bytes(`${HEADER}\n`)
      for (; pieces < 1000; pieces++) yield bytes('0'.repeat(600))
    }
    expect(await parseLog(file(), SIZES)).toMatchObject({
      issues: [{ line: 2, message: expect.stringContaining('expected a line of at most 1000 characters') }],
    })
    expect(pieces).toBeLessThan(3)
  })
  it('reads 200,000 steps', async () => {
    const line = bytes('0,2,0.123456789012345,3,false\n'.repeat(1000))
    const chunks = [bytes(`${HEADER}\n`), ...Array.from({ length: 200 }, () => line)]
    const result = await parseLog(chunks, SIZES)
    expect(result.ok && result.value.state.length).toBe(200_000)
  })
})

describe('writeLog', () => {
  it('writes the format', () => {
    expect(writeLog(LOG)).toBe(`${HEADER}\n0,2,-1.5,3,false\n3,0,1e-7,1,true\n`)
  })
  it('is read back exactly, however the file is cut (property)', async () => {
    const row = fc.tuple(
      fc.nat(3),
      fc.nat(2),
      fc.double({ min: -1e100, max: 1e100, noNaN: true }),
      fc.nat(3),
      fc.nat(1),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1 }),
        fc.integer({ min: 1, max: 50 }),
        async (rows, size) => {
          const log: Log = {
            state: Uint32Array.from(rows, (r) => r[0]),
            action: Uint32Array.from(rows, (r) => r[1]),
            reward: Float64Array.from(rows, (r) => r[2]),
            next: Uint32Array.from(rows, (r) => r[3]),
            terminated: Uint8Array.from(rows, (r) => r[4]),
          }
          const file = bytes(writeLog(log))
          const pieces = Array.from({ length: Math.ceil(file.length / size) }, (_, i) =>
            file.subarray(i * size, (i + 1) * size),
          )
          expect(await parseLog(pieces, SIZES)).toEqual({ ok: true, value: log })
        },
      ),
      { numRuns: 200, seed: 1 },
    )
  })
})
