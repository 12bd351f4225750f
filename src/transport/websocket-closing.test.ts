import { expect, it } from 'vitest'
import type { Closing } from '../transport.ts'
import { closeFrameOf, closingOf } from './websocket-closing.ts'

it.each<Closing>([
  { code: 'done', reason: 'finished' },
  { code: 'limit', reason: 'too many' },
])('says %j and understands it', (closing) => {
  expect(closingOf(...closeFrameOf(closing))).toEqual(closing)
})

it('cuts a long reason between characters, where a close frame ends', () => {
  const [, reason] = closeFrameOf({ code: 'done', reason: `x${'é'.repeat(100)}` })
  expect(reason).toBe(`x${'é'.repeat(59)}`)
})

it('takes every other code for a loss', () => {
  expect(closingOf(1006, '')).toEqual({ code: 'lost', reason: 'the line was lost (WebSocket code 1006)' })
  expect(closingOf(1001, 'the tab was closed')).toEqual({ code: 'lost', reason: 'the tab was closed' })
  expect(closingOf(1009, '').code).toBe('limit')
})
