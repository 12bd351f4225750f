/** FrozenLake-v1 of Gymnasium: state numbering, transitions, rewards and start law are those of its documentation and of its `P`. */
import { familyMdp, outcomeList } from '../build.ts'
import type { Built } from '../mdp.ts'
import { cellsOf, DIRECTIONS, neighbour, textMap, uniformOver } from './map.ts'

/** The characters of a map: S start, F frozen, H hole, G goal. */
export const LAKE_CELLS = 'SFHG'

/** Gymnasium's two maps. */
const MAPS = {
  '4x4': ['SFFF', 'FHFH', 'FFFH', 'HFFG'],
  '8x8': ['SFFFFFFF', 'FFFFFFFF', 'FFFHFFFF', 'FFFFFHFF', 'FFFHFFFF', 'FHHFFFHF', 'FHFFHFHF', 'FFFHFFFG'],
} as const

/** `map` names one of Gymnasium's maps, or holds one string a row. */
export interface FrozenLakeOptions {
  readonly map: '4x4' | '8x8' | readonly string[]
  readonly slippery: boolean
  readonly discount: number
}

/**
 * State = row * columns + column; actions are left, down, right, up. On slippery ice the step goes in the direction before, at or after
 * the chosen one, with probability 1/3 each, listed in that order; otherwise as chosen. Entering G gives 1, all else 0; H and G are
 * terminal. rho is uniform over the S cells.
 * @throws RangeError on a bad map
 */
export function frozenLake({ map: chosen, slippery, discount }: FrozenLakeOptions): Built {
  const lines = typeof chosen === 'string' ? MAPS[chosen] : chosen
  const map = textMap('frozenLake', lines, LAKE_CELLS, 'S')
  const states = map.cells.length
  const outcomes = outcomeList(states * 12)
  for (const cell of cellsOf(map, 'SF'))
    for (let action = 0; action < 4; action++)
      for (const turn of slippery ? [3, 0, 1] : [0]) {
        const next = neighbour(map, cell, (action + turn) % 4)
        outcomes.add(cell, action, next, slippery ? 1 / 3 : 1, map.cells[next] === 'G' ? 1 : 0)
      }
  const initial = uniformOver(states, cellsOf(map, 'S'))
  const state = Int32Array.from({ length: states }, (_, cell) => cell)
  return {
    mdp: familyMdp({ states, actions: 4, discount, initial, terminal: cellsOf(map, 'HG') }, outcomes),
    grid: { ...map, cells: map.cells.replaceAll('F', '.'), state, directions: DIRECTIONS },
  }
}
