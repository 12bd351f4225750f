/** The server, spoken to message by message. */
import { describe, expect, it } from 'vitest'
import { clock, memoryStore, newSession } from '../../test/federation-world.ts'
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

async function world(participation: RoundSettings<number, Step>['participation'] = {}) {
  const notices: ServerNotice[] = []
  const server = await openServer({
    agents: 2,
    run: '0'.repeat(64),
    experiment: new TextEncoder().encode('an experiment'),
    store: memoryStore(),
    clock,
    newSession,
    limits: DEFAULT_LIMITS,
    onNotice: (notice) => void notices.push(notice),
  })
  const listener = listenMemory()
  void server.accept(listener)
  return { server, listener, notices, done: server.carryOut(runOf(participation)) }
}

/** An agent that is told what to say, and remembers what it heard. */
async function speaker({ listener }: Awaited<ReturnType<typeof world>>) {
  const connection = await listener.connect()
  const frames = connection.frames[Symbol.asyncIterator]()
  return {
    connection,
    say: (message: SessionMessage) => connection.send(encodeMessage(message)),
    /** the next message of this kind; null where the connection ends before */
    async hear<Kind extends SessionMessage['kind']>(
      kind: Kind,
    ): Promise<Extract<SessionMessage, { kind: Kind }> | null> {
      for (;;) {
        const next = await frames.next()
        if (next.done === true) return null
        const message = decodeMessage(next.value, { bytes: Infinity, agents: Infinity })
        if (!message.ok) throw new Error(JSON.stringify(message.issues))
        if (message.value.kind === kind) return message.value as Extract<SessionMessage, { kind: Kind }>
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
