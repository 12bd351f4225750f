/**
 * What an agent keeps of the run that is under way, so that nothing is lost and nothing counts twice: the state after its last Update that is
 * durable at the server, and its Updates since. Pure. Ordinal n = round * phases + phase.
 */
import type { RunKey } from './served-run.ts'

/** An Update that the server has not said to be durable. */
export interface Offer {
  /** of the Task that it answers */
  readonly ordinal: number
  /** the agent's state after it */
  readonly state: unknown
  /** the Update, a frame */
  readonly frame: Uint8Array
}

/** What an agent keeps. */
export interface Kept extends RunKey {
  /** the ordinal + 1 of the last durable Update, 0 before the first */
  readonly base: number
  /** the state after that Update; null where base is 0: then it is the first state of the run */
  readonly state: unknown
  /** ascending */
  readonly offers: readonly Offer[]
}

/** A new Update. */
export type OfferChange = { readonly type: 'offer' } & RunKey & Offer

/** What changes it. */
export type KeptChange =
  OfferChange | ({ readonly type: 'durable' | 'dropped'; readonly ordinal: number } & RunKey)

/** Nothing yet of a run. */
export const nothingKept = ({ variant, seed }: RunKey): Kept => ({
  variant,
  seed,
  base: 0,
  state: null,
  offers: [],
})

/** Whether two are the same run. */
export const sameRun = (one: RunKey, other: RunKey): boolean =>
  one.variant === other.variant && one.seed === other.seed

/** What is kept after a change. An offer of another run begins that run; other news of one that is not kept are old, and change nothing. */
export function changed(kept: Kept | null, change: KeptChange): Kept | null {
  const { ordinal } = change
  const own = kept !== null && sameRun(kept, change) ? kept : null
  if (change.type === 'offer') {
    const before = own ?? nothingKept(change)
    const { state, frame } = change
    return { ...before, offers: inserted(before.offers, { ordinal, state, frame }) }
  }
  if (own === null) return kept
  const offer = offerAt(own, ordinal)
  if (offer === undefined) return own
  if (change.type === 'dropped') return { ...own, offers: own.offers.filter((other) => other !== offer) }
  const offers = own.offers.filter((other) => other.ordinal > ordinal)
  return { ...own, base: ordinal + 1, state: offer.state, offers }
}

const inserted = (offers: readonly Offer[], offer: Offer): Offer[] =>
  (offers.at(-1)?.ordinal ?? -1) < offer.ordinal
    ? [...offers, offer]
    : [...offers.filter(({ ordinal }) => ordinal !== offer.ordinal), offer].toSorted(
        (one, other) => one.ordinal - other.ordinal,
      )

/** The offer for the Task with this ordinal, where there is one. */
export const offerAt = ({ offers }: Kept, ordinal: number): Offer | undefined =>
  offers.find((offer) => offer.ordinal === ordinal)

/**
 * The state that a Task is to be worked on from: `after` is 0 for the first of the run, n > 0 for the one after the Update with ordinal n - 1.
 * @returns null where the agent does not have it
 */
export function stateAfter(
  kept: Kept,
  after: number,
  first: () => unknown,
): { readonly state: unknown } | null {
  if (after === kept.base) return { state: after === 0 ? first() : kept.state }
  const offer = after > kept.base ? offerAt(kept, after - 1) : undefined
  return offer === undefined ? null : { state: offer.state }
}
