/** The server among agents that do not keep to the rules: each is answered, and the others end where they would have ended without it. */
import { afterEach, describe, expect, it } from 'vitest'
import { clock, memoryStore, newSession } from '../../../test/federation-world.ts'
import { hello, speakerOn, type Speaker } from '../../../test/speaker.ts'
import { decodeFrame, encodeFrame } from '../../protocol/frame.ts'
import type { SessionMessage } from '../../protocol/session-messages.ts'
import type { Participation } from '../../server/round-machine/participation.ts'
import { DEFAULT_LIMITS, type Limits } from '../../transport.ts'
import { listenMemory, type MemoryListener } from '../../transport/memory.ts'
import { openServer, type FederationServer, type ServerNotice } from '../server.ts'
import type { ServedRun } from '../served-run.ts'

interface Step {
  readonly agent: number
  readonly round: number
  readonly value: number
}

const AGENTS = 3
const ROUNDS = 3

/** Agents send numbers below 10; the state is the list of their sums. */
const runOf = (participation: Partial<Participation>): ServedRun<readonly number[], number, Step> => ({
  variant: 0,
  seed: 1,
  settings: { agents: AGENTS, phases: 1, participation },
  rule: {
    init: () => [],
    task: (sums) => (sums.length < ROUNDS ? sums.length : null),
    fold: (sums, updates) => [...sums, updates.reduce((sum, { value }) => sum + value, 0)],
  },
  taskFrame: (round) => ({ fields: { kind: 'add', round }, tensors: [] }),
  decodeUpdate(bytes) {
    const frame = decodeFrame(bytes)
    if (!frame.ok) return frame
    const { agent, round, value } = frame.value.fields as Record<string, number>
    return agent !== undefined && round !== undefined && value !== undefined
      ? { ok: true, value: { agent, round, value } }
      : { ok: false, issues: [{ path: ['value'], message: 'expected a value, got none' }] }
  },
  issuesOf: ({ value }) =>
    value < 10 ? [] : [{ path: ['value'], message: `expected less than 10, got ${value}` }],
  measure: () => [],
})

const listeners: MemoryListener[] = []
afterEach(async () => {
  for (const listener of listeners.splice(0)) await listener.close()
})

interface World {
  readonly server: FederationServer
  readonly listener: MemoryListener
  readonly notices: ServerNotice[]
  readonly done: Promise<{ readonly state: readonly number[] }>
}

async function world(
  participation: Partial<Participation> = {},
  { limits = {}, now = clock.now }: { readonly limits?: Partial<Limits>; readonly now?: () => number } = {},
): Promise<World> {
  const notices: ServerNotice[] = []
  const server = await openServer({
    agents: AGENTS,
    names: ['a', 'b', 'c'],
    run: '0'.repeat(64),
    experiment: new Uint8Array(0),
    store: memoryStore(),
    clock: { ...clock, now },
    newSession,
    limits: DEFAULT_LIMITS,
    onNotice: (notice) => void notices.push(notice),
  })
  const listener = listenMemory(limits)
  listeners.push(listener)
  void server.accept(listener)
  return { server, listener, notices, done: server.carryOut(runOf(participation)) }
}

const speaker = async ({ listener }: World): Promise<Speaker> => speakerOn(await listener.connect())

const update = (agent: number, round: number, value: number, inside: Partial<Step> = {}): SessionMessage => ({
  kind: 'update',
  variant: 0,
  seed: 1,
  round,
  phase: 0,
  agent,
  frame: encodeFrame({ fields: { agent, round, value, ...inside }, tensors: [] }),
})

async function joined(here: World, ...names: readonly string[]): Promise<Speaker> {
  const one = await speaker(here)
  for (const name of names) {
    void one.say(hello(name))
    await one.hear('welcome')
  }
  return one
}

/** Answers every Task for these agents, whose numbers are 1, until the run is over. */
async function honest(one: Speaker, agents: readonly number[]): Promise<void> {
  for (;;) {
    const message = await one.hear('task')
    if (message?.kind !== 'task') return
    for (const agent of message.agents ?? agents) void one.say(update(agent, message.round, 1))
  }
}

