import { describe, expect, it } from 'vitest'
import { drawGridPolicy, type GridPolicy } from './grid-policy.ts'

const grid: GridPolicy = {
  title: 'policy',
  rows: 2,
  columns: 3,
  state: [0, 1, -1, 2, 3, 4],
  cells: 'S.#.HG',
  directions: ['left', 'down', 'right', 'up'],
  action: [2, 1, 3, 0, 0],
  terminal: [0, 0, 0, 1, 1],
}

describe('drawGridPolicy', () => {
  it('is as it was', () => {
    expect(drawGridPolicy(grid)).toMatchSnapshot()
  })

  it('points each arrow where its action goes, and draws none in walls and terminal states', () => {
    const turns = [...drawGridPolicy(grid).matchAll(/rotate\((\d+)\)/g)].map(([, angle]) => Number(angle))
    expect(turns).toEqual([0, 90, 270])
  })

  it('says the policy in words', () => {
    expect(drawGridPolicy(grid)).toContain('Row 1: right down wall. Row 2: up hole goal.')
  })

  it('draws staying as a dot', () => {
    const svg = drawGridPolicy({ ...grid, directions: ['stay', 'stay', 'stay', 'stay'] })
    expect(svg.match(/<circle/g)).toHaveLength(3)
  })
})
