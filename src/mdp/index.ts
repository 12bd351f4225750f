/** `fedrl/mdp`: finite Markov decision processes as data, families, exact solvers, coverage, theory, recorded logs. */
export { mdpOf } from './build.ts'
export type { Ingredients } from './build.ts'
export { coverage, logCoverage } from './coverage.ts'
export type { AgentCoverage, Coverage, NoMixing } from './coverage.ts'
export { coverageMatrix } from './coverage-matrix.ts'
export type { CoverageMatrix } from './coverage-matrix.ts'
export { evaluatePolicy, returnOf } from './evaluate.ts'
export type { Evaluation } from './evaluate.ts'
export { chain, cliffWalking, frozenLake, garnet, gridWorld, riverSwim, taxi, twoState } from './families.ts'
export type {
  ChainOptions,
  CliffWalkingOptions,
  FrozenLakeOptions,
  GarnetOptions,
  GridWorldOptions,
  RiverSwimOptions,
  TaxiOptions,
  TwoStateOptions,
} from './families.ts'
export { deterministicPolicy, greedyActions, greedyEvaluator, greedyReturn } from './greedy.ts'
export { parseMdpJson, writeMdpJson } from './json.ts'
export { parseLog, writeLog } from './log-csv.ts'
export type { LogSizes } from './log-csv.ts'
export type { Log } from './log.ts'
export { rewardRange } from './mdp.ts'
export type { Built, Grid, Mdp, Outcome } from './mdp.ts'
export { parseNpz } from './npz.ts'
export type { Layout, NpzOptions } from './npz.ts'
export { writeNpy, writeNpz } from './npy.ts'
export type { Writable } from './npy.ts'
export { occupancy } from './occupancy.ts'
export { startLaw } from './policy.ts'
export type { Policy, PolicySet } from './policy.ts'
export { sampledMdp, samplingDifference } from './sampled.ts'
export { solveSoft } from './soft.ts'
export type { SoftOptimum } from './soft.ts'
export { solveOptimal } from './solve.ts'
export type { Optimum } from './solve.ts'
export { predictedError, theorem1, theorem2, theorem3 } from './theory.ts'
export type { Constants, CoverageInput, Demand, TheoryInput, Version } from './theory.ts'
export { check } from './theory/check.ts'
export type { ChosenSettings } from './theory/check.ts'
export { PRIOR_ART } from './theory/prior-art.ts'
export type { PriorArt } from './theory/prior-art.ts'
export { softmaxObjective } from './policy-gradient.ts'
export type { Objective } from './policy-gradient.ts'
export { evaluateSoft, optimalReturn, softEvaluator } from './soft-evaluation.ts'
export type { SoftEvaluation, SoftEvaluator } from './soft-evaluation.ts'
export { softmaxPolicy, softmaxRows } from './softmax.ts'
export { agentMdps } from './agent-mdps.ts'
export type { AgentProblems, Goals } from './agent-mdps.ts'
export type { DrawnRewards } from './agent-rewards.ts'
export { averageMdp, dynamicsDistance, dynamicsHeterogeneity, sameDynamics } from './average.ts'
export { withGoal, withRewards, withTurnedSign } from './rewards.ts'
export { parseRewardsJson } from './rewards-json.ts'
export type { RewardSizes } from './rewards-json.ts'
export {
  RATE_EXPONENTS,
  deviationOf,
  estimateSmoothness,
  horizonFor,
  noisyStepSize,
  predictedRate,
  safeStepSize,
  smoothnessBound,
  truncationBias,
  varianceBound,
} from './theory/policy-gradient.ts'
export type {
  GradientProblem,
  NoisySettings,
  RoundSettings,
  SmoothnessSearch,
} from './theory/policy-gradient.ts'
