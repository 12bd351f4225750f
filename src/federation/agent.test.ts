/** Agents, spoken to message by message. */
import { describe, expect, it } from 'vitest'
import { clock, memoryJournal } from '../../test/federation-world.ts'
import { modulesOf } from '../../test/source.ts'
import { until } from '../../test/until.ts'
import { decodeMessage, encodeMessage } from '../protocol/session-codec.ts'
import type { Position, SessionMessage, TaskMessage } from '../protocol/session-messages.ts'
import { proofBytes } from '../protocol/session-rules.ts'
import { TransportError, type Guest } from '../transport.ts'
import { listenMemory } from '../transport/memory.ts'
import {
  Refused,
  serverName,
  takePart,
  Unreachable,
  type AgentNotice,
  type TakePartOptions,
} from './agent.ts'
import { Unfit } from './agent/unfit.ts'
import type { AgentRun } from './agent-run.ts'
import type { JournalStore } from './agent-journal.ts'

/** Its state is how many Tasks it has worked on; its Update that number and the Task's first byte. */
const counting: AgentRun = {
  phases: 2,
  isRepeatable: true,
  init: () => 0,
  work: (state, frame) =>
    frame.length === 0
      ? { ok: false, issues: [{ path: [], message: 'expected a byte' }] }
      : {
          ok: true,
          value: { state: (state as number) + 1, frame: Uint8Array.of(state as number, frame[0] as number) },
        },
}

function world(names = ['a'], journal: JournalStore = memoryJournal(), more: Partial<TakePartOptions> = {}) {
  const listener = listenMemory()
  const notices: AgentNotice[] = []
  const abort = new AbortController()
  const done = takePart({
    names,
    client: 'a test',
    wantsExperiment: false,
    open: () => Promise.resolve(counting),
    clock,
    connect: () => listener.connect(),
    journal: () => Promise.resolve(journal),
    patienceMs: 1000,
    signal: abort.signal,
    onNotice: (notice) => void notices.push(notice),
    ...more,
  })
  done.catch(() => undefined)
  const guests = listener.connections[Symbol.asyncIterator]()
  /** the next connection of the agents, as a server has it */
  const next = async () => {
    const { value: guest } = (await guests.next()) as { value: Guest }
    const frames = guest.frames[Symbol.asyncIterator]()
    return {
      guest,
      say: (message: SessionMessage) => guest.send(encodeMessage(message)),
      async hear(): Promise<SessionMessage | null> {
        const frame = await frames.next()
        if (frame.done === true) return null
        const message = decodeMessage(frame.value, { bytes: Infinity, agents: Infinity })
        if (!message.ok) throw new Error(JSON.stringify(message.issues))
        return message.value
      },
    }
  }
  return { listener, notices, abort, done, next }
}

const at = (round: number, phase: number, seed = 1): Position => ({ variant: 0, seed, round, phase })
const welcome = (name: string, agent: number, position = at(0, 0)): SessionMessage => ({
  kind: 'welcome',
  version: 1,
  session: '0'.repeat(32),
  name,
  agent,
  agents: 2,
  run: '0'.repeat(64),
  ...position,
  maxBytes: 1e6,
  idleSeconds: 60,
  experiment: null,
})
const task = (
  position: Position,
  agents: readonly number[],
  after: readonly number[],
  byte = 9,
): SessionMessage => ({
  kind: 'task',
  ...position,
  ahead: 0,
  agents: Uint32Array.from(agents),
  after: Uint32Array.from(after),
  frame: Uint8Array.of(byte),
})
const ack = (
  position: Position,
  status: 'received' | 'durable' | 'late' | 'refused',
  agent = 0,
): SessionMessage => ({
  kind: 'ack',
  ...position,
  status,
  reason: '',
  agents: Uint32Array.of(agent),
})
const finished: SessionMessage = { kind: 'control', action: 'finished', variant: 0, seed: 1, agents: null }

/** What an Update says: its place, its agent and its bytes. */
const told = (message: SessionMessage | null) =>
  message?.kind === 'update' ? [message.round, message.phase, message.agent, ...message.frame] : message

