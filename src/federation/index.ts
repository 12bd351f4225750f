/**
 * `fedrl/federation`: the loop that closes Task and Update, who takes part in it, and what an agent needs to take part in a live one from
 * a page or a program of one's own.
 */
export { Refused, Unreachable, takePart } from './agent.ts'
export type { AgentNotice, Invitation, TakePartOptions } from './agent.ts'
export type { JournalStore } from './agent-journal.ts'
export { agentRun } from './agent-run.ts'
export type { AgentRun, AgentRunParts, LocalRun, Worked } from './agent-run.ts'
export type { Signer } from './agent/signer.ts'
export type { Clock } from './clock.ts'
export type { Cohort } from './cohort.ts'
export { localCohort } from './cohort/local.ts'
export { journalIndexedDb } from './journal-indexed-db.ts'
export { federate } from './loop.ts'
export { connectPage } from '../transport/websocket-browser.ts'
export type { Connection, Limits } from '../transport.ts'
