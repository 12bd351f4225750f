/** The server, spoken to message by message. */
import { describe, expect, it } from 'vitest'
import { clock, memoryStore, newSession } from '../../test/federation-world.ts'
import { until } from '../../test/until.ts'
import { decodeFrame, encodeFrame } from '../protocol/frame.ts'
import { decodeMessage, encodeMessage } from '../protocol/session-codec.ts'
import type { SessionMessage } from '../protocol/session-messages.ts'
import type { RoundSettings } from '../server/round-machine.ts'
import { DEFAULT_LIMITS } from '../transport.ts'
import { listenMemory } from '../transport/memory.ts'
import { openServer, type ServerNotice } from './server.ts'
import type { ServedRun } from './served-run.ts'

interface Step {
  readonly agent: number
  readonly round: number
  readonly phase: number
  readonly value: number
}

/** Three rounds; the state is the list of the sums of what came. */
const runOf = (
  participation: RoundSettings<number, Step>['participation'],
  seed = 1,
): ServedRun<readonly number[], number, Step> => ({
  variant: 0,
  seed,
  settings: { agents: 2, phases: 1, participation },
  rule: {
    init: () => [],
    task: (sums) => (sums.length < 3 ? sums.length : null),
    fold: (sums, updates) => [...sums, updates.reduce((sum, { value }) => sum + value, 0)],
  },
  taskFrame: (round) => ({ fields: { kind: 'add', round }, tensors: [] }),
  decodeUpdate(bytes) {
    const frame = decodeFrame(bytes)
    if (!frame.ok) return frame
    const { agent, round, value } = frame.value.fields as Record<string, number>
    return typeof value === 'number' && agent !== undefined && round !== undefined
      ? { ok: true, value: { agent, round, phase: 0, value } }
      : { ok: false, issues: [{ path: ['value'], message: 'expected a value, got none' }] }
  },
  issuesOf: () => [],
  measure: (sums) => [['sum', sums.at(-1) ?? NaN]],
})

async function world(
  participation: RoundSettings<number, Step>['participation'] = {},
  store = memoryStore(),
  names: readonly string[] = [],
  time = clock,
) {
  const notices: ServerNotice[] = []
  const server = await openServer({
    agents: 2,
    names,
    run: '0'.repeat(64),
    experiment: new TextEncoder().encode('an experiment'),
    store,
    clock: time,
    newSession,
    limits: DEFAULT_LIMITS,
    onNotice: (notice) => void notices.push(notice),
  })
  const listener = listenMemory()
  void server.accept(listener)
  return { server, listener, notices, store, done: server.carryOut(runOf(participation)) }
}

/** An agent that is told what to say, and remembers what it heard. */
async function speaker({ listener }: Awaited<ReturnType<typeof world>>) {
  const connection = await listener.connect()
  const frames = connection.frames[Symbol.asyncIterator]()
  return {
    connection,
    say: (message: SessionMessage) => connection.send(encodeMessage(message)),
    /** the next message of one of these kinds; null where the connection ends before */
    async hear<Kind extends SessionMessage['kind']>(
      ...kinds: Kind[]
    ): Promise<Extract<SessionMessage, { kind: Kind }> | null> {
      for (;;) {
        const next = await frames.next()
        if (next.done === true) return null
        const message = decodeMessage(next.value, { bytes: Infinity, agents: Infinity })
        if (!message.ok) throw new Error(JSON.stringify(message.issues))
        if (kinds.some((kind) => kind === message.value.kind))
          return message.value as Extract<SessionMessage, { kind: Kind }>
      }
    },
  }
}

const hello = (name: string, lowest = 1, highest = 1): SessionMessage => ({
  kind: 'hello',
  lowest,
  highest,
  name,
  client: 'a test',
  experiment: 0,
})
const update = (agent: number, round: number, fields: Record<string, number>, seed = 1): SessionMessage => ({
  kind: 'update',
  variant: 0,
  seed,
  round,
  phase: 0,
  agent,
  frame: encodeFrame({ fields: { agent, round, ...fields }, tensors: [] }),
})

