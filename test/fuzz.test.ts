/**
 * Nothing that anybody sends hurts a server: mutated frames of a real federation, from strangers and from a member, while honest agents
 * learn. The run ends in the bytes of the undisturbed one, and memory does not grow.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, describe, expect, it } from 'vitest'
import { makeKey, privateKeyOf, signerOf, verifierOf } from '../src/federation/keys/ed25519.ts'
import type { Gate } from '../src/federation/server/gate.ts'
import { Purpose, below, streamOf, type Stream } from '../src/numeric/stream.ts'
import { decodeMessage, encodeMessage } from '../src/protocol/session-codec.ts'
import type { Challenge, SessionMessage } from '../src/protocol/session-messages.ts'
import { proofBytes } from '../src/protocol/session-rules.ts'
import { ConnectionClosed, type Connection, type Listener } from '../src/transport.ts'
import { listenMemory } from '../src/transport/memory.ts'
import { connectWebSocket, listenWebSocket } from '../src/transport/websocket.ts'
import {
  agentsOptions,
  experimentOf,
  memoryJournal,
  modelsOf,
  newFolder,
  removeFolders,
  served,
  takePart,
  tapped,
  textOf,
} from './federation-world.ts'
import { forged, mutated, mutatedInside, type Corpus } from './mutations.ts'

afterAll(removeFolders)

/** So many mutated frames over memory: what a test run has time for, or as many as FEDRL_FUZZ says. */
const FRAMES = Number(process.env['FEDRL_FUZZ'] ?? 1500)
const SEED = Number(process.env['FEDRL_FUZZ_SEED'] ?? 1)

/** Three honest agents; a fourth may come, and is not needed. */
const HONEST = ['a', 'b', 'c']
const MALLORY = 'mallory'
const ROUNDS = 40
const COMMON = `participation: { minimum: 3 }
evaluate: { every: 40, metrics: [error, bytes] }`
const FILES: Readonly<Record<string, string>> = {
  'fed-asyn-q': `name: q
environment: { family: garnet, states: 6, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 4, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.3, syncPeriod: 5, steps: ${5 * ROUNDS}, initial: perAgent }
${COMMON}`,
  'fast-fedpg': `name: pg
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: 4, rewards: { heterogeneity: 0.7, pairs: false } }
algorithm: { name: fast-fedpg, policy: softmax, gradient: exact, localSteps: 3, stepSize: 0.2, rounds: ${ROUNDS / 2} }
${COMMON.replace('every: 40', 'every: 5').replace('error', 'J')}`,
}

type Connect = () => Promise<Connection>

/** What the server is called. */
const SERVER = 'wss://fuzz.example:7070'

const KEYS = new Map(
  [...HONEST, MALLORY].map((name) => {
    const { pem, key } = makeKey()
    const secret = privateKeyOf(pem)
    if (secret === null) throw new Error('expected a key')
    return [name, { signer: signerOf(secret), verify: verifierOf(key) }] as const
  }),
)

/** Lets in whoever has a key. */
function gate(): Gate {
  let nonces = 0
  const entries = new Map(
    [...KEYS].map(([name, { verify }]) => [name, { status: 'allowed', verify } as const]),
  )
  return {
    servers: [SERVER],
    newNonce: () => new Uint8Array(Uint32Array.from({ length: 8 }, () => ++nonces).buffer),
    keyOf: (name) => entries.get(name) ?? null,
    onRevoked: () => undefined,
  }
}

/** Mallory's answer to a challenge: a member it is, with a key of its own. @param flip bits of the last byte of the signature that are wrong */
async function proofOf({ name, session, nonce }: Challenge, flip = 0): Promise<Uint8Array> {
  const signature = await KEYS.get(MALLORY)?.signer.sign(proofBytes({ session, name, server: SERVER, nonce }))
  if (signature === undefined) throw new Error('expected a key')
  signature[63] = (signature[63] as number) ^ flip
  return encodeMessage({ kind: 'proof', session, name, signature })
}

const kindIn = (frame: Uint8Array): string => {
  const message = decodeMessage(frame, { bytes: Infinity, agents: Infinity })
  return message.ok ? message.value.kind : ''
}

