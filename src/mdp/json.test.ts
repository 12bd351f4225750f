import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { NOBODY, Purpose, streamOf } from '../numeric/stream.ts'
import { mdpOf } from './build.ts'
import * as families from './families.ts'
import { parseMdpJson, writeMdpJson } from './json.ts'
import { placesOf, syntaxFault } from './json-place.ts'
import type { Outcome } from './mdp.ts'

const WARD = `{
  "states": 2, "actions": 1, "discount": 0.9,
  "initial": [1, 0], "terminal": [1],
  "transitions": [
    [0, 0, 1, 0.5, 1],
    [0, 0, 0, 0.5, 0]
  ]
}
`
const told = (text: string): string[] => {
  const result = parseMdpJson(text)
  return result.ok ? [] : result.issues.map((i) => `${i.line}:${i.column}: ${i.path.join('.')}: ${i.message}`)
}
const changed = (from: string, to: string): string[] => told(WARD.replace(from, to))

describe('parseMdpJson', () => {
  it('reads the format', () => {
    expect(parseMdpJson(WARD)).toEqual({
      ok: true,
      value: {
        states: 2,
        actions: 1,
        discount: 0.9,
        initial: Float64Array.of(1, 0),
        terminal: Uint8Array.of(0, 1),
        start: Uint32Array.of(0, 2, 2),
        next: Uint32Array.of(1, 0),
        probability: Float64Array.of(0.5, 0.5),
        reward: Float64Array.of(1, 0),
      },
    })
    expect(parseMdpJson(`\uFEFF${WARD}`)).toEqual(parseMdpJson(WARD))
  })
  it('names key, line, what was expected and what came', () => {
    expect(changed('"discount": 0.9', '"discount": 1')).toEqual([
      '2:42: discount: expected a number in [0, 1), got 1',
    ])
    expect(changed('0.5, 0]', '0.48, 0]')).toEqual([
      '5:5: transitions.0: expected outcomes of state 0, action 0 whose probabilities sum to 1 within 1e-9, got a sum of 0.98',
    ])
    expect(changed('[0, 0, 0, 0.5, 0]', '[0, 0, 7, 0.5, 0]')).toEqual([
      '6:12: transitions.1.2: expected a next state, an integer in [0, 2), got 7',
    ])
    expect(changed('[0, 0, 1, 0.5, 1]', '[0, 0, 1, "0.5", 1]')).toEqual([
      '5:15: transitions.0.3: expected a number, got "0.5"',
    ])
    expect(changed('[0, 0, 1, 0.5, 1]', '[0, 0, 1, 0.5]')).toEqual([
      '5:5: transitions.0: expected [state, action, next, probability, reward], five numbers, got [0,0,1,0.5]',
    ])
    expect(changed('"discount"', '"Discont"')).toEqual([
      '2:41: Discont: unknown key "Discont", did you mean "discount"?',
      '1:1: discount: expected a number in [0, 1), got nothing',
    ])
    expect(changed('"terminal": [1]', '"colour": []')).toEqual([
      '3:32: colour: unknown key "colour", expected one of states, actions, discount, initial, terminal, transitions',
    ])
    expect(changed('"terminal": [1]', '"terminal": 1')).toEqual([
      '3:34: terminal: expected an array of numbers, got 1',
    ])
    expect(changed('[1, 0]', '[1, null]')).toEqual(['3:18: initial.1: expected a number, got null'])
    expect(told('[]')[0]).toBe(
      '1:1: : expected an object with the keys states, actions, discount, initial, terminal, transitions, got []',
    )
    expect(told('{"states":1,"actions":1,"discount":0}')[0]).toContain('1:1: transitions: expected an array')
  })
  it('says where the syntax goes wrong', () => {
    expect(changed('0.5, 1],', '0.5, 1]')).toEqual(['6:5: : not valid JSON: expected "," or "]", got "["'])
    expect(changed('[1],', '[1,],')).toEqual(['3:37: : not valid JSON: expected a value, got "]"'])
    expect(told('{"states": 2')).toEqual(['1:13: : not valid JSON: expected "," or "}", got the end'])
    expect(told('{states: 2}')).toEqual(['1:2: : not valid JSON: expected a key in double quotes, got "s"'])
    expect(told('{"a" 2}')).toEqual(['1:6: : not valid JSON: expected ":", got "2"'])
    expect(told('')).toEqual(['1:1: : not valid JSON: expected a value, got the end'])
    expect(told('[01]')).toEqual(['1:2: : not valid JSON: expected a value, got "0"'])
    expect(told('{}\n}')).toEqual(['2:1: : not valid JSON: expected nothing after the value, got "}"'])
    expect(told('["a\nb"]')[0]).toBe(
      '1:2: : not valid JSON: expected a string that ends on its line, with valid escapes, got "\\""',
    )
    expect(told('['.repeat(100_000))[0]).toBe('1:502: : not valid JSON: expected at most 500 levels, got "["')
  })
})

describe('the slow JSON reader', () => {
  it('agrees with JSON.parse on what is valid', () => {
    const text = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', '}', ',', '"', '1', '\\', 'e', ' '))
      .map(([json, i, c]) => {
        const at = i % (json.length + 1)
        return json.slice(0, at) + c + json.slice(at + 1)
      })
    const parses = (json: string): boolean => {
      try {
        JSON.parse(json)
        return true
      } catch {
        return false
      }
    }
    fc.assert(
      fc.property(text, (json) => {
        expect(syntaxFault(json) === null).toBe(parses(json))
      }),
      { numRuns: 2000, seed: 2 },
    )
  })
  it('finds values, or the innermost one on the way', () => {
    expect(placesOf('{"a": [1,\n  {"b\\u0063": 2}]}', [['a', 1, 'bc'], ['a', 5], []])).toEqual([
      { line: 2, column: 15 },
      { line: 1, column: 7 },
      { line: 1, column: 1 },
    ])
  })
})

describe('writeMdpJson', () => {
  it('is read back exactly, for any numbers (property)', () => {
    const finite = fc.double({ min: -1e100, max: 1e100, noNaN: true })
    const outcome = fc.tuple(
      fc.nat(3),
      fc.nat(1),
      fc.nat(3),
      fc.double({ min: 0, max: 1, noNaN: true }),
      finite,
    )
    fc.assert(
      fc.property(
        fc.array(outcome),
        fc.double({ min: 0, max: 1 - 1e-9, noNaN: true }),
        finite,
        (list, discount, r) => {
          const outcomes: Outcome[] = [...list, [4, 0, 0, 1, r], [4, 1, 4, 1, -r]]
          const result = mdpOf({ states: 5, actions: 2, discount, terminal: [0, 1, 2, 3], outcomes })
          expect(result.ok && parseMdpJson(writeMdpJson(result.value))).toEqual(result)
        },
      ),
      { numRuns: 300, seed: 1 },
    )
  })
  it('is read back exactly, for the families', () => {
    const stream = streamOf(1, NOBODY, Purpose.model)
    const { mdp } = families.garnet({ states: 7, actions: 3, branching: 4, discount: 0.95 }, stream)
    expect(parseMdpJson(writeMdpJson(mdp))).toEqual({ ok: true, value: mdp })
  })
})
