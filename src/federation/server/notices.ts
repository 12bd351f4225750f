/** What a server tells of bad agents, held down: who sends rubbish must not fill a disk with logs. */
import type { Clock } from '../clock.ts'
import type { ServerNotice } from './options.ts'

/** So many are told at once, and then one more in so long, ms. */
const MOST = 50
const MORE_MS = 1000

/**
 * Tells every notice; of Updates that were refused, and of those who were sent away, at most {@link MOST} each at once, and how many were
 * left out.
 */
export function limited(
  tell: (notice: ServerNotice) => void,
  clock: Pick<Clock, 'now'>,
): (notice: ServerNotice) => void {
  const quotas = { refused: new Quota(clock), 'turned-away': new Quota(clock) }
  return (notice) => {
    if (notice.type !== 'refused' && notice.type !== 'turned-away') return tell(notice)
    const hidden = quotas[notice.type].take()
    if (hidden === null) return
    tell(hidden === 0 ? notice : { ...notice, reason: `${notice.reason} (and ${hidden} more were not told)` })
  }
}

/** How many notices may still be told. */
class Quota {
  readonly #clock: Pick<Clock, 'now'>
  #left = MOST
  #at: number
  #hidden = 0

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock
    this.#at = clock.now()
  }

  /** how many were left out since the last one that was told; null where this one is left out too */
  take(): number | null {
    const more = Math.floor((this.#clock.now() - this.#at) / MORE_MS)
    this.#at += more * MORE_MS
    this.#left = Math.min(MOST, this.#left + more)
    if (this.#left === 0) {
      this.#hidden++
      return null
    }
    this.#left--
    const hidden = this.#hidden
    this.#hidden = 0
    return hidden
  }
}
