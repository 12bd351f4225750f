import { expect, it } from 'vitest'
import type { ServerNotice } from '../federation/server.ts'
import type { FederationStatus } from '../experiment/federated/status.ts'
import { liveLine } from './live-line.ts'

const STATUS: FederationStatus = {
  fedrl: '0',
  protocol: 1,
  name: 'x',
  run: '0'.repeat(64),
  variant: 'default',
  seed: 1,
  rounds: 500,
  runOf: { number: 1, of: 1 },
  participation: { minimum: 2, target: null, fraction: 1, deadlineSeconds: null, late: 'drop' },
  round: 7,
  phase: 0,
  phases: 1,
  state: 'open',
  deadlineSeconds: null,
  answers: 0,
  missing: 1,
  present: 1,
  durableRound: 6,
  total: {
    sessions: 1,
    receivedBytes: 1_200_000,
    sentBytes: 34_500,
    updates: { received: 0, durable: 0, duplicate: 0, late: 0, refused: 0 },
  },
  turnedAway: { count: 0, recent: [] },
  agents: [],
}

const closed = (phase: number): ServerNotice => ({
  type: 'closed',
  position: { variant: 0, seed: 1, round: 7, phase },
  phases: 2,
  agents: [0],
  late: [],
  seconds: 0.1,
})

it('tells rounds a second, and looks at the agents four times a second at most', () => {
  let now = 0
  let looks = 0
  const lines: string[] = []
  const watch = liveLine(
    (line) => lines.push(line),
    () => now,
  )
  watch.notice?.(closed(1))
  expect(lines).toEqual([])
  const status = (): FederationStatus => {
    looks++
    return STATUS
  }
  watch.begun?.({ folder: '/', run: STATUS.run, status })
  for (now = 0; now < 1000; now += 10) for (const phase of [0, 1]) watch.notice?.(closed(phase))
  expect(lines[0]).toBe('1/0 agents | round 7/500 | 1.23 MB')
  expect(lines.slice(1)).toEqual(
    Array.from({ length: 3 }, () => '1/0 agents | round 7/500 | 100 rounds/s | 1.23 MB'),
  )
  expect(looks).toBe(4)
})
