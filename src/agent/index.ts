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
export type { Environment, Point, Space, Step } from './environment.ts'
export { acrobot } from './environment/acrobot.ts'
export { cartPole } from './environment/cart-pole.ts'
export { checkEnvironment } from './environment/check.ts'
export { episodeReturns } from './environment/episode-returns.ts'
export { mdpEnvironment } from './environment/mdp.ts'
export { mountainCar } from './environment/mountain-car.ts'
export { pendulum } from './environment/pendulum.ts'
export { vectorEnvironment } from './environment/vector.ts'
export type { Autoreset, VectorEnvironment, VectorStep } from './environment/vector.ts'
export type { Experience, Trajectory } from './experience.ts'
export { replayExperience } from './experience/replay.ts'
export { walkExperience } from './experience/walk.ts'
export type { WalkState } from './experience/walk.ts'
export type { Learner } from './learner.ts'
export { asynchronousQ } from './learner/asynchronous-q.ts'
export { fastFedPg } from './learner/fast-fedpg.ts'
export { fedPg } from './learner/fedpg.ts'
export { fedSvrpgM } from './learner/fedsvrpg-m.ts'
export { ifca } from './learner/ifca.ts'
export { independentQ } from './learner/independent-q.ts'
export { projPAvg, qAvg, softPAvg } from './learner/policy-averaging.ts'
export { scaffold } from './learner/scaffold.ts'
export { synchronousQ } from './learner/synchronous-q.ts'
export { localSteps } from './local-steps.ts'
export type { Ascent, LocalStepsOptions } from './local-steps.ts'
export type { GradientOracle } from './gradient-oracle.ts'
export { exactOracle, exactPolicyOracle } from './gradient-oracle/exact.ts'
export { pooledOracle } from './gradient-oracle/pooled.ts'
export type { PgAgentState, PgLearner } from './pg-learner.ts'
export { tableModel } from './table-model.ts'
export type { TableModel } from './table-model.ts'
