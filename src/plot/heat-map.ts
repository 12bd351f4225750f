/** A heat map in classes: rows against columns, each class one shade, zero set apart. */
import { cut, escapeXml, svgOf, textAt, textWidth } from './svg.ts'
import { tickText } from './scale.ts'

/** What a heat map shows: `value[row * columns + column]` >= 0. */
export interface HeatMap {
  readonly title: string
  readonly rows: number
  readonly columns: number
  readonly value: ArrayLike<number>
  /** how many things the rows and columns stand for, where they are means over blocks of about equal size */
  readonly rowCount: number
  readonly columnCount: number
  /** what a row and a column are, e.g. 'agent' */
  readonly rowLabel: string
  readonly columnLabel: string
  /** what the numbers are, with their unit */
  readonly valueLabel: string
}

/** Light to dark in equal steps of lightness (ColorBrewer Blues), so that the order is kept in grey. */
const SHADES = [
  '#deebf7',
  '#c6dbef',
  '#9ecae1',
  '#6baed6',
  '#4292c6',
  '#2171b5',
  '#08519c',
  '#08306b',
] as const
const ZERO = '#ffffff'

const WIDTH = 720
const MARGIN = { top: 14, right: 20, left: 70 }

/** Draws a heat map; the description says when it shows means of blocks of rows and columns. */
export function drawHeatMap(map: HeatMap): string {
  const { rows, columns } = map
  const cells = Float64Array.from(map.value)
  const side = Math.max(2.5, Math.min(26, (WIDTH - MARGIN.left - MARGIN.right) / columns))
  const cellHeight = Math.max(side, rows > 20 ? 4 : 14)
  const plot = { x: MARGIN.left, y: MARGIN.top, width: side * columns, height: cellHeight * rows }
  const bottom = plot.y + plot.height
  const bounds = classBounds(cells)
  const body = [
    `<rect x="${plot.x}" y="${plot.y}" width="${cut(plot.width)}" height="${cut(plot.height)}" fill="${ZERO}"/>`,
    ...SHADES.map((shade, level) => shadePath(cells, columns, bounds, level, shade, side, cellHeight)),
    `<rect x="${plot.x}" y="${plot.y}" width="${cut(plot.width)}" height="${cut(plot.height)}" fill="none" stroke="#808080"/>`,
    ...indexTicks(map.columnCount, columns).map(([at, index]) =>
      textAt(plot.x + (at + 0.5) * side, bottom + 17, String(index)),
    ),
    ...indexTicks(map.rowCount, rows).map(([at, index]) =>
      textAt(plot.x - 8, plot.y + (at + 0.5) * cellHeight + 4.5, String(index), 'text-anchor="end"'),
    ),
    textWidth(map.columnLabel) > plot.width
      ? textAt(plot.x, bottom + 38, map.columnLabel, 'text-anchor="start"')
      : textAt(plot.x + plot.width / 2, bottom + 38, map.columnLabel),
    `<text transform="translate(20,${cut(plot.y + plot.height / 2)}) rotate(-90)">${escapeXml(map.rowLabel)}</text>`,
    key(bounds, map.valueLabel, bottom + 56),
  ]
  return svgOf(
    { width: WIDTH, height: bottom + 116, title: map.title, description: describe(map) },
    body.join(''),
  )
}

/** Lower bounds of the classes, rising: equal ratios where the positive values span more than a decade, else equal steps. */
function classBounds(cells: Float64Array): number[] {
  const positive = cells.filter((value) => value > 0).toSorted()
  if (positive.length === 0) return []
  const high = positive.at(-1) as number
  // What lies more than four decades below the largest shares the lightest shade: remnants of rounding would take all others.
  const low = Math.max(positive[0] as number, high / 1e4)
  if (low === high) return [low]
  const at = (share: number): number =>
    high / low > 10 ? low * (high / low) ** share : low + (high - low) * share
  return SHADES.map((_, level) => (level === 0 ? 0 : at(level / SHADES.length)))
}

const levelOf = (value: number, bounds: readonly number[]): number => {
  if (value <= 0) return -1
  if (bounds.length === 1) return SHADES.length - 3
  return bounds.findLastIndex((bound) => value >= bound)
}

/** All cells of one class as one path; neighbours in a row are one rectangle. */
function shadePath(
  cells: Float64Array,
  columns: number,
  bounds: readonly number[],
  level: number,
  shade: string,
  width: number,
  height: number,
): string {
  let path = ''
  for (let cell = 0; cell < cells.length; cell++) {
    if (levelOf(cells[cell] as number, bounds) !== level) continue
    const from = cell
    while ((cell + 1) % columns !== 0 && levelOf(cells[cell + 1] as number, bounds) === level) cell++
    const x = MARGIN.left + (from % columns) * width
    const y = MARGIN.top + Math.floor(from / columns) * height
    path += `M${cut(x)} ${cut(y)}h${cut((cell - from + 1) * width)}v${cut(height)}H${cut(x)}z`
  }
  return path === '' ? '' : `<path fill="${shade}" d="${path}"/>`
}

/** Where labels stand among `shown` cells, and the index each names: about ten round ones. */
function indexTicks(all: number, shown: number): [at: number, index: number][] {
  const step =
    [1, 2, 5]
      .flatMap((digit) => [1, 10, 100, 1000, 10000, 100000].map((power) => digit * power))
      .toSorted((a, b) => a - b)
      .find((size) => all / size <= 12) ?? all
  return Array.from({ length: Math.ceil(all / step) }, (_, i) => [
    ((i * step + 0.5) * shown) / all - 0.5,
    i * step,
  ])
}

/** The classes and what they stand for. */
function key(bounds: readonly number[], label: string, y: number): string {
  const shown =
    bounds.length === 1
      ? [{ shade: SHADES[SHADES.length - 3] as string, text: tickText(round(bounds[0] as number)) }]
      : bounds.map((bound, level) => ({
          shade: SHADES[level] as string,
          text: level === 0 ? '> 0' : `≥ ${tickText(round(bound))}`,
        }))
  const entries = [{ shade: ZERO, text: '0' }, ...shown]
  const width = (WIDTH - MARGIN.left - MARGIN.right) / 9
  const box = (i: number): string =>
    `<rect x="${cut(MARGIN.left + i * width)}" y="${cut(y)}" width="${cut(width)}" height="14" fill="${(entries[i] as { shade: string }).shade}" stroke="#808080"/>`
  return (
    entries
      .map(({ text }, i) => box(i) + textAt(MARGIN.left + (i + 0.5) * width, y + 29, text, 'font-size="11"'))
      .join('') + textAt(MARGIN.left, y + 50, label, 'text-anchor="start"')
  )
}

const round = (value: number): number => Number(value.toPrecision(2))

function describe({
  rows,
  columns,
  rowCount,
  columnCount,
  rowLabel,
  columnLabel,
  valueLabel,
}: HeatMap): string {
  const whole = rows === rowCount && columns === columnCount
  const size = `${rowCount} rows (${rowLabel}) by ${columnCount} columns (${columnLabel})`
  return `${valueLabel}; ${size}${whole ? '' : `, averaged over blocks to ${rows} by ${columns}`}.`
}
