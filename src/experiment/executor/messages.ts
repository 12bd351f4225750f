/** What the main thread and its workers say to each other. */
import { InputError, RunError } from '../errors.ts'
import type { Issue } from '../../numeric/result.ts'
import type { Batch } from '../batch.ts'
import type { Encodings } from '../encodings.ts'
import type { Product } from '../trial.ts'

/** To a worker, at its start. */
export interface WorkerData {
  /** the experiment's folder, absolute */
  readonly folder: string
}

/** To a worker: carry this out. */
export interface Request {
  readonly batch: Batch
  /** what is kept of each trial */
  readonly keep: keyof Encodings
}

/** From a worker; what is kept of each trial of a batch, in its order. */
export type Reply<Kept = Product> =
  | { readonly kind: 'progress'; readonly agentSteps: number }
  | { readonly kind: 'finished'; readonly kept: readonly Kept[] }
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

/** 'variant equal, seed 3 to 10': how messages name a batch. */
export function describeBatch({ variants, seeds }: Batch): string {
  const names = variants.map(({ name }) => name).join(' and ')
  const last = seeds.length > 1 ? ` to ${seeds.at(-1)}` : ''
  return `variant ${names}, seed ${seeds[0]}${last}`
}

/** The error again, as it was thrown in the worker; what is not the user's input also names the batch. */
export function fromFailure(batch: Batch, { kind, message, stack, file, issues }: Failure): Error {
  if (kind === 'input') return new InputError(file, issues)
  if (kind === 'run') return new RunError(`${describeBatch(batch)}: ${message}`)
  return Object.assign(new Error(message), { stack: `${describeBatch(batch)}: ${stack}` })
}
