/** Work that is done once for observations that follow one another and are equal: acting, then asking for the probability of the action. */
import type { Point } from '../environment.ts'

/** `work`, skipped where the observation equals the one before. Observations are copied: their owner may write the next one into them. */
export function remembering(work: (observation: Point) => void): (observation: Point) => void {
  let last: Point = NaN
  return (observation) => {
    if (equal(observation, last)) return
    work(observation)
    if (typeof observation === 'number') last = observation
    else if (typeof last !== 'number' && last.length === observation.length) last.set(observation)
    else last = observation.slice()
  }
}

function equal(a: Point, b: Point): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
