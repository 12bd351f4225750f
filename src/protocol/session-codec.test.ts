import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeFrame } from './frame.ts'
import { PG_UPDATE_FIELDS } from './pg-codec.ts'
import { UPDATE_FIELDS, encodeUpdate, updateFrame } from './q-codec.ts'
import { decodeMessage, encodeMessage, reasonOf } from './session-codec.ts'
import { SESSION_FIELDS } from './session-fields.ts'
import type { FieldSpec, SessionKind } from './session-fields.ts'
import { ACK_STATUSES, CONTROL_ACTIONS, FAILURE_CODES } from './session-messages.ts'
import type { Ack, SessionMessage, UpdateMessage } from './session-messages.ts'

const LIMITS = { bytes: 4096, agents: 5000 }
const KINDS = Object.keys(SESSION_FIELDS) as SessionKind[]

const position = { variant: 2, seed: 9007199254740991, round: 300, phase: 1 }
const update = {
  agent: 7,
  round: 300,
  entries: Uint32Array.of(2, 5),
  changes: Float64Array.of(0.5, -1),
  visits: Uint32Array.of(3, 1),
}
const message: UpdateMessage = { kind: 'update', ...position, agent: 7, frame: encodeUpdate(update) }
const ack: Ack = { kind: 'ack', ...position, status: 'late', reason: 'round 300 has closed', agents: Uint32Array.of(3, 9) } // prettier-ignore

/** Strings that the patterns of the fields accept. */
const TEXTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  name: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  session: fc.stringMatching(/^[0-9a-f]{32}$/),
  run: fc.stringMatching(/^[0-9a-f]{64}$/),
  client: fc.stringMatching(/^[ -~äß]{0,128}$/),
  server: fc.stringMatching(/^[ -~]{1,255}$/),
  reason: fc.stringMatching(/^[ -~é]{0,400}$/),
  status: fc.constantFrom(...ACK_STATUSES),
  action: fc.constantFrom(...CONTROL_ACTIONS),
  code: fc.constantFrom(...FAILURE_CODES),
}

const agentLists = fc.uniqueArray(fc.nat(LIMITS.agents - 1), { maxLength: 9 }).map((list) => Uint32Array.from(list).sort()) // prettier-ignore

function valuesOf(name: string, spec: FieldSpec): fc.Arbitrary<unknown> {
  if (spec.type === 'integer')
    return fc.integer({ min: spec.least, max: name === 'agent' ? 4999 : spec.most })
  if (spec.type === 'text') return TEXTS[name] as fc.Arbitrary<string>
  const present: fc.Arbitrary<Uint32Array | Uint8Array> =
    spec.type === 'u32'
      ? agentLists
      : fc.uint8Array({ minLength: spec.length ?? 0, maxLength: spec.length ?? 90 })
  return spec.optional ? fc.option(present) : present
}

/** Messages of every kind that fit their specification. */
const messages = fc.constantFrom(...KINDS).chain((kind) => {
  const specs = Object.entries(SESSION_FIELDS[kind] as Record<string, FieldSpec>)
  const record = Object.fromEntries(specs.map(([name, spec]) => [name, valuesOf(name, spec)]))
  return fc.record(record).map((values) => fitting({ kind, ...values } as SessionMessage))
})

/** The message with what has to fit between its fields made to fit. */
function fitting(given: SessionMessage): SessionMessage {
  if (given.kind === 'hello') return { ...given, highest: Math.max(given.lowest, given.highest) }
  if (given.kind === 'welcome') return { ...given, agents: given.agent + 1 }
  if (given.kind === 'task') return { ...given, after: given.agents?.map((agent) => agent * 2) ?? null }
  return given
}

describe('session messages', () => {
  it('pass through bytes', () => {
    const seen = new Set<SessionKind>()
    fc.assert(
      fc.property(messages, (given) => {
        seen.add(given.kind)
        expect(decodeMessage(encodeMessage(given), LIMITS)).toEqual({ ok: true, value: given })
      }),
      { seed: 1, numRuns: 500 },
    )
    expect(seen.size).toBe(KINDS.length)
  })

  it('hold the Update as it is, whether given as bytes or as a frame', () => {
    const nested = encodeMessage({ ...message, frame: updateFrame(update) })
    expect(nested).toEqual(encodeMessage(message))
    const read = decodeMessage(nested, LIMITS)
    expect(read.ok && read.value.kind === 'update' && read.value.frame.buffer).toBe(nested.buffer)
  })

  it('are refused where they are longer than the receiver takes', () => {
    expect(decodeMessage(encodeMessage(message), { ...LIMITS, bytes: 100 })).toEqual({
      ok: false,
      issues: [{ path: [], message: `expected at most 100 bytes, got ${encodeMessage(message).length}` }],
    })
  })
})