describe('who joins', () => {
  it('gets an index that stays with its name, and the position that is due', async () => {
    const here = await world()
    const [a, b] = [await speaker(here), await speaker(here)]
    await a.say(hello('a'))
    expect(await a.hear('welcome')).toMatchObject({
      agent: 0,
      agents: 2,
      round: 0,
      seed: 1,
      experiment: null,
    })
    await b.say({ ...hello('b'), experiment: 1 } as SessionMessage)
    const welcome = await b.hear('welcome')
    expect(welcome).toMatchObject({ agent: 1, experiment: new TextEncoder().encode('an experiment') })
    a.connection.close()
    const again = await speaker(here)
    await again.say(hello('a'))
    expect(await again.hear('welcome')).toMatchObject({ agent: 0 })
  })

  it('is told why not: its version, its name, one too many', async () => {
    const here = await world()
    const a = await speaker(here)
    await a.say(hello('a', 2, 3))
    expect(await a.hear('failure')).toMatchObject({
      code: 'version',
      name: 'a',
      reason: 'this server speaks version 1 of the protocol, the agent 2 to 3',
    })
    await a.say(hello('a'))
    await a.hear('welcome')
    const b = await speaker(here)
    await b.say(hello('a'))
    expect(await b.hear('failure')).toMatchObject({ code: 'name-taken', name: 'a' })
    await b.say(hello('b'))
    await b.hear('welcome')
    await b.say(hello('c'))
    expect(await b.hear('failure')).toMatchObject({ code: 'full', name: 'c' })
    expect(here.server.present).toBe(2)
  })

  it('is named where it is sent away, and where it is not alone the first of them is', async () => {
    const here = await world()
    const [a, b] = [await speaker(here), await speaker(here)]
    const failure: SessionMessage = { kind: 'failure', code: 'internal', reason: 'no disk', name: '' }
    await a.say(hello('a'))
    await a.hear('welcome')
    await a.say(failure)
    expect(await a.hear()).toBeNull()
    for (const name of ['a', 'b']) {
      await b.say(hello(name))
      await b.hear('welcome')
    }
    await b.say(failure)
    expect(await b.hear()).toBeNull()
    expect(here.notices.filter(({ type }) => type === 'turned-away')).toMatchObject([
      { name: 'a', agent: 0, reason: 'the agent says internal: no disk' },
      { name: null, agent: null, reason: 'one of a and 1 more says internal: no disk' },
    ])
  })

  it('is sent away for bytes that are no message, and for what is not its to send', async () => {
    const here = await world()
    const [a, b, c] = [await speaker(here), await speaker(here), await speaker(here)]
    await a.connection.send(Uint8Array.of(1, 2, 3))
    expect(await a.hear('failure')).toMatchObject({ code: 'malformed', name: '' })
    expect(await a.hear('welcome')).toBeNull()
    await b.say({ kind: 'control', action: 'pause', variant: 0, seed: 1, agents: null })
    expect(await b.hear('failure')).toMatchObject({ code: 'unexpected' })
    await c.say(hello('c'))
    await c.hear('welcome')
    await c.say(update(1, 0, { value: 1 }))
    expect(await c.hear('failure')).toMatchObject({
      code: 'unexpected',
      reason: expect.stringContaining('agent 1'),
    })
    expect(here.notices.filter(({ type }) => type === 'turned-away')).toHaveLength(3)
  })
})

describe('who cannot take part', () => {
  const mismatch = (name: string): SessionMessage => ({ kind: 'failure', code: 'mismatch', reason: 'other states', name }) // prettier-ignore

  it('loses its index to the next new name, and nobody else does', async () => {
    const here = await world()
    const [wrong, b] = [await speaker(here), await speaker(here)]
    await wrong.say(hello('wrong'))
    await wrong.hear('welcome')
    await b.say(hello('b'))
    await b.hear('welcome')
    await b.say(hello('a'))
    expect(await b.hear('failure')).toMatchObject({ code: 'full', name: 'a' })
    // its own connection, or that of others too
    await wrong.say(mismatch(''))
    expect(await wrong.hear('welcome')).toBeNull()
    await b.say(hello('also-wrong'))
    expect(await b.hear('welcome')).toMatchObject({ agent: 0 })
    await b.say(mismatch('also-wrong'))
    await b.say(hello('a'))
    expect(await b.hear('welcome')).toMatchObject({ name: 'a', agent: 0 })
    expect(here.notices.filter(({ type }) => type === 'freed')).toEqual([
      { type: 'freed', agent: 0, name: 'wrong' },
      { type: 'freed', agent: 0, name: 'also-wrong' },
    ])
    expect(await here.store.members()).toEqual(['a', 'b'])
    expect(here.server.snapshot()?.agents.map(({ name, sessions }) => [name, sessions])).toEqual([['a', 1], ['b', 1]]) // prettier-ignore
  })

  it('keeps its index from its first Update on, also after the server was started again', async () => {
    const here = await world()
    const a = await speaker(here)
    await a.say(hello('a'))
    await a.say(hello('b'))
    await a.hear('task')
    await a.say(update(0, 0, { value: 1 }))
    await a.hear('ack')
    await a.say(mismatch('a'))
    await a.say(hello('c'))
    expect(await a.hear('failure')).toMatchObject({ code: 'full', name: 'c' })
    await a.say(hello('a'))
    await a.hear('welcome')
    await a.say(update(1, 0, { value: 1 }))
    while ((await a.hear('ack'))?.status !== 'durable');
    await here.server.stop()

    const again = await world({}, here.store)
    const b = await speaker(again)
    await b.say(hello('b'))
    await b.hear('welcome')
    await b.say(mismatch('b'))
    expect(await b.hear('welcome')).toBeNull()
    const c = await speaker(again)
    await c.say(hello('c'))
    expect(await c.hear('welcome', 'failure')).toMatchObject({ code: 'full', name: 'c' })
  })

  it('keeps a name that was given beforehand, or that took part in a run before; else it is free after a restart too', async () => {
    const store = memoryStore()
    await store.keepMembers(['wrong', 'b'])
    const isFree = async (names: readonly string[], isLater: boolean): Promise<boolean> => {
      const here = await world({}, store, names)
      if (isLater) here.server.settle()
      const one = await speaker(here)
      await one.say(hello('wrong'))
      await one.hear('welcome')
      await one.say(mismatch('wrong'))
      expect(await one.hear('welcome')).toBeNull()
      const other = await speaker(here)
      await other.say(hello('a'))
      const answer = await other.hear('welcome', 'failure')
      here.server.close()
      return answer?.kind === 'welcome'
    }
    expect(await isFree(['wrong'], false)).toBe(false)
    expect(await isFree([], true)).toBe(false)
    expect(await isFree([], false)).toBe(true)
    expect(await store.members()).toEqual(['a', 'b'])
  })
})

