/** How long one waits before one asks a server again: a little at first, twice as long each time, up to some seconds. */

/** The first pause, ms. */
export const FIRST_PAUSE = 250

const LONGEST_PAUSE = 10_000

/** The pause that follows one of so many ms. */
export const longer = (ms: number): number => Math.min(2 * ms, LONGEST_PAUSE)
