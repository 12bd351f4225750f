/** CliffWalking-v1 of Gymnasium (Sutton and Barto, example 6.6): numbering, transitions, rewards and start law are those of its `P`. */
import { familyMdp, outcomeList } from '../build.ts'
import type { Built } from '../mdp.ts'
import { cellsOf, neighbour, textMap, uniformOver } from './map.ts'

const LINES = ['............', '............', '............', 'SCCCCCCCCCCG']
const ACTIONS = ['up', 'right', 'down', 'left'] as const
/** The directions of `neighbour` (left, down, right, up), in the order of the actions. */
const HEADINGS = [3, 2, 1, 0] as const

/** `slippery`: whether a step may go to either side of the chosen direction. */
export interface CliffWalkingOptions {
  readonly slippery: boolean
  readonly discount: number
}

/**
 * State = row * 12 + column on a map of 4 rows; actions are up, right, down, left. Every step gives -1; one onto the cliff (37 to 46)
 * gives -100 and leads back to the start (36), without an end. The goal (47) is terminal. Slippery steps go in the direction before, at
 * or after the chosen one with probability 1/3 each, listed in that order. The cliff cells are states, as in Gymnasium: never entered.
 */
export function cliffWalking({ slippery, discount }: CliffWalkingOptions): Built {
  const map = textMap('cliffWalking', LINES, 'SCG.', 'S')
  const states = map.cells.length
  const start = map.cells.indexOf('S')
  const outcomes = outcomeList(states * 12)
  for (const cell of cellsOf(map, 'SC.'))
    for (let action = 0; action < 4; action++)
      for (const turn of slippery ? [3, 0, 1] : [0]) {
        const next = neighbour(map, cell, HEADINGS[((action + turn) % 4) as 0])
        const fell = map.cells[next] === 'C'
        outcomes.add(cell, action, fell ? start : next, slippery ? 1 / 3 : 1, fell ? -100 : -1)
      }
  const initial = uniformOver(states, [start])
  const state = Int32Array.from({ length: states }, (_, cell) => cell)
  return {
    mdp: familyMdp({ states, actions: 4, discount, initial, terminal: cellsOf(map, 'G') }, outcomes),
    grid: { ...map, state, directions: ACTIONS },
  }
}
