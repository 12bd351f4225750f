/** Numbers and actions kept within their borders: policies draw from all numbers, a box has ends. */
import type { Point, Space } from '../environment.ts'

/** x within [low, high]. */
export const clip = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high)

/**
 * Moves a vector that lies outside a box to its border; leaves all else as it is.
 * @returns a function whose vectors lie in a workspace that its next call overwrites
 */
export function clipTo(space: Space): (action: Point) => Point {
  if (space.kind === 'discrete') return (action) => action
  const { low, high } = space
  const clipped = new Float64Array(low.length)
  return (action) => {
    if (typeof action === 'number') return action
    for (let i = 0; i < clipped.length; i++)
      clipped[i] = clip(action[i] as number, low[i] as number, high[i] as number)
    return clipped
  }
}
