/** What the outside sees of an error: an exit code, lines for a person and, with --json, a document. */
import { CommanderError } from 'commander'
import type { Issue } from '../numeric/result.ts'
import { InputError, Interrupted, RunError } from '../experiment/errors.ts'

/** Exit codes: 1 failed, 2 the user's input, 130 interrupted and resumable. */
export interface Failure {
  readonly exitCode: 1 | 2 | 130
  readonly kind: 'bug' | 'run' | 'input' | 'usage' | 'interrupted'
  /** for a person: one line an issue; a stack trace for a bug only; '' where a log has told it */
  readonly text: string
  readonly message: string
  readonly issues?: readonly Issue[]
}

/** What a log has told in place of the lines for people: it is not said once more. */
export class Told extends Error {
  override readonly cause: unknown
  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.cause = cause
  }
}

/**
 * What to tell of `error`.
 * @param usage the line that says how the command is called
 * @returns null where there is nothing to tell: help and version were asked for and printed
 */
export function failureOf(error: unknown, usage: string): Failure | null {
  if (error instanceof Told) {
    const failure = failureOf(error.cause, usage)
    return failure === null ? null : { ...failure, text: '' }
  }
  if (error instanceof CommanderError) return usageFailure(error, usage)
  if (error instanceof InputError) return { ...plain(2, 'input', error.message), issues: error.issues }
  if (error instanceof RunError) return plain(1, 'run', error.message)
  if (error instanceof Interrupted) return plain(130, 'interrupted', error.message)
  return bug(error)
}

const plain = (exitCode: Failure['exitCode'], kind: Failure['kind'], message: string): Failure => ({
  exitCode,
  kind,
  message,
  text: message,
})

function usageFailure(error: CommanderError, usage: string): Failure | null {
  if (error.exitCode === 0) return null
  // commander prints help on stderr itself where no command is named
  const named = error.code === 'commander.help' ? 'no command given' : error.message
  const message = named.replace(/^error: /, '').replace(/\n\((.*)\)$/s, ' ($1)')
  return { exitCode: 2, kind: 'usage', message, text: `fedrl: ${message.replace(/\.$/, '')}; ${usage}` }
}

function bug(error: unknown): Failure {
  const message = error instanceof Error ? error.message : String(error)
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : message
  const text = `${stack}\n\nThis is a bug in fedrl. Please report it with the lines above and the command that led to it.`
  return { exitCode: 1, kind: 'bug', message, text }
}

/** The document that `--json` prints on stdout instead of a result. */
export function failureDocument(failure: Failure): unknown {
  const { kind, message, exitCode, issues } = failure
  return { error: { kind, message, exitCode, ...(issues === undefined ? {} : { issues }) } }
}
