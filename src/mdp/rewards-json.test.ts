import { describe, expect, it } from 'vitest'
import { parseRewardsJson, rewardsOf } from './rewards-json.ts'

const SIZES = { agents: 2, states: 2, actions: 1 }

const messages = (text: string): string[] => {
  const result = parseRewardsJson(text, SIZES)
  return result.ok ? [] : result.issues.map(({ message, line, column }) => `${line}:${column} ${message}`)
}

describe('parseRewardsJson', () => {
  it('reads [agent][state][action]', () => {
    expect(parseRewardsJson('\uFEFF[[[1], [2]],\n [[-3e2], [0.1]]]', SIZES)).toEqual({
      ok: true,
      value: [Float64Array.of(1, 2), Float64Array.of(-300, 0.1)],
    })
  })

  it('names agent, state and action of what is no reward, and the place', () => {
    expect(messages('[[[1], [2]],\n [[1e999], ["x"]]]')).toEqual([
      '2:4 expected a reward of agent 1, state 0, action 0, a number in [-1e+100, 1e+100], got Infinity',
      '2:13 expected a reward of agent 1, state 1, action 0, a number in [-1e+100, 1e+100], got "x"',
    ])
    expect(messages('[[[null], [2]], [[1.1e100], [[]]]]')).toEqual([
      '1:4 expected a reward of agent 0, state 0, action 0, a number in [-1e+100, 1e+100], got null',
      '1:19 expected a reward of agent 1, state 0, action 0, a number in [-1e+100, 1e+100], got 1.1e+100',
      '1:30 expected a reward of agent 1, state 1, action 0, a number in [-1e+100, 1e+100], got an array of 0',
    ])
  })

  it('says which array has another length', () => {
    expect(messages('{"a": 1}')).toEqual(['1:1 expected an array of 2 agents, got an object'])
    expect(messages('[[[1], [2]]]')).toEqual(['1:1 expected an array of 2 agents, got an array of 1'])
    expect(messages('[[[1], [2]], [[1]]]')).toEqual([
      '1:14 expected an array of 2 states of agent 1, got an array of 1',
    ])
    expect(messages('[[[1], [2, 3]], [5, [1]]]')).toEqual([
      '1:8 expected an array of 1 actions of agent 0, state 1, got an array of 2',
      '1:18 expected an array of 1 actions of agent 1, state 0, got 5',
    ])
  })

  it('says where a text is no JSON', () => {
    expect(messages('[[1,\n 2')).toEqual(['2:3 not valid JSON: expected "," or "]", got the end'])
  })

  it('takes data as well, not finite numbers among them', () => {
    const result = rewardsOf(
      [
        [[1], [NaN]],
        [[1], [2]],
      ],
      SIZES,
    )
    expect(result).toEqual({
      ok: false,
      issues: [
        {
          path: [0, 1, 0],
          message: 'expected a reward of agent 0, state 1, action 0, a number in [-1e+100, 1e+100], got NaN',
        },
      ],
    })
  })
})
