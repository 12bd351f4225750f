/** Session messages as frames: integers and strings in the header, bytes and lists of agents as tensors, Task and Update as nested frames. */
import type { Issue, Result } from '../numeric/result.ts'
import { decodeFrame, encodeFrame } from './frame.ts'
import type { Frame, NestedFrame } from './frame.ts'
import { SESSION_FIELDS } from './session-fields.ts'
import type { FieldSpec, SessionKind } from './session-fields.ts'
import type { SessionMessage } from './session-messages.ts'

/** What a receiver takes. */
export interface SessionLimits {
  /** the longest message, bytes */
  readonly bytes: number
  /** K: indices of agents lie below it */
  readonly agents: number
}

/** The value of a field; null where an optional tensor is not there. */
type Value = number | string | Uint8Array | Uint32Array | NestedFrame | null | undefined

const UNLIMITED: SessionLimits = { bytes: Infinity, agents: Infinity }

type Specs = readonly (readonly [name: string, spec: FieldSpec])[]

const specs: ReadonlyMap<string, Specs> = new Map(
  Object.entries(SESSION_FIELDS).map(([kind, fields]) => [
    kind,
    Object.entries(fields satisfies Readonly<Record<string, FieldSpec>>),
  ]),
)

const specsOf = (kind: SessionKind): Specs => specs.get(kind) ?? []

/**
 * A message as bytes. A Task or Update given as a frame is written in place.
 * @throws RangeError when a field is out of range
 */
export function encodeMessage(message: SessionMessage<Uint8Array | NestedFrame>): Uint8Array {
  const values = message as Partial<SessionMessage<Uint8Array | NestedFrame>> as Readonly<
    Record<string, Value>
  >
  const [fields, tensors, issues]: [
    Record<string, number | string>,
    NestedFrame['tensors'][number][],
    Issue[],
  ] = [{ kind: message.kind }, [], []]
  for (const [name, spec] of specsOf(message.kind)) {
    const value = values[name] ?? null
    check(name, spec, value, UNLIMITED, issues)
    if (typeof value === 'number' || typeof value === 'string') fields[name] = value
    else if (value !== null) tensors.push({ name, data: value })
  }
  issues.push(...misfits(message))
  if (issues.length > 0) throw new RangeError(`encodeMessage: ${message.kind}: ${reasonOf(issues)}`)
  return encodeFrame({ fields, tensors })
}

/** Reads a message; issues when it is malformed, carries anything else, or does not keep within `limits`. Tensors share the memory of `bytes`. */
export function decodeMessage(bytes: Uint8Array, limits: SessionLimits): Result<SessionMessage> {
  if (bytes.length > limits.bytes)
    return fault([], `expected at most ${limits.bytes} bytes, got ${bytes.length}`)
  const frame = decodeFrame(bytes)
  if (!frame.ok) return frame
  const { kind } = frame.value.fields
  if (typeof kind !== 'string' || !Object.hasOwn(SESSION_FIELDS, kind))
    return fault(['kind'], `expected one of ${Object.keys(SESSION_FIELDS).join(', ')}, got ${shown(kind)}`)
  return readMessage(frame.value, kind as SessionKind, limits)
}

function readMessage(frame: Frame, kind: SessionKind, limits: SessionLimits): Result<SessionMessage> {
  const specs = specsOf(kind)
  const issues = unknownParts(frame, specs)
  const values: Record<string, Value> = { kind }
  for (const [name, spec] of specs) {
    const value = isTensor(spec)
      ? frame.tensors.find((tensor) => tensor.name === name)?.data
      : frame.fields[name]
    values[name] = value instanceof Float64Array ? undefined : (value ?? null)
    check(name, spec, values[name], limits, issues)
  }
  if (issues.length > 0) return { ok: false, issues }
  const message = values as Partial<SessionMessage> as SessionMessage
  const unfit = misfits(message)
  return unfit.length > 0 ? { ok: false, issues: unfit } : { ok: true, value: message }
}

const isTensor = ({ type }: FieldSpec): boolean => type === 'u8' || type === 'u32'

