import { expect, it } from 'vitest'
import { limited } from './notices.ts'
import type { ServerNotice } from './options.ts'

it('tells of bad agents as often as a log can bear, and how many it left out; of others always', () => {
  let now = 0
  const told: ServerNotice[] = []
  const tell = limited((notice) => void told.push(notice), { now: () => now })
  const bad: ServerNotice = { type: 'turned-away', peer: 'p', name: null, agent: null, reason: 'malformed' }
  for (let i = 0; i < 1000; i++) tell(bad)
  expect(told).toHaveLength(50)
  tell({ type: 'left', agent: 0, name: 'a' })
  expect(told).toHaveLength(51)
  // they do not hide what is wrong with members
  tell({ type: 'refused', agent: 0, name: 'a', reason: 'bad' })
  expect(told).toHaveLength(52)
  now = 2000
  for (let i = 0; i < 10; i++) tell(bad)
  expect(told.slice(52)).toEqual([{ ...bad, reason: 'malformed (and 950 more were not told)' }, bad])
})
