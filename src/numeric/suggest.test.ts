import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { didYouMean, editDistance, nearest } from './suggest.ts'

/** The recursive definition, without a table. */
function slowDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length
  const [x, y] = [a.slice(0, -1), b.slice(0, -1)]
  const options = [
    slowDistance(x, y) + (a.at(-1) === b.at(-1) ? 0 : 1),
    slowDistance(x, b) + 1,
    slowDistance(a, y) + 1,
  ]
  if (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1))
    options.push(slowDistance(a.slice(0, -2), b.slice(0, -2)) + 1)
  return Math.min(...options)
}

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['step', 'step', 0],
    ['stpe', 'step', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('of %j and %j is %d', (a, b, distance) => expect(editDistance(a, b)).toBe(distance))

  it('agrees with its definition', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 })
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(editDistance(a, b)).toBe(slowDistance(a, b))
      }),
      { seed: 1, numRuns: 300 },
    )
  })
})

describe('nearest', () => {
  it.each([
    ['stepsize', 'stepSize'],
    ['step_size', 'stepSize'],
    ['stepSzie', 'stepSize'],
    ['syncperiod', 'syncPeriod'],
    ['steps', 'steps'],
  ])('of %j is %j', (word, meant) => expect(nearest(word, ['steps', 'stepSize', 'syncPeriod'])).toBe(meant))

  it('is nothing where too much would have to change, or the word is endless', () => {
    expect(nearest('momentum', ['steps', 'stepSize'])).toBeUndefined()
    expect(nearest('xy', ['ab'])).toBeUndefined()
    expect(nearest('a'.repeat(1e6), ['a'])).toBeUndefined()
  })

  it('is told as a question', () => {
    expect(didYouMean('eror', ['error', 'rmse'])).toBe(', did you mean "error"?')
    expect(didYouMean('banana', ['error', 'rmse'])).toBe('')
  })
})
