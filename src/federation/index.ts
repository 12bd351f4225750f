/** `fedrl/federation`: the loop that closes Task and Update, and who takes part in it. */
export type { Cohort } from './cohort.ts'
export { localCohort } from './cohort/local.ts'
export { federate } from './loop.ts'