/** What an experiment ends in with the honest agents alone, and every frame that passed. */
async function undisturbed(text: string) {
  const corpus: Uint8Array[] = []
  const keep = (frame: Uint8Array): void => void corpus.push(frame.slice())
  const listener = listenMemory()
  const outcome = await federation(text, listener, async () =>
    tapped(await listener.connect(), { sent: keep, received: keep }),
  )
  const kinds = new Map<string, Uint8Array[]>()
  for (const frame of corpus) kinds.set(kindIn(frame), [...(kinds.get(kindIn(frame)) ?? []), frame])
  const updates = kinds.get('update') ?? []
  return { outcome, corpus: [...kinds.values()], updates }
}

/** Serves an experiment to honest agents, whose lines come from `connect`. */
async function federation(text: string, listener: Listener, connect: Connect) {
  const experiment = experimentOf(text)
  const refused = new Set<string>()
  const counts = new Map<string, number>()
  const out = newFolder()
  const serving = served(experiment, listener, {
    out,
    names: [...HONEST, MALLORY],
    gate: gate(),
    onNotice(notice) {
      counts.set(notice.type, (counts.get(notice.type) ?? 0) + 1)
      if (notice.type === 'refused') refused.add(notice.name)
    },
  })
  const how = { server: SERVER, signerOf: (name: string) => KEYS.get(name)?.signer ?? null, patienceMs: 600_000 } // prettier-ignore
  const agents = HONEST.map((name) => takePart(agentsOptions([name], connect, memoryJournal(), how)))
  const [result] = await Promise.all([serving, ...agents])
  await listener.close()
  return {
    models: await modelsOf(experiment, result.folder),
    rows: await textOf(result.folder, 'rows.csv'),
    refused,
    counts,
  }
}

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes in use after a collection. */
function inUse(): number {
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** What the server answered, by kind and code or status. */
type Answers = Map<string, number>

const HELLO = encodeMessage({
  kind: 'hello',
  lowest: 1,
  highest: 1,
  name: MALLORY,
  client: 'x',
  experiment: 0,
})

function noteAnswer(answers: Answers, frame: Uint8Array): SessionMessage {
  const message = decodeMessage(frame, { bytes: Infinity, agents: Infinity })
  if (!message.ok) throw new Error('the server sent a frame that cannot be read')
  const of: SessionMessage = message.value
  const key = of.kind === 'failure' ? of.code : of.kind === 'ack' ? of.status : of.kind
  answers.set(key, (answers.get(key) ?? 0) + 1)
  return of
}

/** What attackers send, and where from. */
interface Attack {
  readonly connect: Connect
  readonly corpus: Corpus
  /** Updates made out to Mallory */
  readonly forged: readonly Uint8Array[]
  readonly stream: Stream
}

/** Hears a connection until it ends. */
function ears(connection: Connection, answers: Answers) {
  let [heard, open] = [0, true]
  let asked: Challenge | null = null
  void connection.closed.then(() => (open = false))
  const listen = async (): Promise<void> => {
    for await (const frame of connection.frames) {
      heard++
      const message = noteAnswer(answers, frame)
      if (message.kind === 'challenge') asked = message
    }
  }
  return {
    deaf: listen(),
    isOpen: () => open,
    /** the last challenge, where there was one */
    challenge: (): Challenge | null => asked,
    /** waits for something to come, but not for ever: not everything is answered */
    async next(turns: number): Promise<void> {
      const before = heard
      const isQuiet = (): boolean => open && heard === before
      for (let i = 0; i < turns && isQuiet(); i++)
        await new Promise((resolve) => (i % 8 === 7 ? setTimeout(resolve, 1) : setImmediate(resolve)))
    },
  }
}

/** Sends mutated frames over one connection until the server ends it, or `most` are sent; gives how many. */
async function attackOnce(
  { connect, corpus, forged: updates, stream }: Attack,
  most: number,
  answers: Answers,
): Promise<number> {
  const connection = await connect()
  const { deaf, isOpen, next, challenge } = ears(connection, answers)
  let sent = 0
  const isMember = below(stream, 3) > 0
  try {
    if (isMember) await connection.send(HELLO)
    if (isMember) await next(Infinity)
    const asked = challenge()
    if (asked !== null) {
      const proof = await proofOf(asked)
      const draw = below(stream, 4)
      if (draw < 2) sent++
      await connection.send(draw === 0 ? mutated([[proof]], stream) : draw === 1 ? await proofOf(asked, 1) : proof) // prettier-ignore
      await next(draw < 2 ? 24 : Infinity)
    }
    for (; isOpen() && sent < most; sent++) {
      const inside = isMember && below(stream, 8) > 0
      await connection.send(inside ? mutatedInside(updates, stream) : mutated(corpus, stream))
      // what is wrong inside ends no connection: some at a time
      if (!inside || sent % 8 === 7) await next(24)
    }
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error
  }
  if (isOpen()) connection.close('enough')
  await deaf
  return sent
}

/** Attacks until so many frames are sent; tells after each connection what share of them that was. */
async function attack(attackers: Attack, frames: number, onSent: (share: number) => void): Promise<Answers> {
  const answers: Answers = new Map()
  for (let sent = 0; sent < frames;) {
    sent += await attackOnce(attackers, Math.min(200, frames - sent), answers)
    onSent(sent / frames)
  }
  return answers
}

/** Lets honest Updates pass in step with the attack, so that it meets every round of the run; the last when it is over. */
function pacing(updates: number) {
  let [passed, share] = [0, 0]
  let waiting: (() => void)[] = []
  return {
    attacked(now: number): void {
      share = now < 1 ? now : Infinity
      for (const resume of waiting.splice(0)) resume()
    },
    async pass(frame: Uint8Array): Promise<void> {
      if (kindIn(frame) !== 'update') return
      const own = passed++
      const mayPass = (): boolean =>
        own < Math.min(share * updates, share < 1 ? updates - HONEST.length : Infinity)
      while (!mayPass()) await new Promise<void>((resolve) => waiting.push(resolve))
    },
  }
}

const printed = process.env['FEDRL_FUZZ'] !== undefined

/** Carries an experiment out under attack, and holds it against the undisturbed run; gives by how much memory grew, MB. */
async function underAttack(
  name: string,
  listener: Listener,
  connect: Connect,
  frames: number,
): Promise<number> {
  const { outcome, corpus, updates } = await undisturbed(FILES[name] as string)
  const pace = pacing(updates.length)
  const honest: Connect = async () => tapped(await connect(), { sent: pace.pass, received: () => {} })
  const running = federation(FILES[name] as string, listener, honest)
  const sizes: number[] = []
  const stream = streamOf(SEED, 1, Purpose.walk)
  const answers = await attack({ connect, corpus, forged: updates.map(forged), stream }, frames, (share) => {
    if (share >= (sizes.length + 1) / 4) sizes.push(inUse())
    pace.attacked(share)
  })
  const { models, rows, refused, counts } = await running
  const megabytes = sizes.map((bytes) => Math.round(bytes / 1e5) / 10)
  if (printed) console.log(name, listener.address, frames, 'frames; answers', Object.fromEntries(answers), 'notices', Object.fromEntries(counts), 'MB in use', megabytes) // prettier-ignore
  expect(models).toEqual(outcome.models)
  expect(rows).toBe(outcome.rows)
  // who is refused is Mallory alone
  expect([...refused]).toEqual([MALLORY])
  expect([...answers.keys()]).toEqual(
    expect.arrayContaining([
      'malformed',
      'unexpected',
      'refused',
      'task',
      'welcome',
      'challenge',
      'unauthorized',
    ]),
  )
  return (megabytes.at(-1) as number) - (megabytes[0] as number)
}

describe.each(Object.keys(FILES))(
  'mutated frames while %s goes on: no crash, no growth, no other model',
  (name) => {
    it('over memory', async () => {
      const listener = listenMemory()
      expect(await underAttack(name, listener, () => listener.connect(), FRAMES)).toBeLessThan(8)
    }, 7_200_000)

    it('over WebSocket', async () => {
      const listener = await listenWebSocket()
      const connect: Connect = () => connectWebSocket(listener.address)
      expect(await underAttack(name, listener, connect, Math.ceil(FRAMES / 5))).toBeLessThan(8)
    }, 7_200_000)
  },
)
