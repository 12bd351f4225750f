/** An algorithm: the pair of an agent's half and a server's half. Nothing else connects the two. */
import type { Learner } from '../agent/learner.ts'
import type { ServerRule } from '../server/rule.ts'

/** A learner for every agent, and the server rule. */
export interface Algorithm<AgentState, ServerState, Task, Update> {
  /** the half of one agent, counted from 0 */
  learner(agent: number): Learner<AgentState, Task, Update>
  readonly rule: ServerRule<ServerState, Task, Update>
}
