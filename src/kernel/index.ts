/** `fedrl/kernel`: many agents of tabular Q-learning at once. */
export type { KernelExperience, KernelProblem, KernelRun, Lane, Member } from '../kernel.ts'
export { TooLarge, startCompiled } from './compiled.ts'
export { startPlain } from './plain.ts'
export { startKernel } from './start.ts'
