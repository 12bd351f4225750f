import { expect, it } from 'vitest'
import { noticeLines } from './agent-notices.ts'

const away = { type: 'away', reason: 'nobody answers' } as const

it('an absence is told once, after a minute what it may mean, then now and then', () => {
  let seconds = 100
  const lineOf = noticeLines(() => 1000 * seconds, '.fedrl/a')
  const at = (time: number): string | null => {
    seconds = time
    return lineOf(away)
  }
  expect([at(100), at(103), at(150)]).toEqual(['not connected: nobody answers; trying again', null, null])
  expect(at(165)).toBe(
    'not connected for 1 min: nobody answers; trying again. A server that is started again is found; where all runs are over none comes back: Ctrl-C leaves, and .fedrl/a keeps what a server may ask for',
  )
  expect([at(175), at(700)]).toEqual([null, null])
  expect(at(765)).toBe('not connected for 11 min: nobody answers; trying again')
  expect(at(775)).toBe(null)
  expect(lineOf({ type: 'joined', name: 'a', agent: 0 })).toBe('a joined as agent 0')
  expect(at(800)).toBe('not connected: nobody answers; trying again')
})

it('a reason is told again when it has changed, or when the agent was there between', () => {
  const lineOf = noticeLines(() => 0, '.fedrl/a')
  const awayFor = (reason: string) => lineOf({ type: 'away', reason })
  expect([awayFor('one'), awayFor('one'), awayFor('two'), awayFor('one')]).toEqual([
    'not connected: one; trying again',
    null,
    'not connected: two; trying again',
    'not connected: one; trying again',
  ])
  const putOff = (name: string, reason: string) =>
    lineOf({ type: 'put-off', name, code: 'name-taken', reason })
  const told = 'the server does not take a (name-taken): there is an a; trying again'
  expect([putOff('a', 'there is an a'), putOff('a', 'there is an a')]).toEqual([told, null])
  expect(putOff('b', 'there is a b')).toContain('b (name-taken)')
  lineOf({ type: 'joined', name: 'a', agent: 0 })
  expect([putOff('a', 'there is an a'), putOff('b', 'there is a b')]).toEqual([told, null])
})