describe('an Update that no honest agent sends', () => {
  it('is refused with a reason and counted, and a phase that can do without its agent closes', async () => {
    const here = await world({ minimum: 2 })
    const [bad, good] = [await joined(here, 'c'), await joined(here, 'a', 'b')]
    void honest(good, [0, 1])
    for (let round = 0; round < ROUNDS; round++) {
      await bad.hear('task')
      void bad.say(update(2, round, 99))
      expect(await bad.hear('ack')).toMatchObject({
        status: 'refused',
        reason: 'value: expected less than 10, got 99',
      })
    }
    expect((await here.done).state).toEqual([2, 2, 2])
    expect(here.server.refused).toEqual(new Map([[2, 3]]))
    expect(here.notices.filter(({ type }) => type === 'refused')).toHaveLength(3)
  })

  it('keeps a phase waiting that needs everybody, until its agent joins again with a right one', async () => {
    const here = await world()
    const [bad, good] = [await joined(here, 'c'), await joined(here, 'a', 'b')]
    void honest(good, [0, 1])
    await bad.hear('task')
    void bad.say(update(2, 0, 99), update(2, 0, 98))
    await bad.hear('ack')
    expect(
      here.server
        .snapshot()
        ?.agents.map(({ state }) => state)
        .at(-1),
    ).toBe('refused')
    bad.connection.close('mended')
    void honest(await joined(here, 'c'), [2])
    expect((await here.done).state).toEqual([3, 3, 3])
  })

  it('does not take the place of a right one, before or after it', async () => {
    const here = await world()
    const [bad, good] = [await joined(here, 'c'), await joined(here, 'a', 'b')]
    await bad.hear('task')
    void bad.say(update(2, 0, 99), update(2, 0, 1), update(2, 0, 99), update(2, 0, 2))
    const told: string[] = []
    while (told.length < 3) {
      const ack = await bad.hear('ack')
      if (ack?.kind === 'ack') told.push(ack.status)
    }
    expect(told.toSorted()).toEqual(['duplicate', 'received', 'refused'])
    void honest(bad, [2])
    void honest(good, [0, 1])
    expect((await here.done).state).toEqual([3, 3, 3])
  })

  it('again and again ends the session of its agent, and of no other on the line', async () => {
    const here = await world({ minimum: 2 })
    const line = await joined(here, 'a', 'b', 'c')
    for (let i = 0; i < 16; i++) void line.say(update(2, 0, 99))
    expect(await line.hear('failure')).toMatchObject({ code: 'malformed', name: 'c' })
    // on its way before it heard
    void line.say(update(2, 0, 1), update(0, 0, 1), update(1, 0, 1))
    await line.hear('task')
    void honest(line, [0, 1])
    expect((await here.done).state).toEqual([2, 2, 2])
  })
})

describe('who sends what is not his', () => {
  const others: readonly (readonly [string, SessionMessage])[] = [
    ['an Update of another agent', update(0, 0, 5)],
    ['the end', { kind: 'control', action: 'finished', variant: 0, seed: 1, agents: null }],
  ]
  it.each(others)('%s: is sent away', async (_, message) => {
    const here = await world({ minimum: 2 })
    const [bad, good] = [await joined(here, 'c'), await joined(here, 'a', 'b')]
    void bad.say(message)
    expect(await bad.hear('failure')).toMatchObject({ code: 'unexpected' })
    expect(await bad.hear('failure')).toBeNull()
    void honest(good, [0, 1])
    expect((await here.done).state).toEqual([2, 2, 2])
  })

  it('the content of another in an envelope of his own: is refused', async () => {
    const here = await world({ minimum: 2 })
    const bad = await joined(here, 'c')
    void bad.say(update(2, 0, 5, { agent: 0 }))
    expect(await bad.hear('ack')).toMatchObject({
      status: 'refused',
      reason: 'frame.agent: expected 2 as outside, got 0',
    })
    here.server.close()
  })

  it('cannot speak for a session that has ended', async () => {
    const here = await world({ minimum: 2 })
    const [old, good] = [await joined(here, 'c'), await joined(here, 'a', 'b')]
    old.connection.close('away')
    const again = await joined(here, 'c')
    void old.say(update(2, 0, 9))
    void honest(again, [2])
    void honest(good, [0, 1])
    expect((await here.done).state).toEqual([3, 3, 3])
  })

  it('cannot have a name that somebody has', async () => {
    const here = await world()
    await joined(here, 'a')
    const other = await speaker(here)
    void other.say(hello('a'))
    expect(await other.hear('failure', 'welcome')).toMatchObject({ code: 'name-taken', name: 'a' })
    here.server.close()
  })
})

describe('floods', () => {
  it('of messages end their connection', async () => {
    // nothing comes back with time
    const here = await world({ minimum: 2 }, { now: () => 0 })
    const [bad, good] = [await joined(here, 'c'), await joined(here, 'a', 'b')]
    for (let i = 0; i < 3000; i++) void bad.say({ ...update(2, 0, 1), seed: 2 } as SessionMessage)
    expect(await bad.hear('failure')).toMatchObject({ code: 'rate' })
    void honest(good, [0, 1])
    expect((await here.done).state).toEqual([2, 2, 2])
  })

  it('that are not listened to end theirs, and hold no more memory than a connection may', async () => {
    const here = await world({ minimum: 2 }, { limits: { queueBytes: 2048 } })
    const [bad, good] = [await joined(here, 'c'), await joined(here, 'a', 'b')]
    for (let seed = 2; seed < 500; seed++) {
      void bad.say({ ...update(2, 0, 1), seed } as SessionMessage)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(await bad.connection.closed).toMatchObject({ code: 'limit' })
    void honest(good, [0, 1])
    expect((await here.done).state).toEqual([2, 2, 2])
  })

  it('of connections and Hellos leave nothing behind', async () => {
    const here = await world({ minimum: 2 })
    const good = await joined(here, 'a', 'b')
    for (let i = 0; i < 500; i++) {
      const one = await speaker(here)
      void one.say(hello('c'), hello(`stranger-${i}`))
      if (i % 3 === 0) await one.hear('welcome', 'failure')
      one.connection.close('gone')
    }
    while (here.server.present > 2) await new Promise((resolve) => setImmediate(resolve))
    void honest(good, [0, 1])
    expect((await here.done).state).toEqual([2, 2, 2])
    const counts = (type: string): number => here.notices.filter((notice) => notice.type === type).length
    expect(counts('joined')).toBe(counts('left') + 2)
  })
})
