/** What parsing at an edge gives: a typed value, or everything that is wrong with the input. */

/** One fault of an input. `message` says what was expected and what came: "expected a number in [0, 1), got 1". */
export interface Issue {
  /** keys and indices from the root of the input down to the fault */
  readonly path: readonly (string | number)[]
  readonly message: string
  /** 1-based, where the input is text and the place is known */
  readonly line?: number
  readonly column?: number
}

/** A parsed value or at least one issue. */
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly issues: readonly Issue[] }
