/** Text maps of grid worlds: what a map may hold, and moves on it. */
import type { Issue } from '../../numeric/result.ts'

/** Steps (row, column) of the four directions of Gymnasium's FrozenLake, in the order of its actions. */
export const DIRECTIONS = ['left', 'down', 'right', 'up'] as const
const STEPS = [
  [0, -1],
  [1, 0],
  [0, 1],
  [-1, 0],
] as const

/** A rectangle of characters. */
export interface TextMap {
  readonly rows: number
  readonly columns: number
  /** [rows * columns] */
  readonly cells: string
}

/**
 * What is wrong with a map: no lines, lines of different lengths, a character that is not allowed, no cell to start from.
 * @param allowed the characters a cell may be
 * @param start the characters of which at least one cell must be
 */
export function mapIssues(lines: readonly string[], allowed: string, start: string): Issue[] {
  const width = lines[0]?.length ?? 0
  if (width === 0) return [{ path: [], message: 'expected a map of at least one cell, got none' }]
  const found: Issue[] = []
  for (const [row, line] of lines.entries()) {
    if (line.length !== width)
      found.push({ path: [row], message: `expected ${width} cells as in the first row, got ${line.length}` })
    const column = line.split('').findIndex((cell) => !allowed.includes(cell))
    if (column >= 0)
      found.push({
        path: [row],
        message: `expected cells of "${allowed}", got "${line[column]}" at column ${column + 1}`,
      })
  }
  if (
    !lines
      .join('')
      .split('')
      .some((cell) => start.includes(cell))
  )
    found.push({ path: [], message: `expected at least one cell of "${start}" to start from, got none` })
  return found
}

/** @throws RangeError with the first fault of the map */
export function textMap(caller: string, lines: readonly string[], allowed: string, start: string): TextMap {
  const [issue] = mapIssues(lines, allowed, start)
  if (issue !== undefined)
    throw new RangeError(`${caller}: map${issue.path.map((row) => `[${row}]`).join('')}: ${issue.message}`)
  return { rows: lines.length, columns: (lines[0] as string).length, cells: lines.join('') }
}

/** The cell that a step from `cell` in a direction (index into {@link DIRECTIONS}) ends in: the same one at the edge. */
export function neighbour(map: TextMap, cell: number, direction: number): number {
  const [down, right] = STEPS[direction as 0]
  const row = Math.floor(cell / map.columns) + down
  const column = (cell % map.columns) + right
  const inside = row >= 0 && row < map.rows && column >= 0 && column < map.columns
  return inside ? row * map.columns + column : cell
}

/** The cells whose character is one of `kinds`, in order. */
export function cellsOf(map: TextMap, kinds: string): number[] {
  return map.cells.split('').flatMap((cell, i) => (kinds.includes(cell) ? [i] : []))
}

/** rho, [states], uniform over the listed states. */
export function uniformOver(states: number, list: readonly number[]): Float64Array {
  const initial = new Float64Array(states)
  for (const state of list) initial[state] = 1 / list.length
  return initial
}
