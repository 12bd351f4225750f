/**
 * `fedrl/protocol`: Task and Update of federated Q-learning and of federated policy gradients, the session messages around them, and how they
 * become bytes.
 */
export { decodeFrame, encodeFrame, frameLength } from './frame.ts'
export type { Frame, NestedFrame, Tensor, TensorData, TensorType } from './frame.ts'
export {
  PG_UPDATE_FIELDS,
  decodePgTask,
  decodePgUpdate,
  encodePgTask,
  encodePgUpdate,
  pgTaskBytes,
  pgTaskFrame,
  pgUpdateBytes,
  pgUpdateFrame,
} from './pg-codec.ts'
export { PG_PHASES } from './pg-contract.ts'
export type { PgAlgorithmName, PgContract, PgPhase, PgTaskVector } from './pg-contract.ts'
export type { PgTask, PgUpdate } from './pg-messages.ts'
export {
  UPDATE_FIELDS,
  decodeTask,
  decodeUpdate,
  encodeTask,
  encodeUpdate,
  taskBytes,
  taskFrame,
  updateBytes,
  updateFrame,
} from './q-codec.ts'
export type { QShape } from './q-codec.ts'
export type { Averaging, QContract } from './q-contract.ts'
export type { QTask, QUpdate } from './q-messages.ts'
export { decodeMessage, encodeMessage, reasonOf } from './session-codec.ts'
export type { SessionLimits } from './session-codec.ts'
export { SESSION_FIELDS } from './session-fields.ts'
export type { BytesSpec, FieldSpec, IntegerSpec, ListSpec, SessionKind, TextSpec } from './session-fields.ts'
export { ACK_STATUSES, CONTROL_ACTIONS, FAILURE_CODES } from './session-messages.ts'
export type {
  Ack,
  AckStatus,
  Challenge,
  Control,
  ControlAction,
  Failure,
  FailureCode,
  Hello,
  Position,
  Proof,
  SessionMessage,
  TaskMessage,
  UpdateMessage,
  Welcome,
} from './session-messages.ts'
export { PROTOCOL_VERSIONS, commonVersion, openUpdate, proofBytes } from './session-rules.ts'
export type { ProofSubject, VersionRange } from './session-rules.ts'
