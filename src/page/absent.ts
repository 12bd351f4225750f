/** Stands in for what reads and loads programs and files of this machine: a page has neither. */
import { InputError } from '../experiment/errors.ts'
import type * as Local from '../experiment/federated/local-experiment.ts'
import type * as Modules from '../experiment/policy-gradient/module.ts'

export type { EnvironmentFactory } from '../experiment/policy-gradient/module.ts'

/** @throws InputError always */
export const loadEnvironmentModule: typeof Modules.loadEnvironmentModule = async (path) => {
  await Promise.resolve()
  throw new InputError(path, 'a page loads no program')
}

/** @throws InputError always */
export const localExperiment: typeof Local.localExperiment = async (_, file) => {
  await Promise.resolve()
  throw new InputError(file, 'a page reads no file')
}
