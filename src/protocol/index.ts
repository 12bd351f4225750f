/** `fedrl/protocol`: Task and Update of federated Q-learning and of federated policy gradients, and how they become bytes. */
export { decodeFrame, encodeFrame, frameLength } from './frame.ts'
export type { Frame, Tensor, TensorType } from './frame.ts'
export {
  PG_UPDATE_FIELDS,
  decodePgTask,
  decodePgUpdate,
  encodePgTask,
  encodePgUpdate,
  pgTaskBytes,
  pgUpdateBytes,
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
  updateBytes,
} from './q-codec.ts'
export type { QShape } from './q-codec.ts'
export type { Averaging, QContract } from './q-contract.ts'
export type { QTask, QUpdate } from './q-messages.ts'
