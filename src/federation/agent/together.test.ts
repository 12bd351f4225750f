/** Agents of one process whom a server does not take in all at once. */
import { describe, expect, it } from 'vitest'
import { clock, memoryJournal, memoryStore, newSession } from '../../../test/federation-world.ts'
import { until } from '../../../test/until.ts'
import { encodeMessage } from '../../protocol/session-codec.ts'
import { DEFAULT_LIMITS } from '../../transport.ts'
import { listenMemory } from '../../transport/memory.ts'
import { takePart, type AgentNotice, type Invitation } from '../agent.ts'
import type { AgentRun } from '../agent-run.ts'
import { openServer } from '../server.ts'
import type { ServedRun } from '../served-run.ts'

/** A run that waits for its agents for ever. */
const waitingRun = (
  agents: number,
): ServedRun<number, number, { readonly agent: number; readonly round: number }> => ({
  // prettier-ignore
  variant: 0,
  seed: 1,
  settings: { agents, phases: 1, participation: {} },
  rule: { init: () => 0, task: (state) => state, fold: (state) => state + 1 },
  taskFrame: () => ({ fields: { kind: 'wait' }, tensors: [] }),
  decodeUpdate: () => ({ ok: false, issues: [{ path: [], message: 'expected nothing' }] }),
  issuesOf: () => [],
  measure: () => [],
})

const idle: AgentRun = {
  isRepeatable: true,
  phases: 1,
  init: () => 0,
  work: () => ({ ok: false, issues: [{ path: [], message: 'expected no task' }] }),
}

const EXPERIMENT = new TextEncoder().encode('name: together')

async function world(agents: number, names: readonly string[]) {
  const listener = listenMemory()
  const server = await openServer({
    agents,
    run: '0'.repeat(64),
    experiment: EXPERIMENT,
    store: memoryStore(),
    clock,
    newSession,
    limits: DEFAULT_LIMITS,
  })
  void server.accept(listener)
  void server.carryOut(waitingRun(agents))
  const notices: AgentNotice[] = []
  const invitations: Invitation[] = []
  const leaving = new AbortController()
  let connections = 0
  const begin = () =>
    takePart({
      names,
      client: 'a test',
      wantsExperiment: true,
      clock,
      journal: () => Promise.resolve(memoryJournal()),
      patienceMs: 5000,
      signal: leaving.signal,
      connect() {
        connections++
        return listener.connect()
      },
      open(invitation) {
        invitations.push(invitation)
        return Promise.resolve(idle)
      },
      onNotice: (notice) => void notices.push(notice),
    })
  const hello = (name: string) =>
    encodeMessage({ kind: 'hello', lowest: 1, highest: 1, name, client: '', experiment: 0 })
  const end = async (): Promise<void> => {
    leaving.abort()
    server.close()
    await listener.close()
  }
  return { listener, server, notices, invitations, begin, hello, end, connections: () => connections }
}

describe('agents of one connection', () => {
  it('get the experiment once, and share it', async () => {
    const here = await world(4, ['a', 'b', 'c'])
    const done = here.begin()
    await until(() => here.invitations.length === 3)
    const [first, ...others] = here.invitations.map(({ experiment }) => experiment)
    expect(first).toEqual(EXPERIMENT)
    for (const other of others) expect(other).toBe(first)
    const sent = [0, 1, 2].map((agent) => here.server.snapshot()?.agents[agent]?.sentBytes ?? 0)
    expect(sent[1]).toBe(sent[2])
    expect((sent[0] ?? 0) - (sent[1] ?? 0)).toBeGreaterThanOrEqual(EXPERIMENT.length)
    await here.end()
    expect(await done).toBe('left')
  })

  it('whose name is taken: that one asks again, and the others stay', async () => {
    const here = await world(3, ['a', 'b'])
    const other = await here.listener.connect()
    await other.send(here.hello('b'))
    await until(() => here.server.present === 1)
    const done = here.begin()
    await until(() => here.notices.some(({ type }) => type === 'put-off'))
    expect(here.notices).toEqual([
      { type: 'joined', name: 'a', agent: 1 },
      { type: 'put-off', name: 'b', code: 'name-taken', reason: 'an agent with the name b is connected' },
    ])
    other.close()
    await until(() => here.notices.some((notice) => notice.type === 'joined' && notice.name === 'b'))
    expect(here.connections()).toBe(1)
    expect(here.server.snapshot()?.agents.map(({ name, sessions }) => [name, sessions])).toEqual([
      ['b', 2],
      ['a', 1],
      ['agent 2', 0],
    ])
    await here.end()
    expect(await done).toBe('left')
  })

  it('none of whom is taken: they connect again', async () => {
    const here = await world(3, ['a', 'b'])
    const others = await Promise.all(['a', 'b'].map(() => here.listener.connect()))
    for (const [i, name] of ['a', 'b'].entries()) await others[i]?.send(here.hello(name))
    await until(() => here.server.present === 2)
    const done = here.begin()
    await until(() => here.connections() > 1)
    for (const other of others) other.close()
    await until(() => here.notices.filter(({ type }) => type === 'joined').length === 2)
    await here.end()
    expect(await done).toBe('left')
  })
})
