/** One measured number. */

/** A row of `rows.csv`. */
export interface Row {
  readonly variant: string
  readonly seed: number
  /** averagings done */
  readonly round: number
  /** steps per agent done */
  readonly step: number
  readonly metric: string
  readonly value: number
}
