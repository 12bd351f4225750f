/** A small chart for the terminal, in braille dots or plain ASCII: axis numbers, a legend, no colours unless asked for. */
import { axisOf, tickText } from './scale.ts'

/** One named line. */
export interface TerminalSeries {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

/** How a terminal chart looks. */
export interface TerminalOptions {
  /** characters, the numbers of the y axis included; default 72, at least 24 */
  readonly width?: number
  /** lines of the plot itself; default 14, at least 4 */
  readonly height?: number
  /** default false; positive numbers only, others are left out */
  readonly logX?: boolean
  readonly logY?: boolean
  readonly xLabel: string
  readonly yLabel: string
  /** only characters of ASCII; default false */
  readonly ascii?: boolean
  /** ANSI colours; default false */
  readonly colour?: boolean
}

const GLYPHS = {
  unicode: ['●', '▲', '■', '◆', '○', '△', '□', '◇'],
  ascii: ['o', 'x', '+', '*', '#', '@', '%', '&'],
} as const
/** ANSI foregrounds that stand out on dark and light grounds */
const COLOURS = [34, 31, 32, 35, 36, 33, 94, 90] as const
/** the bit of braille dot (column, row) within a character of 2 x 4 */
const DOTS = [
  [1, 2, 4, 64],
  [8, 16, 32, 128],
] as const

interface Canvas {
  /** in characters */
  readonly width: number
  readonly height: number
  /** [width * height] braille dots of the lines */
  readonly dots: Uint8Array
  /** [width * height] 1 + the series whose glyph stands there, or 0 */
  readonly glyph: Uint8Array
  /** [width * height] 1 + the series whose line runs there, or 0 */
  readonly owner: Uint8Array
}

/** Draws the series; points that are not finite are left out. Without any point it says so. */
export function terminalChart(series: readonly TerminalSeries[], options: TerminalOptions): string {
  const {
    width = 72,
    height = 14,
    logX = false,
    logY = false,
    xLabel,
    yLabel,
    ascii = false,
    colour = false,
  } = options
  const lines = series.map(({ points }) =>
    points.filter(
      ([x, y]) => Number.isFinite(x) && Number.isFinite(y) && (!logX || x > 0) && (!logY || y > 0),
    ),
  )
  if (lines.every((points) => points.length === 0)) return `${yLabel}: nothing to draw`
  const xs = extent(lines.flatMap((points) => points.map(([x]) => x)))
  const y = axisOf(
    lines.flatMap((points) => points.map(([, value]) => value)),
    logY ? 'log' : 'linear',
    true,
  )
  const rows = Math.max(4, height)
  const rise = (value: number): number => share(value, y.domain[0], y.domain[1], y.type === 'log')
  const rowOf = (value: number): number => Math.round((1 - rise(value)) * (rows - 1))
  const labels = tickRows(y.ticks, rowOf)
  const gutter = Math.max(...[...labels.values()].map((text) => text.length)) + 1
  const canvas = emptyCanvas(Math.max(24, width) - gutter - 2, rows)
  lines.forEach((points, index) =>
    plot(
      canvas,
      points.map(([x, value]) => [share(x, xs[0], xs[1], logX), rise(value)]),
      index,
    ),
  )
  const paint = (text: string, index: number): string =>
    colour ? `\u001b[${COLOURS[index % COLOURS.length] as number}m${text}\u001b[39m` : text
  const glyphs = ascii ? GLYPHS.ascii : GLYPHS.unicode
  const bar = ascii ? '|' : '│'
  const body = Array.from({ length: rows }, (_, row) =>
    `${(labels.get(row) ?? '').padStart(gutter)}${bar}${rowText(canvas, row, glyphs, ascii, paint)}`.trimEnd(),
  )
  const legend = series.map(({ name }, i) => `${paint(glyphs[i % glyphs.length] as string, i)} ${name}`)
  return [
    yLabel,
    ...body,
    ...xAxis(canvas.width, gutter, xs, ascii),
    centred(xLabel, gutter + 1, canvas.width),
    ...legend.map((text) => ' '.repeat(gutter + 1) + text),
  ].join('\n')
}

function extent(values: readonly number[]): [number, number] {
  return values.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Infinity, -Infinity],
  )
}