describe('an Update', () => {
  it('that is wrong inside is refused with a reason, counted, and does not disturb the round', async () => {
    const here = await world()
    const a = await speaker(here)
    await a.say(hello('a'))
    await a.say(hello('b'))
    await a.hear('task')
    await a.say(update(0, 0, {}))
    expect(await a.hear('ack')).toMatchObject({
      status: 'refused',
      reason: 'value: expected a value, got none',
    })
    await a.say({ ...update(0, 0, { value: 1 }), agent: 1 } as SessionMessage)
    expect(await a.hear('ack')).toMatchObject({
      status: 'refused',
      reason: 'frame.agent: expected 1 as outside, got 0',
    })
    await a.say(update(0, 0, { value: 1 }, 7))
    expect(await a.hear('ack')).toMatchObject({ status: 'late', seed: 7 })
    for (let round = 0; round < 3; round++) {
      await a.say(update(1, round, { value: 10 * round }))
      await a.say(update(0, round, { value: 1 }))
    }
    const { state, measured } = await here.done
    expect(state).toEqual([1, 11, 21])
    expect(measured.map((line) => [line.round, ...line.agents, line.measured[0]?.[1]])).toEqual([
      [0, 0, 1, 1],
      [1, 0, 1, 11],
      [2, 0, 1, 21],
    ])
    expect([...here.server.refused]).toEqual([
      [0, 1],
      [1, 1],
    ])
  })

  it('that never comes is not waited for beyond the deadline; who comes back later is asked for what is due', async () => {
    const here = await world({ minimum: 1, deadlineSeconds: 1 })
    const [a, b] = [await speaker(here), await speaker(here)]
    await a.say(hello('a'))
    await a.hear('welcome')
    await b.say(hello('b'))
    await b.hear('welcome')
    // who is silent is asked again, so that a Task may come more than once
    const asked = async (round: number): Promise<void> => {
      while ((await a.hear('task'))?.round !== round);
    }
    await asked(0)
    await a.say(update(0, 0, { value: 1 }))
    await asked(1)
    await b.say(update(1, 0, { value: 100 }))
    expect(await b.hear('ack')).toMatchObject({ status: 'late', round: 0 })
    b.connection.close()
    await a.say(update(0, 1, { value: 2 }))
    await asked(2)
    await a.say(update(0, 2, { value: 3 }))
    expect((await here.done).state).toEqual([1, 2, 3])
  })
})

