/** Who gets in where keys are asked for; agents and server are spoken to message by message. */
import { describe, expect, it } from 'vitest'
import { clock, memoryStore, newSession } from '../../../test/federation-world.ts'
import { hello, speakerOn, type Speaker } from '../../../test/speaker.ts'
import type { Challenge, SessionMessage } from '../../protocol/session-messages.ts'
import { proofBytes } from '../../protocol/session-rules.ts'
import { DEFAULT_LIMITS } from '../../transport.ts'
import { listenMemory } from '../../transport/memory.ts'
import { makeKey, privateKeyOf, signerOf, verifierOf } from '../keys/ed25519.ts'
import { openServer, type ServerNotice } from '../server.ts'
import type { ServedRun } from '../served-run.ts'
import type { AgentKey, Gate } from './gate.ts'

/** A run that waits for two agents for ever. */
const RUN: ServedRun<number, number, { readonly agent: number; readonly round: number }> = {
  variant: 0,
  seed: 1,
  settings: { agents: 2, phases: 1, participation: {} },
  rule: { init: () => 0, task: (state) => state, fold: (state) => state + 1 },
  taskFrame: () => ({ fields: { kind: 'wait' }, tensors: [] }),
  decodeUpdate: () => ({ ok: false, issues: [{ path: [], message: 'expected nothing' }] }),
  issuesOf: () => [],
  measure: () => [],
}

const SERVER = 'wss://fed.example:7070'

/** A gate that a test changes. */
class TestGate implements Gate {
  readonly servers = [SERVER, 'wss://10.0.0.1:7070']
  readonly #keys = new Map<string, AgentKey>()
  #listener: (name: string) => void = () => undefined
  #nonces = 0

