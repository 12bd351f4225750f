/** The failures that a person can act on. Everything else that is thrown is a bug. */
import type { Issue } from '../numeric/result.ts'

/** The user's input is wrong: exit code 2, one line an issue. */
export class InputError extends Error {
  override readonly name = 'InputError'
  /** @param file what was read: a path, or a flag such as `--seeds` */
  readonly file: string
  readonly issues: readonly Issue[]
  constructor(file: string, issues: readonly Issue[] | string) {
    const list = typeof issues === 'string' ? [{ path: [], message: issues }] : issues
    super(list.map((issue) => describe(file, issue)).join('\n'))
    this.file = file
    this.issues = list
  }
}

/** A file that a person named is not there, or may not be read: what is in it is not known. */
export class Unreadable extends InputError {}

/** The work could not be carried out although the input is right (a full disk, a worker that died): exit code 1, no stack trace. */
export class RunError extends Error {
  override readonly name = 'RunError'
}

/** What was kept is damaged: the same command fails again, until a person does what the message says. */
export class Damaged extends RunError {}

/** The person asked to stop; what was finished is kept: exit code 130. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** `file:line:column: key.path: message`, with the parts that are known. */
export function describe(file: string, issue: Issue): string {
  const place =
    issue.line === undefined
      ? file
      : `${file}:${issue.line}${issue.column === undefined ? '' : `:${issue.column}`}`
  const key = issue.path.map(String).join('.')
  return key === '' ? `${place}: ${issue.message}` : `${place}: ${key}: ${issue.message}`
}
