import { describe, expect, it } from 'vitest'
import { withValue, emptyTable } from '../../server/round-machine/agent-table.ts'
import { snapshotOf, type RoundView } from './snapshot.ts'
import { Traffic } from './traffic.ts'

describe('Traffic', () => {
  it('shares the bytes of a frame among those that it is for, to the last byte', () => {
    const traffic = new Traffic(3)
    traffic.sent([0, 1, 2], 100)
    traffic.sent(Uint32Array.of(2), 7)
    traffic.received([1], 50, 10)
    traffic.received([], 50, 10)
    expect([0, 1, 2].map((agent) => traffic.of(agent).sentBytes)).toEqual([34, 33, 40])
    expect(traffic.total()).toMatchObject({ sentBytes: 107, receivedBytes: 50 })
    expect([traffic.heardAt(1), traffic.heardAt(0)]).toEqual([10, NaN])
  })

  it('goes on from what was counted before, and remembers why somebody was refused', () => {
    const before = new Traffic(2)
    before.joined(0, 5)
    before.acked(0, 'received', '')
    before.acked(0, 'refused', 'too large')
    const after = new Traffic(2, [before.of(0), before.of(1)])
    after.acked(0, 'refused', 'no number')
    expect(after.of(0)).toEqual({
      sessions: 1,
      receivedBytes: 0,
      sentBytes: 0,
      updates: { received: 1, durable: 0, duplicate: 0, late: 0, refused: 2 },
    })
    expect([after.reasonOf(0), after.reasonOf(1)]).toEqual(['no number', null])
  })

  it('counts all that were turned away, and remembers the last twenty', () => {
    const traffic = new Traffic(1)
    for (let at = 0; at < 25; at++) traffic.turnedAway({ peer: `p${at}`, reason: 'full', at })
    const { count, recent } = traffic.strangers
    expect([count, recent.length, recent[0]?.peer, recent.at(-1)?.peer]).toEqual([25, 20, 'p5', 'p24'])
  })
})

/** Phase 1 of round 2, of two phases, open; agents 0 to 2 are here, 3 is away, 4 never came. */
const VIEW: RoundView = {
  closed: 5,
  durable: 3,
  task: {},
  open: true,
  deadline: 4500,
  answers: withValue(emptyTable, 1, {}),
  refused: emptyTable,
  present: [0, 1, 2].reduce(
    (table, agent) => withValue(table, agent, true as const),
    withValue<true>(emptyTable, 0, true),
  ),
  missing: 1,
  answered: Int32Array.of(4, 4, 2, 3, -1),
  folded: Int32Array.of(4, 4, 3, 3, -1),
  paused: false,
  stopping: false,
}

function snapshot(view: Partial<RoundView> = {}) {
  const traffic = new Traffic(5)
  for (const agent of [0, 1, 2, 3]) traffic.joined(agent, 1000)
  traffic.left(3, 2000)
  traffic.turnedAway({ peer: 'x', reason: 'y', at: 2500 })
  const nameOf = (agent: number): string => `n${agent}`
  return snapshotOf({
    variant: 0,
    seed: 7,
    phases: 2,
    view: { ...VIEW, ...view },
    traffic,
    agents: 5,
    nameOf,
    now: 3000,
  })
}

describe('snapshotOf', () => {
  it('says where the run is, and who is here, asked, away or has never come', () => {
    expect(snapshot()).toMatchObject({
      seed: 7,
      round: 2,
      phase: 1,
      durableRound: 1,
      state: 'open',
      deadlineSeconds: 1.5,
      answers: 1,
      missing: 1,
      present: 3,
      turnedAway: { count: 1, recent: [{ peer: 'x', reason: 'y', secondsAgo: 0.5 }] },
    })
    const told = snapshot().agents.map(({ state, silentSeconds, lag }) => [state, silentSeconds, lag])
    // agent 2 is late: it does not take part in the second phase of a round whose first it missed
    expect(told).toEqual([
      ['asked', 2, 0],
      ['here', 2, 0],
      ['here', 2, 2],
      ['away', 1, 1],
      ['expected', null, null],
    ])
  })

  it.each([
    [{ open: false, deadline: null, missing: 2 }, 'waiting'],
    [{ paused: true }, 'paused'],
    [{ stopping: true, paused: true }, 'stopping'],
    [{ task: null }, 'over'],
  ] as const)('%j is told as %s', (view, state) => {
    expect(snapshot(view).state).toBe(state)
  })
})
