/** What a server keeps on disk: who its members are, and how far its runs have come. */
import type { RecordLine, RunKey, SavedRun } from './served-run.ts'

/** Keeps things; what it was given is there after a crash once the promise has resolved. */
export interface ServerStore {
  /** the names of the agents by index, as they were kept last; none at first. An empty name is nobody's */
  members(): Promise<readonly string[]>
  keepMembers(names: readonly string[]): Promise<void>
  /**
   * What was kept of a run, null where nothing was. The lines are those up to the checkpoint; later ones are forgotten.
   * @throws Error naming what cannot be read
   */
  load(run: RunKey): Promise<SavedRun | null>
  /**
   * Appends lines to the record of the run, and then puts the checkpoint in place of the one before. One call at a time.
   * @param lines those since the checkpoint before, oldest first
   */
  save(run: RunKey, lines: readonly RecordLine[], checkpoint: Uint8Array): Promise<void>
}
