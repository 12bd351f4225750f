/** What an experiment file may say of participation. */
import { describe, expect, it } from 'vitest'
import { parseExperiment } from './parse.ts'
import { describe as told } from './errors.ts'
import { federationSize } from './federated/check.ts'
import { experimentText } from './manifest.ts'

const text = (participation: string, more = ''): string => `
environment: { family: two-state, actions: 2, discount: 0.9 }
agents: { count: 5, behavior: uniform }
algorithm: { name: fed-asyn-q, stepSize: 0.5, syncPeriod: 5, steps: 20, initial: 0 }
${participation === '' ? '' : `participation: ${participation}`}
${more}`

function parse(participation: string, more?: string, set: readonly string[] = []) {
  return parseExperiment(text(participation, more), { folder: '/', set })
}

function faults(...given: Parameters<typeof parse>): readonly string[] {
  const parsed = parse(...given)
  return parsed.ok ? [] : parsed.issues.map((issue) => told('file', issue))
}

const REFUSED = [
  ['{ minimum: 6 }', 'participation.minimum: expected at most 5, the number of agents, got 6'],
  ['{ minimum: 0 }', 'participation.minimum: expected an integer in [1, 4294967295], got 0'],
  ['{ minimum: 3, target: 2 }', 'expected an integer in [3, 5], from minimum to the number of agents, got 2'],
  [
    '{ fraction: 0.5 }',
    'participation.fraction: would be without effect: no phase closes with fewer Updates than minimum, which is 5, all agents',
  ],
  ['{ fraction: 0 }', 'participation.fraction: expected a number in (0, 1], got 0'],
  ['{ deadlineSeconds: .inf }', 'participation.deadlineSeconds: expected a number in (0, 1000000]'],
  ['{ late: fold }', 'participation.late: expected one of drop, foldNextRound, got "fold"'],
  ['{ minimal: 3 }', 'unknown key "minimal", did you mean "minimum"?'],
] as const

describe('participation in an experiment file', () => {
  it('is part of the experiment, and of what names it, where it is there', () => {
    const [plain, partial] = [parse(''), parse('{ minimum: 3, deadlineSeconds: 1.5, late: foldNextRound }')]
    if (!plain.ok || !partial.ok) throw new Error('expected two experiments')
    expect(plain.value).not.toHaveProperty('participation')
    expect(experimentText(plain.value)).not.toContain('participation')
    expect(partial.value.participation).toEqual({ minimum: 3, deadlineSeconds: 1.5, late: 'foldNextRound' })
    const again = parseExperiment(experimentText(partial.value), { folder: '/' })
    expect(again.ok && again.value.participation).toEqual(partial.value.participation)
    expect(partial.value.variants).toEqual(plain.value.variants)
  })

  it('can be set on the command line', () => {
    const parsed = parse('', '', ['participation.minimum=4', 'participation.fraction=0.8'])
    expect(parsed.ok && parsed.value.participation).toEqual({ minimum: 4, fraction: 0.8 })
  })

  it.each(REFUSED)('%s is refused', (participation, message) => {
    expect(faults(participation).join('\n')).toContain(message)
  })

  it('names line and column, or the flag', () => {
    expect(faults('{ minimum: 6 }')).toEqual([
      'file:5:18: participation.minimum: expected at most 5, the number of agents, got 6',
    ])
    expect(faults('', '', ['participation.minimum=6'])[0]).toContain('(from --set participation.minimum=6)')
  })

  it('cannot vary: it is for the whole federation', () => {
    expect(faults('{ minimum: 3 }', 'vary: { participation.minimum: [3, 4] }')[0]).toContain(
      'expected a path that begins with environment, agents, algorithm, evaluate',
    )
  })

  it('of independent learners has to be everybody', () => {
    const alone = parse('{ minimum: 4 }', 'vary: { algorithm: [{ name: fed-asyn-q }] }')
    expect(alone.ok && federationSize(alone.value, 'file')).toBe(5)
    const learner = parseExperiment(
      text('{ minimum: 4 }').replace('name: fed-asyn-q', 'name: q-learning').replace('syncPeriod: 5, ', ''),
      { folder: '/' },
    )
    if (!learner.ok) throw new Error(JSON.stringify(learner.issues))
    expect(() => federationSize(learner.value, 'file')).toThrow(
      'file: q-learning needs everybody, for each of its agents hands in a whole table of its own: leave participation.minimum out',
    )
  })
})
