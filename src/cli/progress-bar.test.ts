import { expect, test } from 'vitest'
import type { Progress } from '../experiment/progress.ts'
import { longRunNote, progressText, showProgress } from './progress-bar.ts'

const progress = (changes: Partial<Progress>): Progress => ({
  trials: 10,
  trialsDone: 4,
  steps: 1e12,
  stepsDone: 0,
  stepsBefore: 0,
  ...changes,
})

test('the bar tells share, trials, rate and, after a second, the time left', () => {
  expect(progressText(progress({}), 0)).toBe('0% | 4/10')
  expect(progressText(progress({ stepsDone: 4e11 }), 0.5)).toBe('40% | 4/10 | 800 G agent-steps/s')
  expect(progressText(progress({ stepsDone: 4e11 }), 90)).toBe(
    '40% | 4/10 | 4.44 G agent-steps/s | 2 minutes left',
  )
})

test('a pipe is told of long runs only, once the rate is known', () => {
  expect(longRunNote(progress({ stepsDone: 1e7 }), 0.9)).toBeNull()
  expect(longRunNote(progress({}), 5)).toBeNull()
  expect(longRunNote(progress({ stepsDone: 9.9e11 }), 100)).toBeNull()
  expect(longRunNote(progress({ stepsDone: 1e7 }), 1)).toBe(
    'this will take about 28 hours: 1.00 T agent-steps to go at 10.0 M a second',
  )
})

test('in a pipe, one line is written, and the time before the first steps does not count', () => {
  const lines: string[] = []
  let now = 0
  const display = showProgress({ interactive: false, note: (line) => lines.push(line) }, () => now)
  const tell = (at: number, stepsDone: number): void => {
    now = at
    display.update(progress({ stepsDone, stepsBefore: 1000 }))
  }
  tell(0, 1000)
  tell(60_000, 1000)
  tell(61_000, 2000)
  tell(61_900, 1e7)
  expect(lines).toEqual([])
  tell(62_000, 1e7 + 2000)
  tell(63_000, 2e7)
  display.stop()
  expect(lines).toEqual(['this will take about 28 hours: 1.00 T agent-steps to go at 10.0 M a second'])
})
