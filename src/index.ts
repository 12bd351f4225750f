/** `fedrl`: from an experiment file to its results. Needs Node: experiments and runs are files. */
export { writeAtomically } from './experiment/disk.ts'
export type { Chunks, Writer } from './experiment/disk.ts'
export { Interrupted, InputError, RunError } from './experiment/errors.ts'
export { isPolicyGradient, isQLearning, METRICS } from './experiment/experiment.ts'
export type {
  AgentsSpec,
  AlgorithmSpec,
  BehaviorSpec,
  EnvironmentSpec,
  Experiment,
  InitialSpec,
  Metric,
  QSettings,
  QVariant,
  Settings,
  StepSizeSpec,
  Variant,
} from './experiment/experiment.ts'
export type { Batch } from './experiment/batch.ts'
export type { CarryOut, Executor, Hooks } from './experiment/executor.ts'
export { loadExperiment } from './experiment/load.ts'
export { parseExperiment } from './experiment/parse.ts'
export type { ParseOptions } from './experiment/parse.ts'
export type { Progress } from './experiment/progress.ts'
export { buildProblem } from './experiment/problem.ts'
export { resume, run } from './experiment/run.ts'
export type { RunOptions, RunResult } from './experiment/run.ts'
export { experimentJsonSchema } from './experiment/schema.ts'
export { MOST_CELLS } from './experiment/vary.ts'
export { simulate } from './experiment/simulate.ts'
export type { LaneInput } from './experiment/kernel-problem.ts'
export type { SimulateOptions } from './experiment/simulate.ts'
export type { Finished, Problem } from './experiment/simulation.ts'
export type { MetricSummary, Summary, VariantSummary } from './experiment/summary.ts'
export type { Account, Outcome, Product, Trial } from './experiment/trial.ts'
export { version } from './experiment/version.ts'
