/** What the main thread and its workers say to each other. */
import { InputError, RunError } from '../errors.ts'
import type { Issue } from '../../numeric/result.ts'
import { describeTrial, type Product, type Trial } from '../trial.ts'

/** To a worker, at its start. */
export interface WorkerData {
  /** the experiment's folder, absolute */
  readonly folder: string
}

/** To a worker: carry this out. */
export type Request = Trial

/** From a worker. */
export type Reply =
  | { readonly kind: 'progress'; readonly agentSteps: number }
  | { readonly kind: 'finished'; readonly product: Product }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** An error as plain data. */
export interface Failure {
  readonly kind: 'input' | 'run' | 'bug'
  readonly message: string
  readonly stack: string
  /** of an InputError */
  readonly file: string
  readonly issues: readonly Issue[]
}

/** An error as plain data, to cross threads. */
export function toFailure(error: unknown): Failure {
  const { message, stack = '' } = error instanceof Error ? error : new Error(String(error))
  if (error instanceof InputError)
    return { kind: 'input', message, stack, file: error.file, issues: error.issues }
  return { kind: error instanceof RunError ? 'run' : 'bug', message, stack, file: '', issues: [] }
}

/** The error again, as it was thrown in the worker; what is not the user's input also names the trial. */
export function fromFailure(trial: Trial, { kind, message, stack, file, issues }: Failure): Error {
  if (kind === 'input') return new InputError(file, issues)
  if (kind === 'run') return new RunError(`${describeTrial(trial)}: ${message}`)
  return Object.assign(new Error(message), { stack: `${describeTrial(trial)}: ${stack}` })
}