describe('agents of one process', () => {
  it('work from the state that a Task names, answer it again with the same bytes, and ignore old copies', async () => {
    const here = world(['a', 'b'])
    const server = await here.next()
    expect([(await server.hear())?.kind, (await server.hear())?.kind]).toEqual(['hello', 'hello'])
    await server.say(welcome('a', 0))
    await server.say(welcome('b', 1))
    await server.say(task(at(0, 0), [0, 1], [0, 0]))
    expect([told(await server.hear()), told(await server.hear())]).toEqual([
      [0, 0, 0, 0, 9],
      [0, 0, 1, 0, 9],
    ])
    await server.say(task(at(0, 1), [0], [1]))
    expect(told(await server.hear())).toEqual([0, 1, 0, 1, 9])
    // the same again, with other bytes: what was kept counts
    await server.say(task(at(0, 0), [0], [0], 8))
    expect(told(await server.hear())).toEqual([0, 0, 0, 0, 9])
    await server.say(ack(at(0, 0), 'durable'))
    await server.say(task(at(0, 0), [0], [0]))
    // an Update that is dropped leaves no trace: the next Task starts before it
    await server.say(ack(at(0, 1), 'late'))
    await server.say(task(at(1, 0), [0], [1]))
    expect(told(await server.hear())).toEqual([1, 0, 0, 1, 9])
    await server.say(finished)
    expect(await here.done).toBe('finished')
  })

  it('ask once for the last Tasks where the machine went down before their states were on disk', async () => {
    const journal = memoryJournal()
    const here = world(['a', 'b'], { ...journal, sync: () => new Promise(() => {}) })
    const first = await here.next()
    for (const _ of ['a', 'b']) await first.hear()
    await first.say(welcome('a', 0))
    await first.say(welcome('b', 1))
    const ahead = (position: Position, after: number): SessionMessage => ({
      ...(task(position, [0, 1], [after, after]) as TaskMessage),
      ahead: 2,
    })
    await first.say(ahead(at(0, 0), 0))
    await first.say(ahead(at(0, 1), 1))
    for (const phase of [0, 0, 1, 1]) expect(await first.hear()).toMatchObject({ kind: 'update', phase })
    journal.lose()
    expect(journal.size()).toBe(0)

    const again = world(['a', 'b'], journal)
    const second = await again.next()
    for (const _ of ['a', 'b']) await second.hear()
    await second.say(welcome('a', 0, at(1, 0)))
    await second.say(welcome('b', 1, at(1, 0)))
    await second.say(ahead(at(1, 0), 2))
    // a deadline passes before the server hears of it
    await second.say(ahead(at(1, 0), 2))
    expect(await second.hear()).toMatchObject({ action: 'behind', agents: Uint32Array.of(0, 1) })
    for (const [ordinal, position] of [at(0, 0), at(0, 1), at(1, 0)].entries()) {
      await second.say(task(position, [0, 1], [ordinal, ordinal]))
      const { round, phase } = position
      for (const agent of [0, 1]) expect(told(await second.hear())).toEqual([round, phase, agent, ordinal, 9])
    }
    await second.say(finished)
    expect(await again.done).toBe('finished')
    first.guest.close('over')
    here.abort.abort()
  })

  it.each([
    [0, 1],
    [1, 2],
    [3, 4],
    [0, 1, { ...counting, isRepeatable: false }],
  ])(
    'send %i Updates that are not on disk where the Task says so, and wait with number %i',
    async (ahead, count, run = counting) => {
      let written = (): void => {}
      const stuck = new Promise<void>((resolve) => (written = resolve))
      const open = (): Promise<AgentRun> => Promise.resolve(run)
      const here = world(['a'], { ...memoryJournal(), sync: () => stuck }, { open })
      const server = await here.next()
      await server.hear()
      await server.say(welcome('a', 0))
      for (let ordinal = 0; ordinal < count; ordinal++) {
        const position = at(ordinal >> 1, ordinal & 1)
        const told = run.isRepeatable ? ahead : 4
        await server.say({ ...(task(position, [0], [ordinal]) as TaskMessage), ahead: told })
      }
      for (let ordinal = 0; ordinal < ahead; ordinal++) expect((await server.hear())?.kind).toBe('update')
      const next = server.hear()
      expect(await Promise.race([next, new Promise((resolve) => setTimeout(resolve, 20, 'silence'))])).toBe(
        'silence',
      )
      written()
      expect((await next)?.kind).toBe('update')
      await server.say(finished)
      expect(await here.done).toBe('finished')
    },
  )

  it('say that the disk has failed as soon as it has, and not where nothing is wanted of it any more', async () => {
    const journal = { ...memoryJournal(), sync: () => Promise.reject(new Error('EIO')) }
    for (const isLast of [true, false]) {
      const here = world(['a'], journal)
      const server = await here.next()
      await server.hear()
      await server.say(welcome('a', 0))
      await server.say({ ...(task(at(0, 0), [0], [0]) as TaskMessage), ahead: 4 })
      expect((await server.hear())?.kind).toBe('update')
      // until the sync has been tried
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (isLast) {
        await server.say(finished)
        expect(await here.done).toBe('finished')
      } else {
        await server.say({ ...(task(at(0, 1), [0], [1]) as TaskMessage), ahead: 4 })
        await expect(here.done).rejects.toThrow('EIO')
      }
    }
  })

  it('offer what is not durable when they are welcomed again, oldest first and not beyond what is due', async () => {
    const here = world()
    const first = await here.next()
    await first.hear()
    await first.say(welcome('a', 0))
    for (const [ordinal, position] of [at(0, 0), at(0, 1), at(1, 0)].entries()) {
      await first.say(task(position, [0], [ordinal]))
      await first.hear()
    }
    await first.say(ack(at(0, 0), 'durable'))
    await first.say(ack(at(0, 1), 'received'))
    first.guest.close('lost')
    const second = await here.next()
    await second.hear()
    await second.say(welcome('a', 0, at(0, 1)))
    expect(told(await second.hear())).toEqual([0, 1, 0, 1, 9])
    await second.say(task(at(1, 0), [0], [2]))
    expect(told(await second.hear())).toEqual([1, 0, 0, 2, 9])
    await second.say({ kind: 'control', action: 'next-run', variant: 0, seed: 2, agents: null })
    await second.say(task(at(0, 0, 2), [0], [0]))
    expect(told(await second.hear())).toEqual([0, 0, 0, 0, 9])
    await second.say(finished)
    expect(await here.done).toBe('finished')
  })

  it('of whom one cannot go on: the others do, and what was on its way to that one is no fault', async () => {
    const here = world(['a', 'b'])
    const server = await here.next()
    for (let i = 0; i < 2; i++) await server.hear()
    await server.say(welcome('a', 0))
    await server.say(welcome('b', 1))
    await server.say(task(at(1, 0), [0, 1], [1, 0]))
    await server.say(task(at(1, 1), [0, 1], [3, 3]))
    expect(await server.hear()).toMatchObject({ kind: 'failure', code: 'mismatch', name: 'a' })
    expect(told(await server.hear())).toEqual([1, 0, 1, 0, 9])
    expect(told(await server.hear())).toEqual([1, 1, 1, 1, 9])
    await server.say(finished)
    expect(await here.done).toBe('finished')
    expect(here.notices.at(-1)).toMatchObject({ type: 'turned-away', name: 'a', code: 'mismatch' })
  })

  it('go on in another process from what they kept', async () => {
    const journal = memoryJournal()
    const before = world(['a'], journal)
    const first = await before.next()
    await first.hear()
    await first.say(welcome('a', 0))
    await first.say(task(at(0, 0), [0], [0]))
    await first.hear()
    before.abort.abort()
    expect(await first.hear()).toMatchObject({ kind: 'control', action: 'leave' })
    expect(await before.done).toBe('left')
    const after = world(['a'], journal)
    const second = await after.next()
    await second.hear()
    await second.say(welcome('a', 0))
    expect(told(await second.hear())).toEqual([0, 0, 0, 0, 9])
    await second.say(finished)
    expect(await after.done).toBe('finished')
    expect(journal.size()).toBe(0)
  })
})