/** What a frame has that the message has not, or has twice. */
function unknownParts({ fields, tensors }: Frame, specs: Specs): Issue[] {
  const issues: Issue[] = []
  const known = (name: string, tensor: boolean): boolean =>
    specs.some(([own, spec]) => own === name && isTensor(spec) === tensor)
  for (const name of Object.keys(fields))
    if (name !== 'kind' && !known(name, false)) issues.push({ path: [name], message: 'unknown field' })
  for (const { name } of tensors)
    if (!known(name, true)) issues.push({ path: [name], message: 'unknown tensor' })
  for (const [i, { name }] of tensors.entries())
    if (tensors.findIndex((other) => other.name === name) !== i)
      issues.push({ path: [name], message: 'expected one tensor of this name' })
  return issues
}

/** Holds one value against what is expected of it. */
function check(name: string, spec: FieldSpec, value: Value, limits: SessionLimits, issues: Issue[]): void {
  const most = mostOf(name, spec, limits)
  if (!holds(spec, value, most))
    issues.push({ path: [name], message: `expected ${expectedOf(spec, value, most)}, got ${shown(value)}` })
  else if (spec.type === 'u32' && spec.of === 'agents' && value instanceof Uint32Array)
    checkAgents(name, value, limits.agents, issues)
}

/** The largest that an integer may be. */
const mostOf = (name: string, spec: FieldSpec, { agents }: SessionLimits): number => {
  if (spec.type !== 'integer') return Infinity
  return name === 'agent' ? Math.min(spec.most, agents - 1) : spec.most
}

function holds(spec: FieldSpec, value: Value, most: number): boolean {
  if (spec.type === 'integer')
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= spec.least && value <= most
  if (spec.type === 'text') return typeof value === 'string' && spec.pattern.test(value)
  if (value === null) return spec.optional
  if (spec.type === 'u32') return value instanceof Uint32Array
  if (value instanceof Uint8Array) return spec.length === null || value.length === spec.length
  return typeof value === 'object' && 'fields' in value
}

function expectedOf(spec: FieldSpec, value: Value, most: number): string {
  if (spec.type === 'integer') return `an integer in [${spec.least}, ${most}]`
  if (spec.type === 'text') return spec.expected
  if (spec.type === 'u32') return 'a list of integers'
  return value instanceof Uint8Array ? `${spec.length} bytes` : 'bytes'
}

function checkAgents(name: string, agents: Uint32Array, limit: number, issues: Issue[]): void {
  const bad = agents.findIndex((agent, i) => agent >= limit || (i > 0 && agent <= (agents[i - 1] as number)))
  if (bad >= 0)
    issues.push({
      path: [name, bad],
      message: `expected ascending agents below ${limit}, got ${agents[bad]}`,
    })
}

/** What is wrong between the fields of a message that are right one by one. */
function misfits(message: SessionMessage<Uint8Array | NestedFrame>): Issue[] {
  if (message.kind === 'hello' && message.lowest > message.highest)
    return [{ path: ['highest'], message: `expected at least ${message.lowest}, got ${message.highest}` }]
  if (message.kind === 'welcome' && message.agent >= message.agents)
    return [{ path: ['agent'], message: `expected an agent below ${message.agents}, got ${message.agent}` }]
  if (message.kind === 'task' && message.after !== null && message.after.length !== message.agents?.length)
    return [{ path: ['after'], message: `expected one for each of ${message.agents?.length ?? 'no'} agents, got ${message.after.length}` }] // prettier-ignore
  return []
}

function shown(value: Value): string {
  if (value === null || value === undefined) return 'none'
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 80))
  return 'fields' in value ? 'a frame' : `${value.length} elements`
}

const fault = (path: Issue['path'], message: string): Result<never> => ({
  ok: false,
  issues: [{ path, message }],
})

/** Issues as one line that fits an Ack or a Failure: at most 500 characters, none of them a control character. */
export const reasonOf = (issues: readonly Issue[]): string =>
  Array.from(
    issues
      .map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
      .join('; ')
      .replaceAll(/\p{Cc}+/gu, ' '),
  )
    .slice(0, 500)
    .join('')
