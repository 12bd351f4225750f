import { expect, test } from 'vitest'
import type { Settings } from '../experiment/experiment.ts'
import type { MetricSummary, VariantSummary } from '../experiment/summary.ts'
import { alignColumns, figure, notesText, resultsTable, withInterval } from './results-table.ts'

const metric = (mean: number, low: number, high: number): MetricSummary => ({
  mean,
  median: mean,
  low,
  high,
  n: 5,
})

const variant = (
  name: string,
  metrics: VariantSummary['metrics'],
  notes: readonly string[] = [],
): VariantSummary => ({
  name,
  assignment: {},
  settings: {} as Settings,
  metrics,
  notes,
})

test('numbers have four figures', () => {
  expect([0.123456, 1.5, 1234567, 1.23456e-9, 0, null].map(figure)).toEqual([
    '0.1235',
    '1.5',
    '1235000',
    '1.235e-9',
    '0',
    'not finite',
  ])
  expect(withInterval(metric(0.5, 0.25, 0.75))).toBe('0.5 [0.25, 0.75]')
  expect(withInterval(metric(0.5, 0.5, 0.5))).toBe('0.5')
})

test('columns are aligned, without blanks at the ends', () => {
  expect(alignColumns([['a', 'bb'], ['ccc', 'd'], ['e']])).toBe('a    bb\nccc  d\ne')
  expect(alignColumns([])).toBe('')
})

test('a variant that lacks a metric has an empty cell', () => {
  const table = resultsTable([
    variant('one', { error: metric(1, 0, 2) }),
    variant('two', { error: metric(3, 3, 3), rmse: metric(0.1, 0.1, 0.1) }),
  ])
  expect(table).toBe('variant  error     rmse\none      1 [0, 2]\ntwo      3         0.1')
})

test('of very many variants the first are shown', () => {
  const many = Array.from({ length: 45 }, (_, i) => variant(`v${i}`, { error: metric(i, i, i) }))
  expect(resultsTable(many).split('\n')).toHaveLength(42)
  expect(resultsTable(many)).toContain('and 5 more variants in summary.json')
})

test('a note stands once, with whom it concerns', () => {
  const notes = notesText([
    variant('a', {}, ['all', 'one']),
    variant('b', {}, ['all', 'two']),
    variant('c', {}, ['all', 'two']),
  ])
  expect(notes).toBe('note: all\nnote (a): one\nnote (2 variants): two')
})
