/** Who looks on while a federation is carried out, and changes nothing: status, metrics, the log. */
import type { ServerNotice } from '../../federation/server/options.ts'
import type { FederationStatus } from './status.ts'

/** A federation that agents may join. */
export interface Begun {
  /** the run folder, absolute */
  readonly folder: string
  /** SHA-256 of the experiment as agents hear of it */
  readonly run: string
  /** null while no run of the experiment is under way */
  readonly status: () => FederationStatus | null
}

/** What is told of a federation. */
export interface Watch {
  begun?(begun: Begun): void
  notice?(notice: ServerNotice): void
  /** a checkpoint is on disk, and the lines of the record before it; it took so many seconds */
  saved?(seconds: number): void
  /** nobody is taken in any more: all is done, or `error` says why not */
  ended?(error: unknown): void
}

/** Tells all of them, in their order. */
export const watchAll = (watches: readonly Watch[]): Required<Watch> => ({
  begun(begun) {
    for (const watch of watches) watch.begun?.(begun)
  },
  notice(notice) {
    for (const watch of watches) watch.notice?.(notice)
  },
  saved(seconds) {
    for (const watch of watches) watch.saved?.(seconds)
  },
  ended(error) {
    for (const watch of watches) watch.ended?.(error)
  },
})
