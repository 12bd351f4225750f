/** `fedrl/protocol`: Task and Update of federated Q-learning, and how they become bytes. */
export { decodeFrame, encodeFrame, frameLength } from './frame.ts'
export type { Frame, Tensor, TensorType } from './frame.ts'
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
