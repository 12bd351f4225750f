import { readFileSync } from 'node:fs'
import { strFromU8, unzipSync } from 'fflate'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Mdp } from './mdp.ts'
import { parseNpy, writeNpy, writeNpz } from './npy.ts'
import type { NpzOptions } from './npz.ts'
import { parseNpz } from './npz.ts'

// Files that NumPy wrote; the script that made them stands beside them, and arrays.json holds what they hold.
const fixture = (name: string): Uint8Array =>
  readFileSync(new URL(`../../test/fixtures/numpy/${name}`, import.meta.url))
const arrays = JSON.parse(strFromU8(fixture('arrays.json'))) as {
  P: number[][][]
  R2: number[][]
  R3: number[][][]
  initial: number[]
}
const options = { layout: 'SAS', discount: 0.9 } as const
const read = (name: string, over: Partial<NpzOptions> = {}) =>
  parseNpz(fixture(name), { ...options, ...over })
const mdpIn = (name: string, over: Partial<NpzOptions> = {}): Mdp => {
  const result = read(name, over)
  if (!result.ok) throw new Error(JSON.stringify(result.issues))
  return result.value
}
const told = (bytes: Uint8Array, over: Partial<NpzOptions> = {}): string[] => {
  const result = parseNpz(bytes, { ...options, ...over })
  return result.ok ? [] : result.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
}

/** [S][A] lists of [next, probability, reward]. */
const rows = (mdp: Mdp): number[][][][] =>
  Array.from({ length: mdp.states }, (_, s) =>
    Array.from({ length: mdp.actions }, (__, a) => {
      const pair = s * mdp.actions + a
      const own = Array.from(mdp.next.keys()).slice(mdp.start[pair], mdp.start[pair + 1])
      return own.map((i) => [mdp.next, mdp.probability, mdp.reward].map((xs) => xs[i] as number))
    }),
  )
const expected = (reward: (s: number, a: number, next: number) => number): number[][][][] =>
  arrays.P.map((actions, s) =>
    actions.map((law, a) => law.flatMap((p, next) => (p === 0 ? [] : [[next, p, reward(s, a, next)]]))),
  )
const perPair = expected((s, a) => arrays.R2[s]?.[a] as number)
const perTransition = expected((s, a, next) => arrays.R3[s]?.[a]?.[next] as number)

describe('parseNpz, on files of NumPy', () => {
  it('reads P [S,A,S] and R [S,A]', () => {
    const mdp = mdpIn('sas-f8.npz')
    expect(rows(mdp)).toEqual(perPair)
    expect([mdp.states, mdp.actions, mdp.discount]).toEqual([3, 2, 0.9])
    expect(Array.from(mdp.initial)).toEqual([1 / 3, 1 / 3, 1 / 3])
  })
  it('reads R [S,A,S], initial and boolean terminal, and leaves other arrays alone', () => {
    const mdp = mdpIn('sas-terminal.npz')
    expect(rows(mdp)).toEqual(perTransition)
    expect(Array.from(mdp.initial)).toEqual(arrays.initial)
    expect(Array.from(mdp.terminal)).toEqual([0, 0, 1])
  })
  it('reads [A,S,S], deflated, with 64-bit integers', () => {
    const mdp = mdpIn('ass-deflated.npz', { layout: 'ASS' })
    expect(rows(mdp)).toEqual(perTransition)
    expect(Array.from(mdp.terminal)).toEqual([0, 0, 1])
  })
  it('reads Fortran order and big-endian numbers', () => {
    const mdp = mdpIn('sas-fortran-big-endian.npz')
    expect(rows(mdp)).toEqual(perTransition)
    expect(Array.from(mdp.initial)).toEqual(arrays.initial)
  })
  it('reads f4 and i4', () => {
    const mdp = mdpIn('sas-small-types.npz')
    expect(rows(mdp)[2]?.[1]).toEqual([[0, 0.5, 5], [1, 0.5, 5]]) // prettier-ignore
    expect(Array.from(mdp.terminal)).toEqual([0, 0, 1])
  })
  it('reads i8, negative ones too', () => {
    expect(rows(mdpIn('integers.npz'))[0]).toEqual([[[0, 1, -3]], [[0, 1, -2]]])
  })
  it('says what is wrong', () => {
    expect(told(fixture('pickled.npz'))).toEqual([
      'R: expected numbers, got pickled Python objects, which are never loaded',
    ])
    expect(told(fixture('no-rewards.npz'))).toEqual(['R: missing, expected an array named R'])
    expect(told(fixture('strings.npz'))[0]).toContain('R: expected numbers of type f8, f4')
    expect(told(fixture('sas-f8.npz'), { layout: 'ASS' })).toEqual([
      'P: expected shape [A, S, S] for the layout ASS, got (3, 2, 3), which fits the layout SAS only',
    ])
    expect(told(fixture('ass-deflated.npz'))).toEqual([
      'P: expected shape [S, A, S] for the layout SAS, got (2, 3, 3), which fits the layout ASS only',
    ])
    expect(told(fixture('sas-f8.npz'), { discount: 1 })).toEqual([
      'discount: expected a number in [0, 1), got 1',
    ])
    expect(told(fixture('arrays.json'))[0]).toContain(
      'expected a NumPy .npz file, got bytes that cannot be unzipped',
    )
  })
})

