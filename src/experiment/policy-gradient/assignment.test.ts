import { describe, expect, it } from 'vitest'
import { assignmentRate } from './assignment.ts'

describe('assignmentRate', () => {
  it('is 1 where the clusters are the planted ones under other names', () => {
    expect(assignmentRate([2, 0, 1, 2, 0, 1], [0, 1, 2, 0, 1, 2], 3)).toBe(1)
  })

  it('counts the agents in the wrong cluster', () => {
    expect(assignmentRate([1, 1, 1, 0, 0, 1], [0, 0, 0, 1, 1, 1], 2)).toBeCloseTo(5 / 6, 15)
  })

  it('gives two planted clusters no common name', () => {
    expect(assignmentRate([0, 0, 0, 0], [0, 1, 0, 1], 2)).toBe(0.5)
  })

  it('finds the best names where the greedy choice is not the best', () => {
    // together = [[3, 2], [2, 0]]: greedy takes 3 + 0
    expect(assignmentRate([0, 0, 0, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0, 0], 2)).toBeCloseTo(4 / 7, 15)
  })

  it('refuses what is no cluster', () => {
    expect(() => assignmentRate([0, 2], [0, 1], 2)).toThrow(
      'expected clusters below 2, got 2 and 1 for agent 1',
    )
    expect(() => assignmentRate([0], [0, 1], 2)).toThrow('expected 2 > 0 clusters found, got 1')
  })
})
