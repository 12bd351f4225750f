/** What a preflight finds, one line a check. */
import { InputError, RunError } from '../../experiment/errors.ts'

/** What was looked at, and how it is: `warn` lets a run begin. */
export interface Check {
  readonly name: string
  readonly state: 'ok' | 'warn' | 'fail'
  /** one line for a person */
  readonly text: string
}

/** How a check came out. */
export type Finding = Omit<Check, 'name'>

export const ok = (text: string): Finding => ({ state: 'ok', text })
export const warn = (text: string): Finding => ({ state: 'warn', text })
export const fail = (text: string): Finding => ({ state: 'fail', text })

/** Carries a check out: what a person can act on becomes its finding. @throws everything else */
export async function check(name: string, look: () => Promise<Finding> | Finding): Promise<Check> {
  try {
    return { name, ...(await look()) }
  } catch (error) {
    if (error instanceof InputError || error instanceof RunError)
      return { name, ...fail(error.message.replaceAll('\n', '; ')) }
    throw error
  }
}