describe('what agents do not put up with', () => {
  const refusal = async (say: readonly SessionMessage[], journal = memoryJournal()) => {
    const here = world(['a'], journal)
    const server = await here.next()
    await server.hear()
    for (const message of say) await server.say(message)
    let last: SessionMessage | null = null
    for (let message = await server.hear(); message !== null; message = await server.hear()) last = message
    const error = await here.done.catch((thrown: unknown) => thrown)
    return { error: error instanceof Refused ? `${error.code}: ${error.message}` : error, last }
  }

  it('a server that was set back behind what it had promised', async () => {
    const journal = memoryJournal()
    const promised = [
      welcome('a', 0),
      task(at(0, 0), [0], [0]),
      ack(at(0, 0), 'durable'),
      task(at(0, 1), [0], [1]),
    ]
    const away: SessionMessage = { kind: 'failure', code: 'unauthorized', reason: 'go', name: '' }
    await refusal([...promised, away], journal)
    const { error, last } = await refusal([welcome('a', 0)], journal)
    expect(error).toContain('mismatch: the server is at phase 0 of a run in which a was promised phase 0')
    expect(last).toMatchObject({ kind: 'failure', code: 'mismatch', name: 'a' })
  })

  it('an experiment whose fault quotes what no message may hold: the server is told without it', async () => {
    const here = world(['a'], memoryJournal(), {
      open: () =>
        Promise.reject(new Unfit(`unknown key "\u0012${'x'.repeat(600)}"`, new Error('unknown key'))),
    })
    const server = await here.next()
    await server.hear()
    await server.say(welcome('a', 0))
    expect(await server.hear()).toMatchObject({
      kind: 'failure',
      code: 'mismatch',
      reason: `unknown key " ${'x'.repeat(486)}`,
    })
    await expect(here.done).rejects.toThrow('unknown key')
  })

  it('a Task from a state that they do not have, one that does not fit, and one for somebody else', async () => {
    expect((await refusal([welcome('a', 0), task(at(2, 0), [0], [4])])).error).toContain('mismatch')
    const later = [welcome('a', 0), task(at(0, 0), [0], [0]), task(at(2, 0), [0], [4])]
    expect((await refusal(later)).error).toContain('what it keeps ends with phase 0')
    // the Tasks that would lead there do not begin early enough
    const ahead = { ...task(at(2, 0), [0], [4]), ahead: 2 } as SessionMessage
    const before = { ...task(at(1, 0), [0], [2]), ahead: 2 } as SessionMessage
    expect((await refusal([welcome('a', 0), ahead, before])).error).toContain('go on after phase 1')
    expect(
      (
        await refusal([
          welcome('a', 0),
          { ...task(at(0, 0), [0], [0]), frame: new Uint8Array(0) } as SessionMessage,
        ])
      ).error,
    ).toBe('mismatch: the task does not fit the experiment: expected a byte')
    expect((await refusal([welcome('a', 0), task(at(0, 0), [1], [0])])).error).toContain('unexpected')
  })

  it('a server that speaks another version, or wants a key', async () => {
    const version: SessionMessage = { kind: 'failure', code: 'version', reason: 'another one', name: 'a' }
    expect((await refusal([version])).error).toBe('version: another one')
    const challenge: SessionMessage = {
      kind: 'challenge',
      version: 1,
      session: '0'.repeat(32),
      name: 'a',
      server: 'x',
      nonce: new Uint8Array(32),
    }
    expect((await refusal([challenge])).error).toContain('unauthorized')
  })

  it('a server that does not come back, in all the time that they look for it', async () => {
    let connects = 0
    const here = world(['a'], memoryJournal(), {
      patienceMs: 0,
      returnMs: 1000,
      async connect() {
        await Promise.resolve()
        if (connects++ > 0) throw new TransportError('gone')
        return here.listener.connect()
      },
    })
    const server = await here.next()
    await server.say(welcome('a', 0))
    await until(() => here.notices.length === 1)
    server.guest.close('for good')
    const error: unknown = await here.done.catch((thrown: unknown) => thrown)
    expect(error).toEqual(new Unreachable('gone', true))
    expect(here.notices.filter(({ type }) => type === 'away').length).toBeGreaterThan(1)
  })

  it('no server at all, in all their patience; a name that is taken is tried again until then', async () => {
    const alone = world(['a'], memoryJournal(), {
      connect: () => Promise.reject(new TransportError('nobody is there')),
    })
    await expect(alone.done).rejects.toThrow(new Unreachable('nobody is there', false))
    expect(alone.notices.length).toBeGreaterThan(1)
    const here = world()
    for (let attempts = 0; attempts < 10; attempts++) {
      const server = await Promise.race([here.next(), here.done.catch(() => null)])
      if (server === null || typeof server === 'string') break
      await server.say({ kind: 'failure', code: 'name-taken', reason: 'somebody has it', name: 'a' })
    }
    await expect(here.done).rejects.toThrow('name-taken: somebody has it')
  })
})

