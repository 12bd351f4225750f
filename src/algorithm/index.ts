/** `fedrl/algorithm`: each named algorithm as a pair of learner and server rule. */
export type { Algorithm } from './algorithm.ts'
export { fedAsynQ } from './fed-asyn-q.ts'
export { fedSynQ } from './fed-syn-q.ts'
export { isPolicyAveraging, policyAveraging } from './policy-averaging.ts'
export type { PgAveraging, PgAveragingAlgorithm } from './policy-averaging.ts'
export { policyGradient } from './policy-gradient.ts'
export type { PgAlgorithm, PgGradientAlgorithm } from './policy-gradient.ts'
export { qLearning } from './q-learning.ts'