/** Where `value` lies between low (0) and high (1); the middle where they are equal. */
function share(value: number, low: number, high: number, log: boolean): number {
  if (low === high) return 0.5
  return log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low)
}

/** The text of each row that a tick falls on, rows at least two apart; the axis' lowest and highest ticks come first. */
function tickRows(ticks: readonly number[], rowOf: (tick: number) => number): Map<number, string> {
  const labels = new Map<number, string>()
  const ends = [ticks[0], ticks.at(-1)].filter((tick) => tick !== undefined)
  for (const tick of [...ends, ...ticks]) {
    const row = rowOf(tick)
    if (![row - 1, row, row + 1].some((near) => labels.has(near))) labels.set(row, tickText(tick))
  }
  return labels
}

function emptyCanvas(width: number, height: number): Canvas {
  const cells = width * height
  return {
    width,
    height,
    dots: new Uint8Array(cells),
    glyph: new Uint8Array(cells),
    owner: new Uint8Array(cells),
  }
}

/** Puts one line on the canvas; points in [0, 1] x [0, 1], y upwards. Its glyph stands at about six of them. */
function plot(canvas: Canvas, points: readonly (readonly [number, number])[], index: number): void {
  const dot = ([x, y]: readonly [number, number]): [number, number] => [
    Math.round(x * (canvas.width * 2 - 1)),
    Math.round((1 - y) * (canvas.height * 4 - 1)),
  ]
  const placed = points.map(dot)
  placed.forEach((to, i) => stroke(canvas, placed[Math.max(0, i - 1)] ?? to, to, index))
  const gap = Math.max(1, Math.floor(placed.length / 6))
  const first = Math.floor((index * gap) / 3) % gap
  for (let i = first; i < placed.length; i += gap) {
    const [x, y] = placed[i] as [number, number]
    canvas.glyph[(y >> 2) * canvas.width + (x >> 1)] = index + 1
  }
}

function stroke(
  canvas: Canvas,
  from: readonly [number, number],
  to: readonly [number, number],
  index: number,
): void {
  const steps = Math.max(1, Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1]))
  for (let i = 0; i <= steps; i++) {
    const x = Math.round(from[0] + ((to[0] - from[0]) * i) / steps)
    const y = Math.round(from[1] + ((to[1] - from[1]) * i) / steps)
    const cell = (y >> 2) * canvas.width + (x >> 1)
    canvas.dots[cell] = (canvas.dots[cell] as number) | (DOTS[(x & 1) as 0][(y & 3) as 0] as number)
    canvas.owner[cell] = index + 1
  }
}

function rowText(
  canvas: Canvas,
  row: number,
  glyphs: readonly string[],
  ascii: boolean,
  paint: (text: string, index: number) => string,
): string {
  const cell = (column: number): string => {
    const at = row * canvas.width + column
    const glyph = canvas.glyph[at] as number
    if (glyph > 0) return paint(glyphs[(glyph - 1) % glyphs.length] as string, glyph - 1)
    const dots = canvas.dots[at] as number
    if (dots === 0) return ' '
    return paint(ascii ? '.' : String.fromCodePoint(0x2800 + dots), (canvas.owner[at] as number) - 1)
  }
  return Array.from({ length: canvas.width }, (_, column) => cell(column)).join('')
}

function xAxis(
  width: number,
  gutter: number,
  [low, high]: readonly [number, number],
  ascii: boolean,
): string[] {
  const [from, to] = [tickText(low), tickText(high)]
  const line = ' '.repeat(gutter) + (ascii ? `+${'-'.repeat(width)}` : `└${'─'.repeat(width)}`)
  const between = width - from.length - to.length
  return [
    line,
    ' '.repeat(gutter + 1) + (low === high || between < 1 ? from : from + ' '.repeat(between) + to),
  ]
}

const centred = (text: string, from: number, width: number): string =>
  ' '.repeat(from + Math.max(0, Math.floor((width - text.length) / 2))) + text
