/** The published bytes of the protocol: the code gives them, and the document shows them. */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { replayExperience } from '../src/agent/experience/replay.ts'
import { exactOracle } from '../src/agent/gradient-oracle/exact.ts'
import { fedAsynQ } from '../src/algorithm/fed-asyn-q.ts'
import { policyGradient } from '../src/algorithm/policy-gradient.ts'
import { drawRewards } from '../src/mdp/agent-rewards.ts'
import { parseMdpJson } from '../src/mdp/json.ts'
import { withRewards } from '../src/mdp/rewards.ts'
import { aliasTables, pick } from '../src/numeric/alias.ts'
import { powers } from '../src/numeric/fold.ts'
import { initialTable } from '../src/numeric/initial-table.ts'
import { stepSizeAt } from '../src/numeric/step-size.ts'
import type { StepSize } from '../src/numeric/step-size.ts'
import { NOBODY, nextWord, streamOf, uniform } from '../src/numeric/stream.ts'
import type { PurposeId } from '../src/numeric/stream.ts'
import { decodeFrame, encodeFrame } from '../src/protocol/frame.ts'
import type { TensorData } from '../src/protocol/frame.ts'
import { encodePgTask } from '../src/protocol/pg-codec.ts'
import type { PgContract } from '../src/protocol/pg-contract.ts'
import { encodeTask, encodeUpdate } from '../src/protocol/q-codec.ts'
import type { QContract } from '../src/protocol/q-contract.ts'
import { decodeMessage, encodeMessage } from '../src/protocol/session-codec.ts'
import { SESSION_FIELDS } from '../src/protocol/session-fields.ts'
import { ACK_STATUSES, CONTROL_ACTIONS, FAILURE_CODES } from '../src/protocol/session-messages.ts'
import { proofBytes } from '../src/protocol/session-rules.ts'

interface Vectors {
  frames: {
    title: string
    fields: Record<string, number | string>
    tensors: [name: string, type: string, values: number[] | string][]
    hex: string
  }[]
  proof: Record<
    'session' | 'name' | 'server' | 'nonce' | 'bytes' | 'secretKey' | 'publicKey' | 'signature',
    string
  >
  streams: {
    seed: number
    agent: number
    purpose: PurposeId
    start: number[]
    words: number[]
    uniforms: number[]
  }[]
  alias: {
    probability: number[]
    thresholdBits: number
    threshold: number[]
    alias: number[]
    words: number[]
    outcomes: number[]
  }[]
  initial: {
    states: number
    actions: number
    valueRange: [number, number]
    terminal: number[]
    initialSeed: number
    shared: number[]
    ofAgent1: number[]
  }
  powers: { base: number; most: number; powers: number[] }[]
  stepSizes: { schedule: StepSize; discount: number; at: [number, number][] }[]
  logs: {
    contract: Omit<QContract, 'terminal'> & { terminal: number[] }
    logs: number[][][]
    rounds: { task: string; updates: string[]; table: number[] }[]
  }
  policyGradients: {
    mdp: { states: number; actions: number }
    rewards: number[][][]
    drawn: { seed: number; heterogeneity: number; tables: number[][] }
    localSteps: number
    stepSize: number
    serverStepSize: number
    start: number[]
    rounds: {
      algorithm: 'fedpg' | 'fast-fedpg'
      entropy: number
      phases: { task: string; vectors: number[][] }[]
      theta: number[]
    }[]
  }
}

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const vectors = JSON.parse(read('test/protocol-vectors.json')) as Vectors
const document = read('docs/protocol.md')
const bare = document.replaceAll(/\s/g, '')

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const bytesOf = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))

function dataOf(type: string, values: number[] | string): TensorData {
  if (typeof values === 'string') return bytesOf(values)
  return type === 'f64' ? Float64Array.from(values) : Uint32Array.from(values)
}

describe('frames', () => {
  it.each(vectors.frames)('$title', ({ fields, tensors, hex: expected }) => {
    const frame = {
      fields,
      tensors: tensors.map(([name, type, values]) => ({ name, data: dataOf(type, values) })),
    }
    expect(hex(encodeFrame(frame))).toBe(expected)
    expect(decodeFrame(bytesOf(expected))).toEqual({ ok: true, value: frame })
    expect(bare).toContain(expected)
  })

  it('of sessions are messages, one of every kind', () => {
    const kinds = vectors.frames.flatMap(({ hex: bytes }) => {
      const message = decodeMessage(bytesOf(bytes), { bytes: 1000, agents: 2 })
      if (message.ok) expect(hex(encodeMessage(message.value))).toBe(bytes)
      return message.ok ? [message.value.kind] : []
    })
    expect(kinds).toEqual(Object.keys(SESSION_FIELDS))
  })
})

it('a Proof', () => {
  const { session, name, server, nonce, bytes, secretKey, publicKey, signature } = vectors.proof
  const signed = proofBytes({ session, name, server, nonce: bytesOf(nonce) })
  expect(hex(signed)).toBe(bytes)
  expect(bare).toContain(bytes)
  const pkcs8 = Buffer.from(`302e020100300506032b657004220420${secretKey}`, 'hex')
  const key = createPrivateKey({ key: pkcs8, format: 'der', type: 'pkcs8' })
  expect(hex(sign(null, signed, key))).toBe(signature)
  const open = createPublicKey(key)
  expect(hex(open.export({ format: 'der', type: 'spki' }).subarray(-32))).toBe(publicKey)
  expect(verify(null, signed, open, bytesOf(signature))).toBe(true)
})

