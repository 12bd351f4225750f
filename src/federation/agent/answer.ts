/** What a Task is answered with, by what the agent keeps. */
import { reasonOf } from '../../protocol/session-codec.ts'
import type { TaskMessage } from '../../protocol/session-messages.ts'
import type { Worked } from '../agent-run.ts'
import { offerAt, stateAfter, type Kept, type OfferChange } from '../kept.ts'
import type { Seat } from './seat.ts'

/** An Update that was kept, or a new one, or neither; or why the Task makes no sense; or that Tasks before it are needed first. */
export type Answer =
  | { readonly frame: Uint8Array | null; readonly change: OfferChange | null }
  | { readonly refused: string; readonly isBehind: boolean }

/**
 * Works on a Task, if it was not worked on before.
 * @param after the state to work from: 0 for the first, n for the one after the Update with ordinal n - 1
 */
export function answerTo(
  { name, run }: Seat,
  kept: Kept,
  { variant, seed, frame }: TaskMessage,
  ordinal: number,
  after: number,
): Answer | Promise<Answer> {
  if (ordinal < kept.base) return { frame: null, change: null }
  const offer = offerAt(kept, ordinal)
  if (offer !== undefined) return { frame: offer.frame, change: null }
  const from = stateAfter(kept, after, () => run.init())
  if (from === null)
    return { refused: `the server asks ${name} to go on after phase ${after - 1} of run ${variant}, seed ${seed}, but ${lastKept(kept)}`, isBehind: after > kept.base } // prettier-ignore
  const answer = (done: Worked): Answer =>
    done.ok
      ? { frame: null, change: { type: 'offer', variant, seed, ordinal, ...done.value } }
      : { refused: `the task does not fit the experiment: ${reasonOf(done.issues)}`, isBehind: false }
  const work = run.work(from.state, frame)
  return work instanceof Promise ? work.then(answer) : answer(work)
}

function lastKept({ base, offers }: Kept): string {
  const last = offers.at(-1)?.ordinal ?? base - 1
  return last < 0
    ? 'it keeps nothing of this run: what it kept was lost, and without it it cannot take part in this run again'
    : `what it keeps ends with phase ${last}`
}
