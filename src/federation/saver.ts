/**
 * Writes checkpoints one after the other: what closes while one is being written goes into the next one together. Where nothing waits for
 * a checkpoint, it waits for some more phases: the syncs of a server and of agents on the same disk hinder each other.
 */
import type { Clock } from './clock.ts'
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
  /** Begins to write nothing more. */
  drop(): void
}

/** Phases that are saved together where nothing waits for the first of them. The server runs eight ahead of its disk. */
const TOGETHER = 4

/** So long the first of them waits for the others, ms. */
const TOGETHER_MS = 5

/** The saver of one run. After a failure it writes no more. */
export function saverOf(
  store: ServerStore,
  run: RunKey,
  clock: Pick<Clock, 'after'>,
  { durable, failed }: SaverEvents,
): Saver {
  let lines: RecordLine[] = []
  let newest: Extract<RunEffect, { type: 'save' }> | null = null
  let writing = false
  let cancel: (() => void) | null = null
  const write = async (): Promise<void> => {
    cancel?.()
    cancel = null
    if (newest === null || writing) return
    writing = true
    const [due, dueLines] = [newest, lines]
    newest = null
    lines = []
    await store.save(run, dueLines, due.checkpoint())
    writing = false
    durable(due.closed)
    next()
  }
  const begin = (): void => void write().catch(failed)
  const next = (): void => {
    if (newest === null || writing) return
    if (newest.isAwaited || lines.length >= TOGETHER) begin()
    else cancel ??= clock.after(TOGETHER_MS, begin)
  }
  return {
    save(effect) {
      newest = effect
      lines.push(effect.line)
      next()
    },
    drop() {
      cancel?.()
      newest = null
    },
  }
}
