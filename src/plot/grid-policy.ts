/** A policy drawn on its grid world: one arrow a cell, start, goal, holes and walls marked. */
import { cut, svgOf, textAt } from './svg.ts'

/** A grid world's picture and a policy on it; `state[cell]`, `cells[cell]` with cell = row * columns + column. */
export interface GridPolicy {
  readonly title: string
  readonly rows: number
  readonly columns: number
  /** [rows * columns] the state of each cell, -1 for none */
  readonly state: ArrayLike<number>
  /** [rows * columns] characters: S start, G goal, H or C hole or cliff, # wall, . or F free */
  readonly cells: string
  /** what each action points at: 'left' | 'down' | 'right' | 'up' | 'stay' */
  readonly directions: readonly string[]
  /** [S] the action in each state */
  readonly action: ArrayLike<number>
  /** [S] 1 where no step is ever taken: no arrow is drawn */
  readonly terminal: ArrayLike<number>
}

const ANGLE: Readonly<Record<string, number>> = { right: 0, down: 90, left: 180, up: 270 }
const GROUND: Readonly<Record<string, string>> = {
  '#': '#4a4a4a',
  H: '#c9c9c9',
  C: '#c9c9c9',
  G: '#cfe8cf',
  S: '#fdf0cf',
}
const WORDS: Readonly<Record<string, string>> = { S: 'start', G: 'goal', H: 'hole', C: 'cliff', '#': 'wall' }

/** Draws the policy. */
export function drawGridPolicy(grid: GridPolicy): string {
  const side = Math.max(10, Math.min(64, 680 / grid.columns))
  const [left, top] = [12, 12]
  const width = Math.max(280, Math.ceil(left * 2 + side * grid.columns))
  const cells = Array.from({ length: grid.rows * grid.columns }, (_, cell) =>
    drawCell(
      grid,
      cell,
      left + (cell % grid.columns) * side,
      top + Math.floor(cell / grid.columns) * side,
      side,
    ),
  )
  const marks = Object.keys(WORDS).filter((mark) => grid.cells.includes(mark))
  const bottom = top + side * grid.rows
  const description = `${grid.rows} by ${grid.columns} cells. ${sentence(grid)}`
  return svgOf(
    { width, height: bottom + 36, title: grid.title, description },
    cells.join('') + key(marks, left, bottom + 12),
  )
}

function drawCell(grid: GridPolicy, cell: number, x: number, y: number, side: number): string {
  const mark = grid.cells[cell] ?? '.'
  const square = `<rect x="${cut(x)}" y="${cut(y)}" width="${cut(side)}" height="${cut(side)}" fill="${GROUND[mark] ?? '#ffffff'}" stroke="#9a9a9a"/>`
  const letter =
    mark in WORDS && mark !== '#' && side >= 24
      ? textAt(x + 5, y + 14, mark, 'text-anchor="start" font-size="11" font-weight="bold"')
      : ''
  const direction = directionOf(grid, cell)
  return (
    square + letter + (direction === null ? '' : arrow(direction, x + side / 2, y + side / 2, side * 0.3))
  )
}

/** What the policy does in a cell; null where no state is, or where no step is ever taken (nobody stays on a cliff). */
function directionOf(
  { state, cells, terminal, action, directions }: GridPolicy,
  cell: number,
): string | null {
  const at = state[cell] ?? -1
  if (at < 0 || terminal[at] === 1 || cells[cell] === 'C') return null
  return directions[action[at] as number] ?? null
}

function arrow(direction: string, x: number, y: number, reach: number): string {
  const angle = ANGLE[direction]
  if (angle === undefined)
    return `<circle cx="${cut(x)}" cy="${cut(y)}" r="${cut(reach / 3)}" fill="#0072b2"/>`
  const head = cut(reach * 0.55)
  const shape = `M${cut(-reach)} 0H${cut(reach)}M${cut(reach - reach * 0.55)} -${head}L${cut(reach)} 0L${cut(reach - reach * 0.55)} ${head}`
  const stroke = `fill="none" stroke="#0072b2" stroke-width="${cut(Math.max(1, reach / 6))}" stroke-linecap="round" stroke-linejoin="round"`
  return `<path transform="translate(${cut(x)},${cut(y)}) rotate(${angle})" d="${shape}" ${stroke}/>`
}

function key(marks: readonly string[], x: number, y: number): string {
  const entry = (mark: string, i: number): string =>
    `<rect x="${cut(x + i * 66)}" y="${cut(y)}" width="14" height="14" fill="${GROUND[mark] as string}" stroke="#9a9a9a"/>` +
    textAt(x + i * 66 + 19, y + 12, WORDS[mark] as string, 'text-anchor="start" font-size="12"')
  return marks.map(entry).join('')
}

/** The policy in words, for those who cannot see it: the rows from top to bottom. */
function sentence(grid: GridPolicy): string {
  const row = (index: number): string =>
    Array.from(
      { length: grid.columns },
      (_, column) =>
        directionOf(grid, index * grid.columns + column) ??
        WORDS[grid.cells[index * grid.columns + column] ?? ''] ??
        'none',
    ).join(' ')
  return Array.from(
    { length: Math.min(grid.rows, 12) },
    (_, index) => `Row ${index + 1}: ${row(index)}.`,
  ).join(' ')
}
