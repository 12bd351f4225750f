/** Garnet problems: random Mdps with a given number of next states per pair (Archibald, McKinnon, Thomas 1995). */
import type { Stream } from '../../numeric/stream.ts'
import { below, uniform } from '../../numeric/stream.ts'
import { familyMdp, outcomeList } from '../build.ts'
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
  const outcomes = outcomeList(states * actions * branching)
  const order = Uint32Array.from({ length: states }, (_, state) => state)
  for (let pair = 0; pair < states * actions; pair++) {
    const next = someOf(order, branching, stream).toSorted()
    const cuts = Float64Array.from({ length: branching + 1 }, (_, i) =>
      i === 0 ? 0 : i === branching ? 1 : uniform(stream),
    )
    cuts.sort()
    const reward = uniform(stream)
    for (let i = 0; i < branching; i++) {
      const probability = (cuts[i + 1] as number) - (cuts[i] as number)
      outcomes.add(Math.floor(pair / actions), pair % actions, next[i] as number, probability, reward)
    }
  }
  return { mdp: familyMdp({ states, actions, discount }, outcomes) }
}

/** `count` distinct entries of `order`, uniform over subsets: the first steps of a Fisher-Yates shuffle, which it leaves behind. */
function someOf(order: Uint32Array, count: number, stream: Stream): Uint32Array {
  for (let i = 0; i < count; i++) {
    const j = i + below(stream, order.length - i)
    const swapped = order[i] as number
    order[i] = order[j] as number
    order[j] = swapped
  }
  return order.slice(0, count)
}