describe('parseNpz, on files of writeNpz', () => {
  const file = (P: number[], R: number[], more: Parameters<typeof writeNpz>[0] = {}): Uint8Array =>
    writeNpz({
      P: { data: Float64Array.from(P), shape: [1, 2, 1] },
      R: { data: Float64Array.from(R), shape: [1, R.length] },
      ...more,
    })
  it('names the entry that is wrong', () => {
    expect(told(file([1, 0.98], [0, 0]))).toEqual([
      'P.0.1: expected outcomes of state 0, action 1 whose probabilities sum to 1 within 1e-9, got a sum of 0.98',
    ])
    expect(told(file([1, -1], [0, 0]))).toEqual(['P.0.1.0: expected a finite number >= 0, got -1'])
    expect(told(file([1, 1], [0, NaN]))).toEqual(['R.0.1: expected a number in [-1e+100, 1e+100], got NaN'])
    expect(told(file([1, 1], [0, 0, 0]))).toEqual(['R: expected shape (1, 2) or (1, 2, 1), got (1, 3)'])
    const initial = { data: Float64Array.of(1, 0), shape: [2] }
    expect(told(file([1, 1], [0, 0], { initial }))).toEqual(['initial: expected shape (1,), got (2,)'])
    const terminal = { data: Uint8Array.of(2), shape: [1] }
    expect(told(file([1, 1], [0, 0], { terminal }))).toEqual(['terminal.0: expected 0 or 1, got 2'])
    const flat = { data: Float64Array.of(1, 1), shape: [2] }
    expect(told(writeNpz({ P: flat, R: flat }))).toEqual([
      'P: expected shape [S, A, S] for the layout SAS, got (2,)',
    ])
  })
  it('refuses a name twice, and sizes that would fill the memory', () => {
    const array = { data: Float64Array.of(1, 1), shape: [1, 2, 1] }
    const twice = Buffer.from(writeNpz({ P: array, Q: array }))
    for (let at = twice.indexOf('Q.npy'); at >= 0; at = twice.indexOf('Q.npy')) twice.write('P', at)
    expect(told(twice)).toEqual(['P: expected one array of this name, got two'])
    const bomb = Buffer.from(writeNpz({ P: array }))
    bomb.writeUInt32LE(4_000_000_000, bomb.indexOf('PK\u0001\u0002') + 24)
    expect(told(bomb)).toEqual([': expected arrays of at most 1000000000 bytes in all, got 4000000000'])
  })
  it('asks nothing of the rows of terminal states', () => {
    const terminal = { data: Uint8Array.of(0, 1), shape: [2] }
    const P = { data: Float64Array.of(0, 1, 0, 0.5), shape: [2, 1, 2] }
    expect(told(writeNpz({ P, R: { data: Float64Array.of(1, 0), shape: [2, 1] }, terminal }))).toEqual([])
  })
})

describe('npy', () => {
  it('is read back exactly (property)', () => {
    const double = fc.double()
    fc.assert(
      fc.property(fc.array(double), (xs) => {
        const data = Float64Array.from(xs)
        expect(parseNpy(writeNpy(data, [1, xs.length]))).toEqual({
          ok: true,
          value: { shape: [1, xs.length], data },
        })
      }),
      { numRuns: 200, seed: 1 },
    )
    for (const data of [
      Float32Array.of(0.1, -2),
      Int32Array.of(-5, 7),
      Uint32Array.of(1, 4294967295),
      Uint8Array.of(0, 255),
    ])
      expect(parseNpy(writeNpy(data, [2]))).toEqual({
        ok: true,
        value: { shape: [2], data: Float64Array.from(data) },
      })
  })
  it('has the very bytes of NumPy', () => {
    const own = writeNpy(Float64Array.from(arrays.P.flat(2)), [3, 2, 3])
    expect(own).toEqual(unzipSync(fixture('sas-f8.npz'))['P.npy'])
  })
  it('says what is wrong', () => {
    const broken = writeNpy(Float64Array.of(1, 2), [2])
    expect(parseNpy(broken.subarray(0, -1))).toMatchObject({
      issues: [{ message: 'expected 16 bytes of numbers for shape (2,), got 15' }],
    })
    expect(parseNpy(Uint8Array.of(1, 2, 3))).toMatchObject({
      issues: [{ message: 'expected a NumPy array, got other bytes' }],
    })
    expect(() => writeNpy(Float64Array.of(1, 2), [3])).toThrow(
      'writeNpy: shape (3,) must hold 2 numbers, holds 3',
    )
  })
})

describe('writeNpz', () => {
  it('gives the same bytes in every time zone', () => {
    const zone = process.env['TZ']
    const bytes = ['UTC', 'Asia/Tokyo', 'America/Lima'].map((name) => {
      process.env['TZ'] = name
      return writeNpz({ q: { data: Float64Array.of(1), shape: [1] } })
    })
    process.env['TZ'] = zone
    expect(bytes[1]).toEqual(bytes[0])
    expect(bytes[2]).toEqual(bytes[0])
  })
})
