/** Task and Update of federated policy gradients as frames. The fields below are all there are: the set is closed. */
import type { Issue, Result } from '../numeric/result.ts'
import { decodeFrame, encodeFrame, frameLength } from './frame.ts'
import type { Frame, Tensor, TensorType } from './frame.ts'
import { PG_PHASES } from './pg-contract.ts'
import type { PgContract, PgPhase, PgTaskVector } from './pg-contract.ts'
import type { PgTask, PgUpdate } from './pg-messages.ts'
import { readF64, readFields } from './read-frame.ts'

/** Every field and tensor that an Update may carry: all that a server can ever learn about an agent. */
export const PG_UPDATE_FIELDS = ['kind', 'agent', 'round', 'phase', 'vector', 'control', 'cluster'] as const

const TASK_VECTORS = ['theta', 'direction', 'previous'] as const satisfies readonly PgTaskVector[]

/** A Task as a frame. */
export const pgTaskFrame = (task: PgTask): Frame => ({
  fields: { kind: 'pg-task', round: task.round, phase: task.phase },
  tensors: TASK_VECTORS.flatMap((name) => {
    const data = task[name]
    return data === null ? [] : [{ name, data }]
  }),
})

/** An Update as a frame. */
export function pgUpdateFrame(update: PgUpdate): Frame {
  const tensors: Tensor[] = [{ name: 'vector', data: update.vector }]
  if (update.control !== null) tensors.push({ name: 'control', data: update.control })
  return { fields: updateFields(update), tensors }
}

/** A Task as bytes. */
export const encodePgTask = (task: PgTask): Uint8Array => encodeFrame(pgTaskFrame(task))

/** An Update as bytes. */
export const encodePgUpdate = (update: PgUpdate): Uint8Array => encodeFrame(pgUpdateFrame(update))

/** What the header of an Update says. */
type UpdateHeader = Pick<PgUpdate, 'agent' | 'round' | 'phase' | 'cluster'>

const updateFields = ({ agent, round, phase, cluster }: UpdateHeader): Frame['fields'] => ({
  kind: 'pg-update',
  agent,
  round,
  phase,
  ...(cluster === null ? {} : { cluster }),
})

const phaseOf = ({ algorithm }: PgContract, phase: number): PgPhase | undefined =>
  (PG_PHASES[algorithm] as readonly PgPhase[])[phase]

/** Numbers in a vector of a Task: theta holds the parameters of every cluster. */
const lengthOf = (contract: PgContract, name: PgTaskVector): number =>
  name === 'theta' ? contract.clusters * contract.shared : contract.shared

/** Bytes of an encoded Task; 0 where agents have nothing in common, for then none is sent. */
export function pgTaskBytes(contract: PgContract, { round, phase }: Pick<PgTask, 'round' | 'phase'>): number {
  if (contract.shared === 0) return 0
  const carried = phaseOf(contract, phase)?.task ?? []
  return frameLength(
    { kind: 'pg-task', round, phase },
    carried.map((name): [string, TensorType, number] => [name, 'f64', lengthOf(contract, name)]),
  )
}

/** Bytes of an encoded Update; 0 where agents have nothing in common, for then none is sent. */
export function pgUpdateBytes(contract: PgContract, header: UpdateHeader): number {
  if (contract.shared === 0) return 0
  const names = phaseOf(contract, header.phase)?.beside === 'control' ? ['vector', 'control'] : ['vector']
  return frameLength(
    updateFields(header),
    names.map((name): [string, TensorType, number] => [name, 'f64', contract.shared]),
  )
}

/** Reads a Task; issues when it is malformed or not one of this run. */
export function decodePgTask(bytes: Uint8Array, contract: PgContract): Result<PgTask> {
  const frame = decodeFrame(bytes)
  if (!frame.ok) return frame
  const issues: Issue[] = []
  const carried = phaseOf(contract, phaseIn(frame.value))?.task ?? []
  const { round, phase } = readFields(frame.value, 'pg-task', limits(contract), carried, issues)
  const [theta = null, direction = null, previous = null] = TASK_VECTORS.map((name) =>
    carried.includes(name) ? readF64(frame.value, name, lengthOf(contract, name), issues) : null,
  )
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: { round, phase, theta, direction, previous } } // prettier-ignore
}

/** Reads an Update; issues when it is malformed, carries anything else, or is not one of this run. */
export function decodePgUpdate(bytes: Uint8Array, contract: PgContract): Result<PgUpdate> {
  const frame = decodeFrame(bytes)
  if (!frame.ok) return frame
  const issues: Issue[] = []
  const beside = phaseOf(contract, phaseIn(frame.value))?.beside
  const names = beside === 'control' ? ['vector', 'control'] : ['vector']
  const most = { agent: contract.agents - 1, ...limits(contract) }
  const header =
    beside === 'cluster'
      ? readFields(frame.value, 'pg-update', { ...most, cluster: contract.clusters - 1 }, names, issues)
      : { ...readFields(frame.value, 'pg-update', most, names, issues), cluster: null }
  const vector = readF64(frame.value, 'vector', contract.shared, issues)
  const control = beside === 'control' ? readF64(frame.value, 'control', contract.shared, issues) : null
  return issues.length > 0 ? { ok: false, issues } : { ok: true, value: { ...header, vector, control } }
}

const limits = ({ algorithm, rounds }: PgContract): { round: number; phase: number } => ({
  round: rounds - 1,
  phase: PG_PHASES[algorithm].length - 1,
})

/** The phase that a frame names, -1 where it names none. */
function phaseIn({ fields }: Frame): number {
  const phase = fields['phase']
  return typeof phase === 'number' ? phase : -1
}
