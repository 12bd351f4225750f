/** `fedrl/server`: the server's half of every algorithm. */
export { collect } from './collect.ts'
export type { CollectState } from './collect.ts'
export { federatedQ } from './federated-q.ts'
export type { QServerState } from './federated-q.ts'
export type { ServerRule } from './rule.ts'
