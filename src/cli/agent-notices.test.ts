import { expect, it } from 'vitest'
import { noticeLines } from './agent-notices.ts'

const away = { type: 'away', reason: 'nobody answers' } as const

it('an absence is told at every attempt for a minute, then what it may mean, then now and then', () => {
  let seconds = 100
  const lineOf = noticeLines(() => 1000 * seconds, '.fedrl/a')
  const at = (time: number): string | null => {
    seconds = time
    return lineOf(away)
  }
  expect([at(100), at(150)]).toEqual(Array(2).fill('not connected: nobody answers; trying again'))
  expect(at(165)).toBe(
    'not connected for 1 min: nobody answers; trying again. A server that is started again is found; where all runs are over none comes back: Ctrl-C leaves, and .fedrl/a keeps what a server may ask for',
  )
  expect([at(175), at(700)]).toEqual([null, null])
  expect(at(765)).toBe('not connected for 11 min: nobody answers; trying again')
  expect(at(775)).toBe(null)
  expect(lineOf({ type: 'joined', name: 'a', agent: 0 })).toBe('a joined as agent 0')
  expect(at(800)).toBe('not connected: nobody answers; trying again')
})
