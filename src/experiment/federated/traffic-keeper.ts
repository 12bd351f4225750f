/** Writes down from time to time what went between a server and its agents, so that `kill -9` loses the counts of some seconds at most. */
import type { Clock } from '../../federation/clock.ts'

/** Between two looks, ms. */
const EVERY_MS = 5000

/** Keeps the traffic of one server until it ends. */
export interface TrafficKeeper {
  /** Writes it down for the last time. @throws what writing throws */
  end(): Promise<void>
}

/**
 * Writes the traffic down every 5 s, if it has grown, beside whatever else the server does and never twice at once. What cannot be written
 * is tried again: a disk that is full stops the server at its next checkpoint.
 * @param counted grows with the traffic
 */
export function keepTraffic(
  clock: Pick<Clock, 'after'>,
  counted: () => number,
  write: () => Promise<void>,
): TrafficKeeper {
  let written = counted()
  let writing: Promise<void> = Promise.resolve()
  let cancel = clock.after(EVERY_MS, look)
  let isOver = false
  function look(): void {
    const now = counted()
    const grown = now === written ? Promise.resolve() : write().then(() => void (written = now))
    writing = grown
      .catch(() => undefined)
      .then(() => {
        if (!isOver) cancel = clock.after(EVERY_MS, look)
      })
  }
  return {
    async end() {
      isOver = true
      cancel()
      await writing
      await write()
    },
  }
}
