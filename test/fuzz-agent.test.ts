/** Nothing that a server sends makes an agent crash or tell more than the protocol says: mutated Welcomes, Tasks, Acks and Controls. */
import { afterAll, describe, expect, it } from 'vitest'
import { InputError } from '../src/experiment/errors.ts'
import { Refused, Unreachable } from '../src/federation/agent.ts'
import type { Clock } from '../src/federation/clock.ts'
import { Purpose, below, streamOf, type Stream } from '../src/numeric/stream.ts'
import { decodeMessage } from '../src/protocol/session-codec.ts'
import { ConnectionClosed, type Guest } from '../src/transport.ts'
import { listenMemory } from '../src/transport/memory.ts'
import {
  agentsOptions,
  experimentOf,
  memoryJournal,
  newFolder,
  removeFolders,
  served,
  takePart,
  tapped,
} from './federation-world.ts'
import { mutated } from './mutations.ts'

afterAll(removeFolders)

const FRAMES = Number(process.env['FEDRL_FUZZ'] ?? 400)

const FILES: Readonly<Record<string, string>> = {
  'fed-asyn-q': `name: q
environment: { family: garnet, states: 6, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 2, behavior: uniform }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.3, syncPeriod: 5, steps: 20, initial: perAgent }
seeds: 2`,
  scaffold: `name: pg
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: 2 }
algorithm: { name: scaffold, policy: softmax, gradient: exact, localSteps: 3, stepSize: 0.2, rounds: 4 }
seeds: 2`,
}

/** Nobody waits. */
const clock: Clock = {
  now: () => performance.now(),
  after(_, ring) {
    const timer = setImmediate(ring)
    return () => clearImmediate(timer)
  },
}

/** What a server sends to the agent `a` in a whole federation, in order. */
async function recording(text: string): Promise<Uint8Array[]> {
  const frames: Uint8Array[] = []
  const listener = listenMemory()
  const serving = served(experimentOf(text), listener, { out: newFolder(), names: ['a', 'b'] })
  const agents = ['a', 'b'].map((name) =>
    takePart(
      agentsOptions(
        [name],
        async () =>
          tapped(await listener.connect(), {
            sent: () => {},
            received: (frame) => void (name === 'a' && frames.push(frame.slice())),
          }),
        memoryJournal(),
      ),
    ),
  )
  await Promise.all([serving, ...agents])
  await listener.close()
  return frames
}

/** The kinds of messages that an agent may send. */
const OWN = new Set(['hello', 'update', 'control', 'failure'])

/** Says what a real server said, up to a place, and then something else; gives how many frames went out. */
async function lie(
  guest: Guest,
  said: readonly Uint8Array[],
  stream: Stream,
  heard: Map<string, number>,
): Promise<number> {
  const listening = (async () => {
    for await (const frame of guest.frames) {
      const message = decodeMessage(frame, { bytes: Infinity, agents: 2 })
      const kind = message.ok ? message.value.kind : 'unreadable'
      heard.set(kind, (heard.get(kind) ?? 0) + 1)
    }
  })()
  const right = below(stream, said.length)
  let sent = 0
  try {
    for (const frame of said.slice(0, right)) await guest.send(frame)
    for (let i = 0; i < 4; i++, sent++) {
      await guest.send(mutated([said.slice(0, 1), said.slice(1)], stream))
      await new Promise((resolve) => setImmediate(resolve))
    }
  } catch (error) {
    if (!(error instanceof ConnectionClosed)) throw error
  }
  guest.close('enough')
  await listening
  return sent
}

describe.each(Object.keys(FILES))('an agent of %s', (name) => {
  it('hears lies, and ends with a reason or comes back', async () => {
    const said = await recording(FILES[name] as string)
    const stream = streamOf(1, 2, Purpose.walk)
    const heard = new Map<string, number>()
    const ends = new Map<string, number>()
    let sent = 0
    const isEnough = (): boolean => sent >= FRAMES
    while (!isEnough()) {
      const listener = listenMemory()
      const lying = (async () => {
        for await (const guest of listener.connections) sent += await lie(guest, said, stream, heard)
      })()
      const options = agentsOptions(['a'], () => listener.connect(), memoryJournal(), {
        clock,
        patienceMs: 1,
      })
      const end = await takePart(options).catch((error: unknown) => {
        if (error instanceof Refused) return `refused ${error.code}`
        if (error instanceof InputError || error instanceof Unreachable) return error.name
        throw error
      })
      ends.set(end, (ends.get(end) ?? 0) + 1)
      await listener.close()
      await lying
    }
    if (process.env['FEDRL_FUZZ'] !== undefined) console.log(name, FRAMES, Object.fromEntries(heard), Object.fromEntries(ends)) // prettier-ignore
    expect([...heard.keys()].filter((kind) => !OWN.has(kind))).toEqual([])
    expect([...ends.keys()]).toEqual(expect.arrayContaining(['finished', 'refused malformed', 'refused mismatch', 'refused unexpected'])) // prettier-ignore
  }, 3_600_000)
})
