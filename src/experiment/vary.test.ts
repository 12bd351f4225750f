import { describe, expect, it } from 'vitest'
import { cellCount, cells, varyIssues } from './vary.ts'

const base = { agents: { behavior: 'uniform' }, algorithm: { name: 'fed-asyn-q', stepSize: 0.1 } }
const names = (vary: Record<string, unknown[]>): string[] => cells(base, vary).map((cell) => cell.name)

describe('cells', () => {
  it('is one cell named default where nothing varies', () => {
    expect(cells(base, {})).toEqual([{ name: 'default', assignment: {}, choice: {}, sections: base }])
  })

  it('varies the last key fastest and replaces what stands at a path', () => {
    const grid = cells(base, {
      'algorithm.stepSize': [0.1, 0.2],
      'agents.behavior': ['one-action', { mixture: 0.5 }],
    })
    expect(grid.map((cell) => cell.sections)).toEqual([
      { agents: { behavior: 'one-action' }, algorithm: { name: 'fed-asyn-q', stepSize: 0.1 } },
      { agents: { behavior: { mixture: 0.5 } }, algorithm: { name: 'fed-asyn-q', stepSize: 0.1 } },
      { agents: { behavior: 'one-action' }, algorithm: { name: 'fed-asyn-q', stepSize: 0.2 } },
      { agents: { behavior: { mixture: 0.5 } }, algorithm: { name: 'fed-asyn-q', stepSize: 0.2 } },
    ])
    expect(grid[1]?.assignment).toEqual({ 'algorithm.stepSize': 0.1, 'agents.behavior': { mixture: 0.5 } })
    expect(base.algorithm.stepSize).toBe(0.1)
  })

  it('merges a mapping over its section', () => {
    const grid = cells(base, {
      algorithm: [{ averaging: 'equal', stepSize: 0.2 }, { averaging: 'importance' }],
    })
    expect(grid.map((cell) => (cell.sections as typeof base).algorithm)).toEqual([
      { name: 'fed-asyn-q', stepSize: 0.2, averaging: 'equal' },
      { name: 'fed-asyn-q', stepSize: 0.1, averaging: 'importance' },
    ])
  })

  it('names cells by the last segment and the value', () => {
    expect(names({ 'algorithm.averaging': ['equal'] })).toEqual(['averaging=equal'])
    expect(names({ 'algorithm.stepSize': [0.05, 1e-7], 'agents.count': [3] })).toEqual([
      'step-size=0.05_count=3',
      'step-size=1e-7_count=3',
    ])
    expect(names({ algorithm: [{ averaging: 'equal', stepSize: 0.2 }] })).toEqual([
      'averaging=equal_step-size=0.2',
    ])
    expect(names({ 'environment.mdp': ['/data/Ward A.mdp.json'] })).toEqual(['mdp=ward-a.mdp.json'])
    expect(names({ 'agents.behavior': [{ region: [[0, 1], [2]] }] })).toEqual(['behavior=region-0-1-2'])
  })

  it('takes more segments where the last ones are the same', () => {
    expect(names({ 'environment.states': [3], 'agents.states': [4] })).toEqual([
      'environment.states=3_agents.states=4',
    ])
  })

  it('keeps names unique, short and of the allowed letters, whatever the values are', () => {
    const long = (end: string): string => `${'x'.repeat(300)}${end}`
    const values = ['a b', 'a-b', 'A B', 'a b_2', 'ä', 'ö', long('1'), long('2'), '..', ''] as const
    const all = names({ 'agents.behavior': [...values] })
    expect(new Set(all).size).toBe(values.length)
    for (const name of all) expect(name).toMatch(/^[a-z0-9._=-]{1,100}$/)
  })

  it('names ten thousand equal labels without comparing each with each', () => {
    const all = names({
      'agents.behavior': Array.from({ length: 10_000 }, (_, i) => 'x'.repeat(200) + String(i)),
    })
    expect(new Set(all).size).toBe(10_000)
  })
})

describe('cellCount', () => {
  it('multiplies without building', () => {
    expect(cellCount({ a: Array(1e6).fill(0), b: Array(1e6).fill(0) })).toBe(1e12)
    expect(cellCount({})).toBe(1)
  })
})

describe('varyIssues', () => {
  const message = (vary: Record<string, unknown[]>): string =>
    varyIssues(vary)
      .map((issue) => issue.message)
      .join('\n')

  it('accepts paths into the sections', () => {
    expect(
      varyIssues({ 'algorithm.stepSize': [1, 2], environment: [{ seed: 1 }], 'environment.discount': [0.9] }),
    ).toEqual([])
  })

  it('refuses other paths', () => {
    expect(message({ seeds: [1, 2] })).toContain(
      'begins with environment, agents, algorithm, evaluate, got "seeds"',
    )
    expect(message({ 'algoritm.steps': [1] })).toContain('did you mean "algorithm"?')
    expect(message({ 'algorithm..steps': [1] })).toContain('single dots')
  })

  it('refuses keys of which one would be without effect', () => {
    expect(message({ 'agents.behavior': ['uniform'], 'agents.behavior.mixture': [0.5] })).toContain(
      'without effect',
    )
    expect(message({ algorithm: [{ stepSize: 0.1 }], 'algorithm.stepSize': [0.2] })).toContain(
      'without effect',
    )
    expect(message({ algorithm: [{ steps: 1 }], 'algorithm.stepSize': [0.2] })).toBe('')
  })

  it('refuses a value twice and a section that is no mapping', () => {
    expect(varyIssues({ 'agents.behavior': ['uniform', { mixture: 1 }, { mixture: 1 }] })).toEqual([
      { path: ['vary', 'agents.behavior', 2], message: 'this value is listed twice' },
    ])
    expect(message({ algorithm: ['fed-asyn-q'] })).toContain('a mapping to merge over the section algorithm')
  })
})
