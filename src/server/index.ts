/** `fedrl/server`: the server's half of every algorithm. */
export { collect } from './collect.ts'
export type { CollectState } from './collect.ts'
export { fastFedPgRule } from './fast-fedpg.ts'
export { federatedAverage, projectedAverage } from './federated-average.ts'
export { federatedQ } from './federated-q.ts'
export type { QServerState } from './federated-q.ts'
export { fedSvrpgMRule } from './fedsvrpg-m.ts'
export { ifcaRule } from './ifca.ts'
export type { PgServerRule, PgServerState } from './pg-rule.ts'
export type { ServerRule } from './rule.ts'
export { scaffoldRule } from './scaffold.ts'
export { roundMachine } from './round-machine.ts'
export type {
  ClosedPhase,
  PhasePosition,
  Rebase,
  RoundCheckpoint,
  RoundEffect,
  RoundEvent,
  RoundMachine,
  RoundSettings,
  RoundState,
  RoundStep,
} from './round-machine.ts'
export { agentsOf } from './round-machine/agent-table.ts'
export type { AgentTable } from './round-machine/agent-table.ts'
export { participationOf } from './round-machine/participation.ts'
export type { Participation } from './round-machine/participation.ts'
export { rebasePg, rebaseQ } from './round-machine/rebase.ts'
export { replay } from './round-machine/replay.ts'
export type { ReplaySource } from './round-machine/replay.ts'