describe('what agents draw', () => {
  it.each(vectors.streams)(
    'stream ($seed, $agent, $purpose)',
    ({ seed, agent, purpose, start, words, uniforms }) => {
      const stream = streamOf(seed, agent, purpose)
      expect([...stream]).toEqual(start)
      expect(words.map(() => nextWord(stream))).toEqual(words)
      expect(uniforms.map(() => uniform(stream))).toEqual(uniforms)
    },
  )

  it.each(vectors.alias)(
    'alias table of $probability',
    ({ probability, thresholdBits, threshold, alias, words, outcomes }) => {
      const start = Uint32Array.of(0, probability.length)
      const tables = aliasTables(Float64Array.from(probability), start, thresholdBits)
      expect([[...tables.threshold], [...tables.alias]]).toEqual([threshold, alias])
      expect(words.map((word) => pick(tables, 0, word))).toEqual(outcomes)
    },
  )

  it('initial tables', () => {
    const { shared, ofAgent1, terminal, ...settings } = vectors.initial
    const given = { ...settings, terminal: Uint8Array.from(terminal) }
    expect([...initialTable({ ...given, initial: 'shared' }, NOBODY)]).toEqual(shared)
    expect([...initialTable({ ...given, initial: 'perAgent' }, 1)]).toEqual(ofAgent1)
  })
})

it.each(vectors.powers)('powers of $base', ({ base, most, powers: expected }) => {
  expect([...powers(base, most)]).toEqual(expected)
})

it.each(vectors.stepSizes)('step sizes $schedule', ({ schedule, discount, at }) => {
  for (const [n, eta] of at) expect(stepSizeAt(schedule, n, discount)).toBe(eta)
})

it('two agents on logs, to the last byte', () => {
  const { contract, logs, rounds } = vectors.logs
  const column = (rows: readonly number[][], i: number): number[] => rows.map((row) => row[i] as number)
  const { learner, rule } = fedAsynQ(
    { ...contract, terminal: Uint8Array.from(contract.terminal) },
    (agent) => {
      const rows = logs[agent] as number[][]
      const log = {
        state: Uint32Array.from(column(rows, 0)),
        action: Uint32Array.from(column(rows, 1)),
        reward: Float64Array.from(column(rows, 2)),
        next: Uint32Array.from(column(rows, 3)),
        terminated: Uint8Array.from(column(rows, 4)),
      }
      return replayExperience(log, contract.actions)
    },
  )
  const learners = logs.map((_, agent) => learner(agent))
  let states = learners.map((one) => one.init())
  let state = rule.init()
  const seen: typeof rounds = []
  for (let task = rule.task(state); task !== null; task = rule.task(state)) {
    const due = task
    const done = learners.map((one, i) => one.apply(states[i] as number, due))
    states = done.map((one) => one.state)
    state = rule.fold(
      state,
      done.map(({ update }) => update),
    )
    seen.push({ task: hex(encodeTask(due)), updates: done.map(({ update }) => hex(encodeUpdate(update))), table: [...state.table] }) // prettier-ignore
  }
  expect(seen).toEqual(rounds)
})

describe('policy gradients', () => {
  const { mdp, rewards, drawn, start, rounds, ...steps } = vectors.policyGradients
  const size = mdp.states * mdp.actions

  it.each(rounds)('a round of $algorithm', ({ algorithm, entropy, phases, theta }) => {
    const problem = parseMdpJson(JSON.stringify(mdp))
    if (!problem.ok) throw new Error('the problem of the vectors cannot be read')
    const contract = {
      ...steps,
      algorithm,
      agents: rewards.length,
      size,
      shared: size,
      rounds: 1,
      initial: Float64Array.from(start),
      clusters: 1,
      momentum: 1,
      reuseMemorySampleAtStep0: true,
    } satisfies PgContract
    const { learner, rule } = policyGradient(contract, (agent) =>
      exactOracle(withRewards(problem.value, Float64Array.from((rewards[agent] ?? []).flat())), entropy),
    )
    const learners = rewards.map((_, agent) => learner(agent))
    let states = learners.map((one) => one.init())
    let state = rule.init()
    const seen: typeof phases = []
    for (let task = rule.task(state); task !== null; task = rule.task(state)) {
      const due = task
      const done = learners.map((one, i) => one.apply(states[i] ?? one.init(), due))
      states = done.map((one) => one.state)
      state = rule.fold(
        state,
        done.map(({ update }) => update),
      )
      seen.push({ task: hex(encodePgTask(due)), vectors: done.map(({ update }) => [...update.vector]) })
    }
    expect(seen).toEqual(phases)
    expect([...state.theta]).toEqual(theta)
  })

  it('rewards that are drawn', () => {
    const { seed, heterogeneity, tables } = drawn
    const table = drawRewards({ heterogeneity, pairs: false }, size, seed)
    expect(tables.map((_, agent) => [...table(agent)])).toEqual(tables)
  })
})

describe('docs/protocol.md', () => {
  /** The rows of the table of messages that are about this kind. */
  const rowsOf = (kind: string): string => {
    const [, rest = ''] = document.split(`\n| \`${kind}\``, 2)
    return rest.slice(0, rest.search(/\n\n|\n\| `/))
  }

  it('lists every field of every message', () => {
    const missing = Object.entries(SESSION_FIELDS).flatMap(([kind, specs]) => {
      const rows = rowsOf(kind)
      const inPosition = ['variant', 'seed', 'round', 'phase']
      return Object.keys(specs)
        .filter(
          (name) =>
            !rows.includes(`\`${name}\``) && !(rows.includes('position') && inPosition.includes(name)),
        )
        .map((name) => `${kind}.${name}`)
    })
    expect(missing).toEqual([])
  })

  it('lists every word that a field may hold', () => {
    const words = [...ACK_STATUSES, ...CONTROL_ACTIONS, ...FAILURE_CODES]
    expect(words.filter((word) => !document.includes(`\`${word}\``))).toEqual([])
  })
})
