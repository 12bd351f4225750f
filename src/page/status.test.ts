import { expect, it } from 'vitest'
import { after, initialStatus, isActive, type Happening, type Status } from './status.ts'

const following = (...happenings: Happening[]): Status => happenings.reduce(after, initialStatus)

const WELCOMED: Happening[] = [
  { type: 'started' },
  { type: 'opened', experiment: 'x', runs: 4, run: 2, rounds: 9, warning: '' },
  { type: 'welcomed', agent: 1, agents: 3 },
]

it('follows an agent from its start to the end', () => {
  expect(following().state).toBe('idle')
  expect(following({ type: 'started' }).state).toBe('connecting')
  expect(following(...WELCOMED)).toMatchObject({ state: 'waiting', agent: 1, agents: 3, run: 2, rounds: 9 })
  expect(following(...WELCOMED, { type: 'asked', round: 5 })).toMatchObject({ state: 'learning', round: 5 })
  expect(following(...WELCOMED, { type: 'asked', round: 5 }, { type: 'unasked' }).state).toBe('waiting')
  expect(following(...WELCOMED, { type: 'asked', round: 9 }, { type: 'finished' })).toMatchObject({
    state: 'finished',
    round: 9,
  })
})

it('says why it is away, and forgets that when it is back', () => {
  const away = following(...WELCOMED, { type: 'away', reason: 'the server stops' })
  expect([away.state, away.reason, isActive(away)]).toEqual(['away', 'the server stops', true])
  expect(after(away, { type: 'unasked' }).state).toBe('away')
  expect(after(away, { type: 'welcomed', agent: 1, agents: 3 })).toMatchObject({
    state: 'waiting',
    reason: '',
  })
})

it('explains a refusal before the words of the server, and keeps the reason of a refused update', () => {
  const refused = following({ type: 'refused', code: 'revoked', reason: 'at noon' })
  expect([refused.state, refused.reason, isActive(refused)]).toEqual([
    'refused',
    'The key of this agent was revoked. at noon',
    false,
  ])
  const told = following(...WELCOMED, { type: 'update-refused', reason: 'one' }, { type: 'update-refused', reason: 'two' }) // prettier-ignore
  expect([told.refusedUpdates, told.refusal]).toEqual([2, 'two'])
})
