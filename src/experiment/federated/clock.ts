/** The time that whoever takes part in a federation goes by: of a process, a page or its worker. */
import type { Clock } from '../../federation/clock.ts'

/** Milliseconds since the program was started, or the page or its worker loaded; never goes back. */
export const clock: Clock = {
  now: () => performance.now(),
  after(ms, ring) {
    const timer = setTimeout(ring, ms)
    return () => clearTimeout(timer)
  },
}
