/** `fedrl/kernel`: many agents of tabular Q-learning at once. */
export type { KernelExperience, KernelProblem, KernelRun, Lane, Member } from '../kernel.ts'
export { startPlain } from './plain.ts'
