/** `fedrl/numeric`: keyed random streams, draws, elementary functions that are equal on every engine, statistics, the fold. */
export { NOBODY, Purpose, below, nextWord, streamOf, threefry2x32, uniform } from './stream.ts'
export type { PurposeId, Stream } from './stream.ts'
export { ACTION_BITS, STATE_BITS, aliasTables, pick, sampledProbabilities } from './alias.ts'
export type { AliasTables } from './alias.ts'
export { dirichlet, gamma, normal } from './draw.ts'
export { exp, expm1, log, log1p, pow } from './elementary.ts'
export { accumulators, finishRound, foldEntry, powers } from './fold.ts'
export type { Accumulators } from './fold.ts'
export { drawInitialTable, initialTable, valueRange } from './initial-table.ts'
export type { Initial, InitialSettings } from './initial-table.ts'
export { qStep, rowMax } from './q-update.ts'
export type { Issue, Result } from './result.ts'
export {
  bootstrap,
  bootstrapInterval,
  leastSquares,
  mean,
  median,
  quantile,
  standardDeviation,
} from './statistics.ts'
export type { BootstrapOptions, Interval, Line } from './statistics.ts'
export { stepSizeAt } from './step-size.ts'
export type { StepSize } from './step-size.ts'
export { tanh } from './tanh.ts'
export { cos, sin } from './trigonometric.ts'
