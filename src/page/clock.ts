/** The time of a page or its worker. */
import type { Clock } from '../federation/clock.ts'

/** Milliseconds since the page or the worker was loaded. */
export const clock: Clock = {
  now: () => performance.now(),
  after(ms, ring) {
    const timer = setTimeout(ring, ms)
    return () => clearTimeout(timer)
  },
}
