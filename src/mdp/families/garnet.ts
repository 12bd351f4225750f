/** Garnet problems: random Mdps with a given number of next states per pair (Archibald, McKinnon, Thomas 1995). */
import type { Stream } from '../../numeric/stream.ts'
import { below, uniform } from '../../numeric/stream.ts'
import { equalRows, familyMdpOfRows } from '../build.ts'
import type { Built } from '../mdp.ts'

/** `branching` is the number of next states of each pair, in [1, states]. */
export interface GarnetOptions {
  readonly states: number
  readonly actions: number
  readonly branching: number
  readonly discount: number
}

/**
 * Per pair, in the order of pairs: `branching` distinct next states, uniform over all subsets; their probabilities, the gaps that
 * branching - 1 uniform cuts leave in [0, 1]; one reward, uniform in [0, 1), the same for all next states. rho is uniform.
 * Next states are listed in ascending order.
 * @throws RangeError when `branching` is out of range
 */
export function garnet({ states, actions, branching, discount }: GarnetOptions, stream: Stream): Built {
  if (!Number.isInteger(branching) || branching < 1 || branching > states)
    throw new RangeError(`garnet: branching must be an integer in [1, states = ${states}], got ${branching}`)
  const rows = equalRows(states * actions, branching)
  const drawNext = subsets(states, branching, stream)
  const cuts = new Float64Array(branching - 1)
  const sortCuts = spreadSorter(branching - 1, 1)
  for (let from = 0; from < rows.next.length; from += branching) {
    drawNext(rows.next, from)
    for (let i = 0; i < cuts.length; i++) cuts[i] = uniform(stream)
    sortCuts(cuts)
    const reward = uniform(stream)
    let last = 0
    for (let i = 0; i < branching; i++) {
      const cut = i < cuts.length ? (cuts[i] as number) : 1
      rows.probability[from + i] = cut - last
      rows.reward[from + i] = reward
      last = cut
    }
  }
  return { mdp: familyMdpOfRows({ states, actions, discount }, rows) }
}

/**
 * Draws subsets of the states, uniform over all of `count` states, into next[from .. from + count), ascending: the first steps of a
 * Fisher-Yates shuffle of an order that is never put back.
 */
function subsets(states: number, count: number, stream: Stream): (next: Uint32Array, from: number) => void {
  if (count === states) {
    // There is one subset only. Its words are drawn, so that the streams of all branchings are read alike.
    return (next, from) => {
      for (let i = 0; i < count; i++) {
        below(stream, states - i)
        next[from + i] = i
      }
    }
  }
  const order = Uint32Array.from({ length: states }, (_, state) => state)
  const chosen = new Float64Array(count)
  const sort = spreadSorter(count, states)
  return (next, from) => {
    for (let i = 0; i < count; i++) {
      const j = i + below(stream, states - i)
      const state = order[j] as number
      order[j] = order[i] as number
      order[i] = state
      chosen[i] = state
    }
    sort(chosen)
    next.set(chosen, from)
  }
}

/**
 * Sorts `count` numbers of [0, range) in place, ascending: into as many buckets, then by insertion, so that numbers which are spread evenly
 * take a time proportional to their count.
 */
function spreadSorter(count: number, range: number): (values: Float64Array) => void {
  const scale = count / range
  const place = new Uint32Array(count + 2)
  const spread = new Float64Array(count)
  return (values) => {
    place.fill(0)
    for (let i = 0; i < count; i++) {
      const bucket = Math.floor((values[i] as number) * scale)
      place[bucket + 1] = (place[bucket + 1] as number) + 1
    }
    for (let b = 1; b < place.length; b++) place[b] = (place[b] as number) + (place[b - 1] as number)
    for (let i = 0; i < count; i++) {
      const value = values[i] as number
      const bucket = Math.floor(value * scale)
      const at = place[bucket] as number
      place[bucket] = at + 1
      spread[at] = value
    }
    for (let i = 0; i < count; i++) {
      const value = spread[i] as number
      let at = i
      for (; at > 0 && (values[at - 1] as number) > value; at--) values[at] = values[at - 1] as number
      values[at] = value
    }
  }
}
