/** `fedrl/agent`: behaviour policies, where experience comes from, and the agent's half of every algorithm. */
export { tablePolicies } from './behavior-table.ts'
export {
  buildBehaviors,
  dirichletBehavior,
  epsilonGreedyBehavior,
  mixtureBehavior,
  oneActionBehavior,
  regionBehavior,
  regionStart,
  uniformBehavior,
} from './behavior.ts'
export type { Behavior } from './behavior.ts'
export type { Experience, Trajectory } from './experience.ts'
export { replayExperience } from './experience/replay.ts'
export { walkExperience } from './experience/walk.ts'
export type { WalkState } from './experience/walk.ts'
export type { Learner } from './learner.ts'
export { asynchronousQ } from './learner/asynchronous-q.ts'
export { independentQ } from './learner/independent-q.ts'
export { synchronousQ } from './learner/synchronous-q.ts'