describe('what an agent can tell (law: nothing but aggregates)', () => {
  it('is a closed set of fields', () => {
    const upward = Object.fromEntries(
      (['hello', 'proof', 'update', 'control', 'failure'] as const).map((kind) => [
        kind,
        Object.keys(SESSION_FIELDS[kind]),
      ]),
    )
    expect(upward).toEqual({
      hello: ['lowest', 'highest', 'name', 'client', 'experiment'],
      proof: ['session', 'name', 'signature'],
      update: ['variant', 'seed', 'round', 'phase', 'agent', 'frame'],
      control: ['action', 'variant', 'seed', 'agents'],
      failure: ['code', 'reason', 'name'],
    })
    expect(UPDATE_FIELDS).toEqual(['kind', 'agent', 'round', 'entries', 'changes', 'visits'])
    expect(PG_UPDATE_FIELDS).toEqual(['kind', 'agent', 'round', 'phase', 'vector', 'control', 'cluster'])
  })

  it('holds for every message: a field, a tensor or a second one beside it is refused', () => {
    fc.assert(
      fc.property(messages, (given) => {
        const { kind, ...values } = given
        const isTensor = (value: unknown): value is Uint8Array => ArrayBuffer.isView(value)
        const own = Object.entries(values).filter(([, value]) => isTensor(value))
        const fields = Object.fromEntries(Object.entries(values).filter(([, value]) => typeof value === 'number' || typeof value === 'string')) // prettier-ignore
        const tensors = own.map(([name, data]) => ({ name, data: data as Uint8Array }))
        const smuggled = encodeFrame({
          fields: { kind, ...fields, state: 3 },
          tensors: [...tensors, { name: 'rewards', data: Float64Array.of(1) }],
        })
        expect(decodeMessage(smuggled, LIMITS)).toEqual({
          ok: false,
          issues: [
            { path: ['state'], message: 'unknown field' },
            { path: ['rewards'], message: 'unknown tensor' },
          ],
        })
        const [first] = tensors
        if (first === undefined) return
        const doubled = decodeMessage(encodeFrame({ fields: { kind, ...fields }, tensors: [...tensors, first] }), LIMITS) // prettier-ignore
        expect(doubled).toEqual({ ok: false, issues: [{ path: [first.name], message: 'expected one tensor of this name' }] }) // prettier-ignore
      }),
      { seed: 2, numRuns: 200 },
    )
  })
})

