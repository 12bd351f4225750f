/** Taxi-v3 of Gymnasium (Dietterich 2000), and v4, which differs in settings that are off here: numbering, transitions, rewards and start law of its `P`. */
import { familyMdp, outcomeList } from '../build.ts'
import type { Built } from '../mdp.ts'
import { uniformOver } from './map.ts'

/** Where passengers wait and go, cell = row * 5 + column: red, green, yellow, blue. */
const STANDS = [0, 4, 20, 23]
/** The place of a passenger who rides. */
const IN_TAXI = 4
/** Walls between the columns of each row: a step east from, or west into, the listed column is stopped. */
const WALLS = [[1], [1], [], [0, 2], [0, 2]]

/** Taxi has no settings but the discount. */
export interface TaxiOptions {
  readonly discount: number
}

/** One decoded state. */
interface Place {
  readonly row: number
  readonly column: number
  /** index into the stands, or IN_TAXI */
  readonly passenger: number
  /** index into the stands */
  readonly goal: number
}

const encode = ({ row, column, passenger, goal }: Place): number =>
  ((row * 5 + column) * 5 + passenger) * 4 + goal

const decode = (state: number): Place => ({
  row: Math.floor(state / 100),
  column: Math.floor(state / 20) % 5,
  passenger: Math.floor(state / 4) % 5,
  goal: state % 4,
})

/**
 * State = ((row * 5 + column) * 5 + passenger) * 4 + goal, 500 of them; actions are south, north, east, west, pick up, drop off. Every
 * step gives -1, a pick-up or drop-off that cannot be -10, the drop-off at the goal 20. rho is uniform over the 300 states in which the
 * passenger waits at a stand that is not the goal.
 *
 * In Gymnasium it is the successful drop-off that terminates, here a state: the 100 states in which the passenger is at the goal. Both
 * say the same, as no other step enters one of these from a state that is not.
 */
export function taxi({ discount }: TaxiOptions): Built {
  const places = Array.from({ length: 500 }, (_, state) => decode(state))
  const outcomes = outcomeList(2400)
  for (const [state, place] of places.entries()) {
    if (place.passenger === place.goal) continue
    for (let action = 0; action < 6; action++) {
      const { next, reward } = step(place, action)
      outcomes.add(state, action, encode(next), 1, reward)
    }
  }
  const states = Array.from(places.keys())
  const terminal = states.filter((s) => places[s]?.passenger === places[s]?.goal)
  const starts = states.filter((s) => places[s]?.passenger !== IN_TAXI && !terminal.includes(s))
  return {
    mdp: familyMdp(
      { states: 500, actions: 6, discount, initial: uniformOver(500, starts), terminal },
      outcomes,
    ),
  }
}

function step(place: Place, action: number): { next: Place; reward: number } {
  const { row, column } = place
  const walls = WALLS[row] as number[]
  if (action === 0) return { next: { ...place, row: Math.min(row + 1, 4) }, reward: -1 }
  if (action === 1) return { next: { ...place, row: Math.max(row - 1, 0) }, reward: -1 }
  if (action === 2)
    return {
      next: { ...place, column: walls.includes(column) ? column : Math.min(column + 1, 4) },
      reward: -1,
    }
  if (action === 3)
    return {
      next: { ...place, column: walls.includes(column - 1) ? column : Math.max(column - 1, 0) },
      reward: -1,
    }
  return action === 4 ? pickUp(place) : dropOff(place)
}

const standAt = ({ row, column }: Place): number => STANDS.indexOf(row * 5 + column)

function pickUp(place: Place): { next: Place; reward: number } {
  const waits = place.passenger !== IN_TAXI && standAt(place) === place.passenger
  return waits ? { next: { ...place, passenger: IN_TAXI }, reward: -1 } : { next: place, reward: -10 }
}

function dropOff(place: Place): { next: Place; reward: number } {
  const stand = standAt(place)
  if (place.passenger !== IN_TAXI || stand < 0) return { next: place, reward: -10 }
  return { next: { ...place, passenger: stand }, reward: stand === place.goal ? 20 : -1 }
}