describe('agents with keys', () => {
  const challenge = (name: string): SessionMessage => ({
    kind: 'challenge',
    version: 1,
    session: 'a'.repeat(32),
    name,
    server: 'wss://other.example:1',
    nonce: new Uint8Array(32).fill(7),
  })
  /** Signs by giving back what it was asked to sign, cut to 64 bytes. */
  const signed: Uint8Array[] = []
  const signerOf = (name: string) =>
    name === 'keyless'
      ? null
      : {
          sign: (bytes: Uint8Array) => {
            signed.push(bytes)
            return Promise.resolve(bytes.slice(0, 64))
          },
        }

  it('sign the server that they expect, and not the one that asks', async () => {
    const server = 'wss://fed.example:7070'
    const here = world(['a'], memoryJournal(), { signerOf, server })
    const line = await here.next()
    await line.hear()
    await line.say(challenge('a'))
    const proof = await line.hear()
    const expected = proofBytes({
      session: 'a'.repeat(32),
      name: 'a',
      server,
      nonce: new Uint8Array(32).fill(7),
    })
    expect(signed.at(-1)).toEqual(expected)
    expect(proof).toEqual({
      kind: 'proof',
      session: 'a'.repeat(32),
      name: 'a',
      signature: expected.slice(0, 64),
    })
    await line.say({ kind: 'failure', code: 'unauthorized', reason: 'no such key', name: 'a' })
    await expect(here.done).rejects.toThrow(
      'no such key, or it is not called wss://fed.example:7070, as the agent expects, but wss://other.example:1',
    )
  })

  it('answer one challenge each, and none for somebody else', async () => {
    for (const names of [
      ['a', 'a'],
      ['a', 'b'],
    ]) {
      const here = world(['a'], memoryJournal(), { signerOf })
      const line = await here.next()
      await line.hear()
      for (const name of names) await line.say(challenge(name))
      await expect(here.done).rejects.toThrow(`a challenge for ${names[1]}, who did not ask for it`)
    }
  })

  it('go on without those that are sent away for good, and do not bring them again', async () => {
    const here = world(['keyless', 'a', 'b'], memoryJournal(), { signerOf })
    const first = await here.next()
    for (let i = 0; i < 3; i++) await first.hear()
    await first.say(challenge('keyless'))
    expect(await first.hear()).toMatchObject({ kind: 'failure', code: 'unauthorized', name: 'keyless' })
    await first.say(welcome('a', 0))
    await first.say(welcome('b', 1))
    await first.say({ kind: 'failure', code: 'revoked', reason: 'by the operator', name: 'a' })
    await first.say(task(at(0, 0), [1], [0]))
    expect(told(await first.hear())).toEqual([0, 0, 1, 0, 9])
    first.guest.close('lost')
    const second = await here.next()
    expect(await second.hear()).toMatchObject({ kind: 'hello', name: 'b' })
    await second.say(welcome('b', 1))
    expect(told(await second.hear())).toEqual([0, 0, 1, 0, 9])
    await second.say(finished)
    expect(await here.done).toBe('finished')
    expect(here.notices.filter(({ type }) => type === 'turned-away')).toEqual([
      {
        type: 'turned-away',
        name: 'keyless',
        code: 'unauthorized',
        reason: 'the server asks for the key of keyless, who has none',
      },
      { type: 'turned-away', name: 'a', code: 'revoked', reason: 'by the operator' },
    ])
  })

  it.each([
    ['ws://127.0.0.1:7070/', 'ws://127.0.0.1:7070'],
    ['wss://Fed.Example', 'wss://fed.example:443'],
    ['ws://localhost/path?query', 'ws://localhost:80'],
    ['wss://[0:0:0:0:0:0:0:1]:7070', 'wss://[::1]:7070'],
    ['wss://[::FFFF:127.0.0.1]:7070', 'wss://[::ffff:7f00:1]:7070'],
    ['wss://[1:0:0:2:0:0:0:3]:7070', 'wss://[1:0:0:2::3]:7070'],
    ['wss://127.1:7070', 'wss://127.0.0.1:7070'],
    ['wss://Köln.Example', 'wss://xn--kln-sna.example:443'],
    ['memory', 'memory'],
  ])('call the server that they dial at %s %s', (url, name) => {
    expect(serverName(url)).toBe(name)
  })
})

it('agents load in a browser', () => {
  const modules = new Map(modulesOf('src').map((module) => [module.path, module]))
  const seen = new Set<string>()
  const visit = (path: string): string[] => {
    if (seen.has(path)) return []
    seen.add(path)
    return (modules.get(path)?.imports ?? [])
      .filter(({ typeOnly }) => !typeOnly)
      .flatMap(({ target, specifier }) => (target === null ? [specifier] : visit(target)))
  }
  const packages = [...visit('src/federation/agent.ts'), ...visit('src/federation/agent-run.ts')]
  expect(new Set(packages)).toEqual(new Set(['@msgpack/msgpack']))
})
