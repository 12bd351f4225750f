/** Time as a federation needs it: none of it enters a result, so whoever runs one brings it along. */

/** A clock that never goes back, and its alarms. */
export interface Clock {
  /** ms since some moment */
  now(): number
  /**
   * Calls `ring` once, after `ms` or soon after.
   * @returns takes the alarm back
   */
  after(ms: number, ring: () => void): () => void
}

/** Resolves after `ms`, or as soon as `signal` is aborted. */
export function pause(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(ms, done)
    function done(): void {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    if (signal?.aborted === true) done()
    else signal?.addEventListener('abort', done)
  })
}
