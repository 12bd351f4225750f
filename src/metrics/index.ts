/** `fedrl/metrics`: measured rows, and curves with intervals over seeds. */
export { differences, pairedDifference, seedsToDecide } from './compare.ts'
export type { PairedDifference } from './compare.ts'
export { curves, summarise, thin } from './curve.ts'
export type { Curve, CurveOptions, CurvePoint } from './curve.ts'
export type { Row } from './row.ts'
export { gather, gatherer } from './samples.ts'
export type { Gatherer, SampleTable, Samples } from './samples.ts'
