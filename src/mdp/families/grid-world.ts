/** Grid worlds from a text map, with walls and slip. */
import { familyMdp, outcomeList } from '../build.ts'
import type { Built } from '../mdp.ts'
import { cellsOf, DIRECTIONS, neighbour, textMap, uniformOver } from './map.ts'

/** The characters of a map: S start, G goal, H hole, # wall, . free. */
export const GRID_CELLS = 'SGH#.'

/** `map` holds one string a row; `slip` is a probability. */
export interface GridWorldOptions {
  readonly map: readonly string[]
  readonly slip: number
  readonly discount: number
  readonly stepReward: number
  readonly goalReward: number
  readonly holeReward: number
}

/**
 * States are the cells that are not walls, in reading order; actions are left, down, right, up. A step goes where it points with
 * probability 1 - slip and to either side of that with slip / 2; into a wall or over the edge it stays. Entering G or H ends the episode
 * with `goalReward` or `holeReward`; every other step gives `stepReward`. rho is uniform over the S cells, or over all free cells where
 * there is no S. Outcomes are listed as pointed, then the side before and the side after in the order of the actions; none of probability 0.
 * @throws RangeError on a bad map, or a slip outside [0, 1]
 */
export function gridWorld(options: GridWorldOptions): Built {
  const { slip, discount } = options
  if (!(slip >= 0 && slip <= 1)) throw new RangeError(`gridWorld: slip must be in [0, 1], got ${slip}`)
  const map = textMap('gridWorld', options.map, GRID_CELLS, 'S.')
  const open = cellsOf(map, 'SGH.')
  const state = new Int32Array(map.rows * map.columns).fill(-1)
  for (const [i, cell] of open.entries()) state[cell] = i
  const stateOf = (cell: number): number => state[cell] as number
  const rewards: Readonly<Record<string, number>> = { G: options.goalReward, H: options.holeReward }
  const outcomes = outcomeList(open.length * 12)
  for (const cell of cellsOf(map, 'S.'))
    for (let action = 0; action < 4; action++)
      for (const [turn, probability] of [
        [0, 1 - slip],
        [3, slip / 2],
        [1, slip / 2],
      ] as const) {
        if (probability === 0) continue
        const ahead = neighbour(map, cell, (action + turn) % 4)
        const next = stateOf(ahead) < 0 ? cell : ahead
        const reward = rewards[map.cells.charAt(next)] ?? options.stepReward
        outcomes.add(stateOf(cell), action, stateOf(next), probability, reward)
      }
  const starts = cellsOf(map, map.cells.includes('S') ? 'S' : '.').map(stateOf)
  const terminal = cellsOf(map, 'GH').map(stateOf)
  const initial = uniformOver(open.length, starts)
  return {
    mdp: familyMdp({ states: open.length, actions: 4, discount, initial, terminal }, outcomes),
    grid: { ...map, state, directions: DIRECTIONS },
  }
}