describe('an agent that has lost its last states', () => {
  it('is given the last Tasks again, once a session, and only itself', async () => {
    const here = await world()
    const a = await speaker(here)
    await a.say(hello('a'))
    await a.say(hello('b'))
    await a.hear('task')
    for (const agent of [0, 1]) await a.say(update(agent, 0, { value: 1 }))
    expect(await a.hear('task')).toMatchObject({ round: 1, ahead: 4 })
    const behind = (...agents: number[]): SessionMessage => ({ kind: 'control', action: 'behind', variant: 0, seed: 1, agents: Uint32Array.from(agents) }) // prettier-ignore
    await a.say(behind(1))
    expect(await a.hear('task')).toMatchObject({
      round: 0,
      agents: Uint32Array.of(1),
      after: Uint32Array.of(0),
    })
    expect(await a.hear('task')).toMatchObject({
      round: 1,
      agents: Uint32Array.of(1),
      after: Uint32Array.of(1),
    })
    await a.say(behind(0, 1))
    expect(await a.hear('failure')).toMatchObject({
      code: 'unexpected',
      reason: expect.stringContaining('agent 1'),
    })
    const stranger = await speaker(here)
    await stranger.say(hello('a'))
    await stranger.hear('welcome')
    await stranger.say(behind(1))
    expect(await stranger.hear('failure')).toMatchObject({ code: 'unexpected' })
  })
})

describe('a server that is paused', () => {
  it('closes no phase, tells who comes, and goes on where it was', async () => {
    const here = await world()
    const a = await speaker(here)
    await a.say(hello('a'))
    await a.say(hello('b'))
    await a.hear('task')
    here.server.pause(true)
    expect(await a.hear('control')).toMatchObject({ action: 'pause' })
    await a.say(update(0, 0, { value: 1 }))
    await a.say(update(1, 0, { value: 1 }))
    await until(() => here.server.snapshot()?.answers === 2)
    await a.say({ kind: 'control', action: 'leave', variant: 0, seed: 1, agents: Uint32Array.of(1) })
    await a.say(hello('b'))
    expect(await a.hear('control')).toMatchObject({ action: 'pause', agents: Uint32Array.of(1) })
    expect(here.server.snapshot()).toMatchObject({ state: 'paused', round: 0, answers: 2 })
    here.server.pause(false)
    expect(await a.hear('control')).toMatchObject({ action: 'resume' })
    expect(await a.hear('task')).toMatchObject({ round: 1 })
    expect(here.notices.filter(({ type }) => type === 'paused' || type === 'resumed')).toEqual([
      { type: 'paused' },
      { type: 'resumed' },
    ])
    // also in the run that follows
    here.server.pause(true)
    void here.server.carryOut(runOf({}, 2))
    expect(await a.hear('control')).toMatchObject({ action: 'pause', seed: 1 })
    expect(await a.hear('control')).toMatchObject({ action: 'next-run', seed: 2 })
    expect(await a.hear('control')).toMatchObject({ action: 'pause', seed: 2 })
    expect(here.server.snapshot()).toMatchObject({ state: 'paused', seed: 2 })
  })
})

describe('agents that lose their states again and again', () => {
  it('run out of messages as others do: what they are told again lets them say nothing more', async () => {
    const here = await world({}, memoryStore(), [], { ...clock, now: () => 0 })
    const a = await speaker(here)
    await a.say(hello('a'))
    await a.say(hello('b'))
    await a.hear('task')
    for (const agent of [0, 1]) await a.say(update(agent, 0, { value: 1 }))
    await a.hear('task')
    const [leave, behind] = (['leave', 'behind'] as const).map((action): SessionMessage => ({ kind: 'control', action, variant: 0, seed: 1, agents: Uint32Array.of(1) })) // prettier-ignore
    // 1064 at once; each turn takes three and gives one back
    let turns = 0
    for (; turns < 700; turns++) {
      for (const message of [leave, hello('b')] as SessionMessage[])
        await a.say(message).catch(() => undefined)
      if ((await a.hear('welcome')) === null) break
      await a.say(behind as SessionMessage).catch(() => undefined)
    }
    expect(turns).toBeLessThan(600)
    expect(here.notices).toContainEqual(
      expect.objectContaining({ reason: 'too many messages in too short a time' }),
    )
  })
})

describe('a connection over which everybody has left', () => {
  it('is closed when nobody joins over it for a while', async () => {
    const here = await world()
    const a = await speaker(here)
    await a.say(hello('a'))
    await a.hear('welcome')
    await a.say({ kind: 'control', action: 'leave', variant: 0, seed: 1, agents: null })
    expect(await a.connection.closed).toMatchObject({ reason: expect.stringContaining('nobody has joined') })
  })
})

describe('a server that stops', () => {
  it('gives back what is open, and says so', async () => {
    const here = await world()
    const a = await speaker(here)
    await a.say(hello('a'))
    await a.hear('welcome')
    await here.server.stop()
    expect(await a.hear('control')).toMatchObject({ action: 'stop' })
    expect(await a.connection.closed).toMatchObject({ code: 'done', reason: 'the server stops' })
  })
})