describe('a message with', () => {
  const wrong = (given: object): string => {
    const { kind, ...values } = given as SessionMessage
    const entries = Object.entries(values)
    const bytes = encodeFrame({
      fields: {
        kind,
        ...Object.fromEntries(
          entries.filter(([, value]) => typeof value === 'number' || typeof value === 'string'),
        ),
      },
      tensors: entries.flatMap(([name, data]) => (ArrayBuffer.isView(data) ? [{ name, data: data as Uint8Array }] : [])), // prettier-ignore
    })
    const result = decodeMessage(bytes, LIMITS)
    return result.ok ? 'ok' : reasonOf(result.issues)
  }
  const hello = { kind: 'hello', lowest: 1, highest: 2, name: 'ward-3', client: 'x', experiment: 0 }
  const task = { kind: 'task', ...position, ahead: 4, agents: Uint32Array.of(1, 2), after: Uint32Array.of(0, 4), frame: Uint8Array.of(1) } // prettier-ignore

  it.each<[string, object, string]>([
    ['nothing wrong', hello, 'ok'],
    [
      'an unknown kind',
      { kind: 'toString' },
      'kind: expected one of hello, challenge, proof, welcome, task, update, ack, control, failure, got "toString"',
    ],
    [
      'a field missing',
      { ...hello, client: undefined },
      'client: expected at most 128 characters without control characters, got none',
    ],
    [
      'a name that is none',
      { ...hello, name: 'ward 3' },
      'name: expected 1 to 64 letters, digits, - and _, got "ward 3"',
    ],
    [
      'a control character',
      { ...hello, client: 'a\u001b[2J' },
      'client: expected at most 128 characters without control characters, got "a\\u001b[2J"',
    ],
    [
      'versions the wrong way round',
      { ...hello, highest: 0 },
      'highest: expected an integer in [1, 65535], got 0',
    ],
    ['a range of no version', { ...hello, lowest: 3 }, 'highest: expected at least 3, got 2'],
    [
      'a number for a string',
      { ...hello, name: 7 },
      'name: expected 1 to 64 letters, digits, - and _, got 7',
    ],
    [
      'a string for a number',
      { ...message, round: '3' },
      'round: expected an integer in [0, 4294967295], got "3"',
    ],
    [
      'an agent that there is not',
      { ...message, agent: 5000 },
      'agent: expected an integer in [0, 4999], got 5000',
    ],
    [
      'a negative seed',
      { ...message, seed: -1 },
      'seed: expected an integer in [0, 9007199254740991], got -1',
    ],
    ['no frame', { ...message, frame: undefined }, 'frame: expected bytes, got none'],
    ['numbers for bytes', { ...message, frame: Float64Array.of(1) }, 'frame: expected bytes, got none'],
    ['integers for bytes', { ...message, frame: Uint32Array.of(1) }, 'frame: expected bytes, got 1 elements'],
    [
      'bytes for integers',
      { ...ack, agents: Uint8Array.of(1) },
      'agents: expected a list of integers, got 1 elements',
    ],
    [
      'no agents where they must be',
      { ...ack, agents: undefined },
      'agents: expected a list of integers, got none',
    ],
    [
      'an unknown status',
      { ...ack, status: 'lost' },
      'status: expected one of received, durable, duplicate, late, refused, got "lost"',
    ],
    [
      'agents out of order',
      { ...ack, agents: Uint32Array.of(4, 3) },
      'agents.1: expected ascending agents below 5000, got 3',
    ],
    [
      'an agent twice',
      { ...ack, agents: Uint32Array.of(4, 4) },
      'agents.1: expected ascending agents below 5000, got 4',
    ],
    [
      'states for other agents',
      { ...task, after: Uint32Array.of(1) },
      'after: expected one for each of 2 agents, got 1',
    ],
    ['states for nobody', { ...task, agents: undefined }, 'after: expected one for each of no agents, got 2'],
    [
      'a short nonce',
      {
        kind: 'challenge',
        version: 1,
        session: 'a'.repeat(32),
        name: 'a',
        server: 's',
        nonce: new Uint8Array(31),
      },
      'nonce: expected 32 bytes, got 31 elements',
    ],
  ])('%s', (_, given, expected) => {
    expect(wrong(given)).toBe(expected)
  })

  it('a field out of range is not written either', () => {
    expect(() => encodeMessage({ ...message, round: -1 })).toThrow(
      new RangeError('encodeMessage: update: round: expected an integer in [0, 4294967295], got -1'),
    )
    expect(() => encodeMessage({ ...ack, reason: 'a\nb' })).toThrow('encodeMessage: ack: reason: expected')
  })
})

describe('reasons', () => {
  it('are one line that fits a message, whatever came', () => {
    const texts = fc.array(fc.constantFrom('a', 'é', '😀', '\n', '\u0000', '\u009f'), { maxLength: 400 })
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 4 }), (list) => {
        const reason = reasonOf(list.map((text, i) => ({ path: [i], message: text.join('') })))
        const read = decodeMessage(encodeMessage({ ...ack, reason }), LIMITS)
        expect(read).toEqual({ ok: true, value: { ...ack, reason } })
      }),
      { seed: 3 },
    )
  })
})

describe('hostile bytes', () => {
  it('give issues or a message within its ranges, never a throw', () => {
    let read = 0
    fc.assert(
      fc.property(
        messages,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }),
        fc.oneof({ arbitrary: fc.constant(null), weight: 3 }, { arbitrary: fc.nat(), weight: 1 }),
        (given, edits, cut) => {
          const whole = encodeMessage(given)
          const bytes = cut === null ? whole : whole.slice(0, cut % whole.length)
          for (const [at, value] of edits) if (bytes.length > 0) bytes[at % bytes.length] = value
          const result = decodeMessage(bytes, LIMITS)
          if (!result.ok) return
          read++
          // what was read can be written, and is then the same: every field is in range and none is left over
          expect(decodeMessage(encodeMessage(result.value), LIMITS)).toEqual(result)
        },
      ),
      { seed: 4, numRuns: 3000 },
    )
    expect(read).toBeGreaterThan(500)
  })
})