  newNonce(): Uint8Array {
    return new Uint8Array(32).fill(++this.#nonces)
  }

  keyOf(name: string): AgentKey | null {
    return this.#keys.get(name) ?? null
  }

  onRevoked(listener: (name: string) => void): void {
    this.#listener = listener
  }

  /** Lets an agent in by a new key, or shuts it out. */
  set(name: string, key: Uint8Array, status: AgentKey['status'] = 'allowed'): void {
    this.#keys.set(name, { status, verify: verifierOf(key) })
    this.#listener(name)
  }
}

function keyPair() {
  const { pem, key } = makeKey()
  const secret = privateKeyOf(pem)
  if (secret === null) throw new Error('expected a key')
  return { key, signer: signerOf(secret) }
}

async function world() {
  const gate = new TestGate()
  const notices: ServerNotice[] = []
  const server = await openServer({
    agents: 2,
    run: '0'.repeat(64),
    experiment: new Uint8Array(),
    store: memoryStore(),
    clock,
    newSession,
    gate,
    limits: { ...DEFAULT_LIMITS, helloMs: 5000 },
    onNotice: (notice) => void notices.push(notice),
  })
  const listener = listenMemory()
  void server.accept(listener)
  void server.carryOut(RUN)
  const pair = keyPair()
  gate.set('a', pair.key)
  return { gate, server, listener, pair, notices }
}

type World = Awaited<ReturnType<typeof world>>

const speaker = async ({ listener }: World): Promise<Speaker> => speakerOn(await listener.connect())

/** Says hello, and gives the challenge. */
async function challenged(agent: Speaker, name = 'a'): Promise<Challenge> {
  await agent.say(hello(name))
  const message = await agent.hear()
  if (message?.kind !== 'challenge') throw new Error(`expected a challenge, got ${message?.kind}`)
  return message
}

async function proof(
  { name, session, nonce }: Challenge,
  { signer }: ReturnType<typeof keyPair>,
  server = SERVER,
): Promise<SessionMessage> {
  const signature = await signer.sign(proofBytes({ session, name, server, nonce }))
  return { kind: 'proof', session, name, signature }
}

/** An agent that has joined. */
async function joined(here: World): Promise<Speaker> {
  const agent = await speaker(here)
  await agent.say(await proof(await challenged(agent), here.pair))
  expect(await agent.hear()).toMatchObject({ kind: 'welcome', name: 'a', agent: 0 })
  return agent
}

/** Why agents were sent away, as the server tells it. */
const turnedAway = ({ notices }: World): string[] =>
  notices.flatMap((notice) => (notice.type === 'turned-away' ? [`${notice.name}: ${notice.reason}`] : []))

const unauthorized = {
  kind: 'failure',
  code: 'unauthorized',
  reason: 'the server has no such key for this name',
}

describe('whose key is on the list', () => {
  it('is welcomed after a proof for any name of the server', async () => {
    const here = await world()
    const agent = await speaker(here)
    const challenge = await challenged(agent)
    expect(challenge).toMatchObject({ version: 1, name: 'a', server: SERVER })
    expect(challenge.nonce).toHaveLength(32)
    await agent.say(await proof(challenge, here.pair, 'wss://10.0.0.1:7070'))
    expect(await agent.hear()).toMatchObject({ kind: 'welcome', session: challenge.session })
    expect(here.server.present).toBe(1)
  })

  it('takes the place of an older session of its own, which is told', async () => {
    const here = await world()
    const old = await joined(here)
    await joined(here)
    expect(await old.hear()).toMatchObject({ kind: 'failure', code: 'replaced', name: 'a' })
    expect(await old.connection.closed).toMatchObject({ code: 'done' })
    expect(here.server.present).toBe(1)
  })

  it('is cut, while it is there, by revocation and by a new key', async () => {
    for (const status of ['revoked', 'allowed'] as const) {
      const here = await world()
      const agent = await joined(here)
      here.gate.set('a', status === 'revoked' ? here.pair.key : keyPair().key, status)
      expect(await agent.hear()).toMatchObject({
        kind: 'failure',
        code: 'revoked',
        reason: 'the key of a was revoked or replaced',
        name: 'a',
      })
      expect(await agent.hear()).toBeNull()
      expect(here.server.present).toBe(0)
    }
  })

  it('is cut alone where others share its connection', async () => {
    const here = await world()
    here.gate.set('b', here.pair.key)
    const agent = await joined(here)
    await agent.say(await proof(await challenged(agent, 'b'), here.pair))
    expect(await agent.hear()).toMatchObject({ kind: 'welcome', name: 'b', agent: 1 })
    here.gate.set('a', here.pair.key, 'revoked')
    while ((await agent.hear())?.kind !== 'failure');
    expect(here.server.present).toBe(1)
    here.gate.set('b', here.pair.key, 'revoked')
    expect(await agent.hear()).toMatchObject({ kind: 'failure', name: 'b' })
    expect(await agent.hear()).toBeNull()
  })
})

describe('who is not let in', () => {
  it('is a stranger, whether or not the name is known', async () => {
    const here = await world()
    for (const name of ['a', 'nobody']) {
      const agent = await speaker(here)
      await agent.say(await proof(await challenged(agent, name), keyPair()))
      expect(await agent.hear()).toMatchObject({ ...unauthorized, name })
      expect(await agent.hear()).toBeNull()
    }
    expect(turnedAway(here)).toEqual([
      'a: wrong key, or a proof for another server',
      'nobody: there is no key of this name',
    ])
  })

  it('is one whose proof is for another server, another session, another nonce or another name', async () => {
    const here = await world()
    here.gate.set('b', keyPair().key)
    const wrong = async (of: (challenge: Challenge) => Challenge, server = SERVER) => {
      const agent = await speaker(here)
      const challenge = await challenged(agent)
      const { name, session } = challenge
      const signed = await proof(of(challenge), here.pair, server)
      await agent.say({ ...signed, name, session } as SessionMessage)
      expect(await agent.hear()).toMatchObject(unauthorized)
    }
    await wrong((challenge) => challenge, 'wss://evil.example:7070')
    await wrong((challenge) => ({ ...challenge, session: 'f'.repeat(32) }))
    await wrong((challenge) => ({ ...challenge, nonce: new Uint8Array(32) }))
    await wrong((challenge) => ({ ...challenge, name: 'b' }))
    expect(here.server.present).toBe(0)
  })

  it('is one that sends the proof of another connection, or its own twice', async () => {
    const here = await world()
    const [first, second] = [await speaker(here), await speaker(here)]
    const right = await proof(await challenged(first), here.pair)
    await challenged(second)
    await second.say(right)
    expect(await second.hear()).toMatchObject({ kind: 'failure', code: 'unexpected', name: '' })
    await first.say(right)
    expect(await first.hear()).toMatchObject({ kind: 'welcome' })
    await first.say(right)
    expect(await first.hear()).toMatchObject({ kind: 'failure', code: 'unexpected', name: '' })
    expect(await first.hear()).toBeNull()
  })

  it('is one that says hello twice, or sends an update before its proof', async () => {
    const here = await world()
    const [one, other] = [await speaker(here), await speaker(here)]
    await challenged(one)
    await one.say(hello('a'))
    expect(await one.hear()).toMatchObject({ code: 'unexpected', name: '' })
    await challenged(other)
    const update = { kind: 'update', variant: 0, seed: 1, round: 0, phase: 0, agent: 0 } as const
    await other.say({ ...update, frame: new Uint8Array() })
    expect(await other.hear()).toMatchObject({ code: 'unexpected', name: '' })
  })

  it('hears that the key was revoked, if it has the key', async () => {
    const here = await world()
    here.gate.set('a', here.pair.key, 'revoked')
    const agent = await speaker(here)
    await agent.say(await proof(await challenged(agent), here.pair))
    expect(await agent.hear()).toMatchObject({ kind: 'failure', code: 'revoked' })
    const stranger = await speaker(here)
    await stranger.say(await proof(await challenged(stranger), keyPair()))
    expect(await stranger.hear()).toMatchObject(unauthorized)
  })

  it('is one that takes too long for its proof', async () => {
    const here = await world()
    const agent = await speaker(here)
    await challenged(agent)
    expect(await agent.hear()).toMatchObject({
      kind: 'failure',
      code: 'timeout',
      reason: 'no proof for a within 5 s',
    })
    expect(await agent.hear()).toBeNull()
  })

  it('is one whose key is revoked between its proof and its seat', async () => {
    const here = await world()
    const agent = await speaker(here)
    const right = await proof(await challenged(agent), here.pair)
    await agent.say(right)
    here.gate.set('a', here.pair.key, 'revoked')
    expect(await agent.hear()).toMatchObject({ kind: 'failure', code: 'revoked' })
    expect(here.server.present).toBe(0)
  })
})
