/** What an agent brings does not fit the run, or fails in it. */

/** Thrown where an agent cannot take part. */
export class Unfit extends Error {
  override readonly name = 'Unfit'
  /** what the server is told, one line: nothing of what is in the agent's data, and nothing of where it lies */
  readonly told: string
  /** what its user is told */
  readonly fault: Error
  constructor(told: string, fault: Error) {
    super(fault.message, { cause: fault })
    this.told = told
    this.fault = fault
  }
}
