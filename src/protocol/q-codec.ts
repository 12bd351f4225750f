/** Task and Update of federated Q-learning as frames. The fields below are all there are: the set is closed. */
import type { Issue, Result } from '../numeric/result.ts'
import { decodeFrame, encodeFrame, frameLength } from './frame.ts'
import type { Frame, Tensor } from './frame.ts'
import type { Averaging } from './q-contract.ts'
import type { QTask, QUpdate } from './q-messages.ts'
import { hasTensor, readF64, readFields, readU32 } from './read-frame.ts'

/** What a receiver knows beforehand, and holds a message against. */
export interface QShape {
  /** S * A */
  readonly entries: number
  readonly agents: number
  /** the sync period: no step count and no visit count of a round exceeds it */
  readonly steps: number
  /** visit counts come with importance averaging, and only with it */
  readonly averaging: Averaging
}

/** Every field and tensor that an Update may carry: all that a server can ever learn about an agent. */
export const UPDATE_FIELDS = ['kind', 'agent', 'round', 'entries', 'changes', 'visits'] as const

/** A Task as a frame. */
export const taskFrame = (task: QTask): Frame => ({
  fields: { kind: 'q-task', round: task.round, step: task.step, steps: task.steps },
  tensors: [{ name: 'table', data: task.table }],
})

/** An Update as a frame. */
export function updateFrame(update: QUpdate): Frame {
  const tensors: Tensor[] = [{ name: 'changes', data: update.changes }]
  if (update.entries !== null) tensors.push({ name: 'entries', data: update.entries })
  if (update.visits !== null) tensors.push({ name: 'visits', data: update.visits })
  return { fields: { kind: 'q-update', agent: update.agent, round: update.round }, tensors }
}

/** A Task as bytes. */
export const encodeTask = (task: QTask): Uint8Array => encodeFrame(taskFrame(task))

/** An Update as bytes. */
export const encodeUpdate = (update: QUpdate): Uint8Array => encodeFrame(updateFrame(update))

/** Bytes of an encoded Task. */
export const taskBytes = (round: number, step: number, steps: number, entries: number): number =>
  frameLength({ kind: 'q-task', round, step, steps }, [['table', 'f64', entries]])

/** Bytes of an encoded Update of `count` entries. */
export const updateBytes = (
  agent: number,
  round: number,
  count: number,
  parts: { entries: boolean; visits: boolean },
): number =>
  frameLength({ kind: 'q-update', agent, round }, [
    ['changes', 'f64', count],
    ...(parts.entries ? [['entries', 'u32', count] as const] : []),
    ...(parts.visits ? [['visits', 'u32', count] as const] : []),
  ])

/** Reads a Task; issues when it is malformed or does not fit `shape`. */
export function decodeTask(bytes: Uint8Array, shape: QShape): Result<QTask> {
  const frame = decodeFrame(bytes)
  if (!frame.ok) return frame
  const issues: Issue[] = []
  const { round, step, steps } = readFields(
    frame.value,
    'q-task',
    { round: Infinity, step: Infinity, steps: shape.steps },
    ['table'],
    issues,
  )
  const table = readF64(frame.value, 'table', shape.entries, issues)
  if (steps === 0) issues.push({ path: ['steps'], message: 'expected at least 1, got 0' })
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: { round, step, steps, table } }
}

/** Reads an Update; issues when it is malformed, carries anything else, or does not fit `shape`. */
export function decodeUpdate(bytes: Uint8Array, shape: QShape): Result<QUpdate> {
  const frame = decodeFrame(bytes)
  if (!frame.ok) return frame
  const issues: Issue[] = []
  const { agent, round } = readFields(
    frame.value,
    'q-update',
    { agent: shape.agents - 1, round: Infinity },
    ['changes', 'entries', 'visits'],
    issues,
  )
  const entries = hasTensor(frame.value, 'entries')
    ? readU32(frame.value, 'entries', undefined, issues)
    : null
  const count = entries === null ? shape.entries : entries.length
  const changes = readF64(frame.value, 'changes', count, issues)
  const visits = hasTensor(frame.value, 'visits') ? readU32(frame.value, 'visits', count, issues) : null
  if (entries !== null) checkAscending(entries, shape.entries, issues)
  if ((visits !== null) !== (shape.averaging === 'importance')) {
    const wanted = shape.averaging === 'importance' ? 'visit counts' : 'no visit counts'
    issues.push({ path: ['visits'], message: `expected ${wanted} under ${shape.averaging} averaging` })
  }
  if (visits !== null) checkVisits(visits, shape.steps, issues)
  return issues.length > 0
    ? { ok: false, issues }
    : { ok: true, value: { agent, round, entries, changes, visits } }
}

function checkAscending(entries: Uint32Array, limit: number, issues: Issue[]): void {
  for (let i = 0, before = -1; i < entries.length; i++) {
    const entry = entries[i] as number
    if (entry <= before || entry >= limit) {
      issues.push({
        path: ['entries', i],
        message: `expected ascending entries below ${limit}, got ${entry}`,
      })
      return
    }
    before = entry
  }
}

function checkVisits(visits: Uint32Array, most: number, issues: Issue[]): void {
  for (let i = 0; i < visits.length; i++) {
    if ((visits[i] as number) > most) {
      issues.push({ path: ['visits', i], message: `expected at most ${most}, got ${visits[i]}` })
      return
    }
  }
}
