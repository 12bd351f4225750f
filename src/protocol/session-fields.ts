/** The fields of every session message with their types and ranges. The set is closed: what is not here is neither written nor read. */
import { ACK_STATUSES, CONTROL_ACTIONS, FAILURE_CODES } from './session-messages.ts'
import type { SessionMessage } from './session-messages.ts'

/** An integer in [least, most]. */
export interface IntegerSpec {
  readonly type: 'integer'
  readonly least: number
  readonly most: number
}

/** A string that the pattern matches; `expected` says so in words. */
export interface TextSpec {
  readonly type: 'text'
  readonly pattern: RegExp
  readonly expected: string
}

/** A tensor of bytes. */
export interface BytesSpec {
  readonly type: 'u8'
  /** null: any */
  readonly length: number | null
  readonly optional: boolean
}

/** A tensor of integers: indices of agents, ascending, or one number for each of them. */
export interface ListSpec {
  readonly type: 'u32'
  readonly of: 'agents' | 'numbers'
  readonly optional: boolean
}

/** What is expected of one field. */
export type FieldSpec = IntegerSpec | TextSpec | BytesSpec | ListSpec

type SpecOf<T> = [T] extends [number]
  ? IntegerSpec
  : [T] extends [string]
    ? TextSpec
    : [T] extends [Uint32Array | null]
      ? ListSpec
      : BytesSpec

/** The name of a message. */
export type SessionKind = SessionMessage['kind']

type MessageOf<Kind extends SessionKind> = Extract<SessionMessage, { kind: Kind }>

type Fields<Message> = {
  readonly [Name in Exclude<keyof Message, 'kind'>]-?: SpecOf<Message[Name]>
}

const integer = (least: number, most: number): IntegerSpec => ({ type: 'integer', least, most })
const text = (pattern: RegExp, expected: string): TextSpec => ({ type: 'text', pattern, expected })
const choice = (of: readonly string[]): TextSpec =>
  text(new RegExp(`^(${of.join('|')})$`), `one of ${of.join(', ')}`)
const bytes = (length: number | null, optional = false): BytesSpec => ({ type: 'u8', length, optional })
const list = (of: ListSpec['of'], optional: boolean): ListSpec => ({ type: 'u32', of, optional })

/** Indices and counts of agents fit a u32, as in the tensors. */
const MOST_AGENTS = 4294967295

/** Tasks that a server remembers for agents that have lost their last states. */
const MOST_AHEAD = 15

const VERSION = integer(1, 65535)
const NAME = text(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, - and _')
const SESSION = text(/^[0-9a-f]{32}$/, '32 hexadecimal digits')
const REASON = text(/^\P{Cc}{0,500}$/u, 'at most 500 characters without control characters')
const run = { variant: integer(0, 65535), seed: integer(0, Number.MAX_SAFE_INTEGER) }
const position = { ...run, round: integer(0, 4294967295), phase: integer(0, 15) }

/** All fields of every message but `kind`, in the order in which they are written. */
export const SESSION_FIELDS: { readonly [Kind in SessionKind]: Fields<MessageOf<Kind>> } = {
  hello: {
    lowest: VERSION,
    highest: VERSION,
    name: NAME,
    client: text(/^\P{Cc}{0,128}$/u, 'at most 128 characters without control characters'),
    experiment: integer(0, 1),
  },
  challenge: {
    version: VERSION,
    session: SESSION,
    name: NAME,
    server: text(/^\P{Cc}{1,255}$/u, '1 to 255 characters without control characters'),
    nonce: bytes(32),
  },
  proof: { session: SESSION, name: NAME, signature: bytes(64) },
  welcome: {
    version: VERSION,
    session: SESSION,
    name: NAME,
    agent: integer(0, MOST_AGENTS - 1),
    agents: integer(1, MOST_AGENTS),
    run: text(/^[0-9a-f]{64}$/, '64 hexadecimal digits'),
    ...position,
    maxBytes: integer(1024, 4294967295),
    idleSeconds: integer(1, 86400),
    experiment: bytes(null, true),
  },
  task: {
    ...position,
    ahead: integer(0, MOST_AHEAD),
    agents: list('agents', true),
    after: list('numbers', true),
    frame: bytes(null),
  },
  update: { ...position, agent: integer(0, MOST_AGENTS - 1), frame: bytes(null) },
  ack: {
    ...position,
    status: choice(ACK_STATUSES),
    reason: REASON,
    agents: list('agents', false),
  },
  control: { action: choice(CONTROL_ACTIONS), ...run, agents: list('agents', true) },
  failure: {
    code: choice(FAILURE_CODES),
    reason: REASON,
    name: text(/^[A-Za-z0-9_-]{0,64}$/, 'at most 64 letters, digits, - and _'),
  },
}
