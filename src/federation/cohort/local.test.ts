import { checkCohort } from '../cohort.contract.ts'
import { localCohort } from './local.ts'

checkCohort('agents of this process', localCohort)
