import { expect, test } from 'vitest'
import { describeCount, describeSeconds, estimate, type Progress } from './progress.ts'

const progress = (changes: Partial<Progress>): Progress => ({
  trials: 10,
  trialsDone: 0,
  steps: 1000,
  stepsDone: 0,
  stepsBefore: 0,
  ...changes,
})

test('rate and time left follow from what was done', () => {
  expect(estimate(progress({ stepsDone: 250 }), 5)).toEqual({
    fraction: 0.25,
    stepsPerSecond: 50,
    secondsLeft: 15,
  })
})

test('what an earlier process did counts for the fraction, not for the rate', () => {
  expect(estimate(progress({ stepsDone: 600, stepsBefore: 500 }), 2)).toEqual({
    fraction: 0.6,
    stepsPerSecond: 50,
    secondsLeft: 8,
  })
})

test('nothing is estimated from nothing', () => {
  expect(estimate(progress({}), 5)).toEqual({ fraction: 0, stepsPerSecond: null, secondsLeft: null })
  expect(estimate(progress({ stepsDone: 5 }), 0)).toEqual({
    fraction: 0.005,
    stepsPerSecond: null,
    secondsLeft: null,
  })
})

test.each([
  [0, '0 seconds'],
  [1, '1 second'],
  [95, '95 seconds'],
  [121, '2 minutes'],
  [7200, '2 hours'],
  [1e6, '12 days'],
  [1e9, '32 years'],
])('%d s are %s', (seconds, text) => expect(describeSeconds(seconds)).toBe(text))

test.each([
  [0, '0'],
  [950, '950'],
  [999.7, '1.00 k'],
  [12_345, '12.3 k'],
  [4_560_000, '4.56 M'],
  [1e12, '1.00 T'],
  [1e21, '1000000 P'],
])('%d is %s', (count, text) => expect(describeCount(count)).toBe(text))
