/** What a command may touch of the outside: two streams, the wish to stop, and how it was called. */

/** The world of a command. */
export interface Io {
  /** `--json`: one JSON document on stdout, everything else on stderr */
  readonly json: boolean
  /** stderr is a terminal, so progress may be drawn */
  readonly interactive: boolean
  /** aborted by the first Ctrl-C or SIGTERM */
  readonly signal: AbortSignal
  /** the command's result: `document` with --json, else `text()` */
  result(document: unknown, text: () => string): void
  /** a line for a person, on stderr */
  note(line: string): void
}
