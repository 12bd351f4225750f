/** Writes checkpoints one after the other: what closes while one is being written goes into the next one together. */
import type { RecordLine, RunEffect, RunKey } from './served-run.ts'
import type { ServerStore } from './server-store.ts'

/** What a saver tells. */
export interface SaverEvents {
  /** the checkpoint with so many phases closed is on disk */
  durable(closed: number): void
  failed(error: unknown): void
}

/** Takes what is to be saved of one run. */
export interface Saver {
  save(effect: Extract<RunEffect, { type: 'save' }>): void
}

/** The saver of one run. After a failure it writes no more. */
export function saverOf(store: ServerStore, run: RunKey, { durable, failed }: SaverEvents): Saver {
  let lines: RecordLine[] = []
  let newest: Extract<RunEffect, { type: 'save' }> | null = null
  let writing = false
  const write = async (): Promise<void> => {
    writing = true
    while (newest !== null) {
      const [due, dueLines] = [newest, lines]
      newest = null
      lines = []
      await store.save(run, dueLines, due.checkpoint())
      durable(due.closed)
    }
    writing = false
  }
  return {
    save(effect) {
      newest = effect
      lines.push(effect.line)
      if (!writing) void write().catch(failed)
    },
  }
}
