/** `fedrl/algorithm`: each named algorithm as a pair of learner and server rule. */
export type { Algorithm } from './algorithm.ts'
export { fedAsynQ } from './fed-asyn-q.ts'
export { fedSynQ } from './fed-syn-q.ts'
export { qLearning } from './q-learning.ts'
