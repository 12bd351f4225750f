/** The legend of a chart: stands below it, so that it hides nothing. */
import * as Plot from '@observablehq/plot'
import { FAINT, INK, type Look } from './palette.ts'
import { contentOf, FONT, FONT_SIZE, shortened, textWidth, type SvgDocument, type SvgElement } from './svg.ts'

/** One line of a legend. */
export type LegendEntry =
  | { readonly kind: 'series' | 'published'; readonly name: string; readonly look: Look }
  | { readonly kind: 'reference'; readonly name: string }

const ROW = 22
const SWATCH = 34
const LEFT = 20
const MOST_CHARACTERS = 76

/** Markup of a legend `width` px wide, and its height, px. Entries stand in one row, or in columns as wide as the longest name. */
export function legendOf(
  document: SvgDocument,
  entries: readonly LegendEntry[],
  width: number,
): { markup: string; height: number } {
  const names = entries.map(({ name }) => shortened(name, MOST_CHARACTERS))
  const places = placesOf(names, width)
  const height = (places.at(-1)?.y ?? 0) + ROW / 2 + 8
  const marks = entries.flatMap((entry, i) => {
    const { x, y } = places[i] as Place
    return [...swatch(entry, x, y), label(names[i] as string, x, y)]
  })
  const drawn = Plot.plot({
    document: document as never,
    width,
    height,
    margin: 0,
    style: { fontFamily: FONT, fontSize: `${FONT_SIZE}px`, color: INK },
    x: { type: 'identity', axis: null },
    y: { type: 'identity', axis: null },
    marks,
  }) as SvgElement
  return { markup: contentOf(drawn), height }
}

interface Place {
  readonly x: number
  readonly y: number
}

/** Where each entry begins: all in one row where they fit, else in columns as wide as the longest. */
function placesOf(names: readonly string[], width: number): Place[] {
  const widths = names.map((name) => textWidth(name) + SWATCH + 26)
  const whole = widths.reduce((sum, one) => sum + one, 0) <= width - LEFT
  const column = Math.max(...widths, 0)
  const columns = Math.max(1, Math.floor((width - LEFT) / column))
  const y = (row: number): number => 4 + ROW / 2 + row * ROW
  if (!whole)
    return names.map((_, i) => ({ x: LEFT + (i % columns) * column, y: y(Math.floor(i / columns)) }))
  return names.map((_, i) => ({ x: widths.slice(0, i).reduce((sum, one) => sum + one, LEFT), y: y(0) }))
}

function label(name: string, x: number, y: number): Plot.Markish {
  return Plot.text([name], { x: [x + SWATCH + 8], y: [y], text: [name], textAnchor: 'start' })
}

function swatch(entry: LegendEntry, x: number, y: number): Plot.Markish[] {
  const middle = { x: [x + SWATCH / 2], y: [y] }
  const line = (stroke: string, strokeWidth: number, strokeDasharray: string): Plot.Markish =>
    Plot.line(
      [
        [x, y],
        [x + SWATCH, y],
      ],
      { stroke, strokeWidth, strokeDasharray },
    )
  switch (entry.kind) {
    case 'series': {
      const { colour, dash, symbol } = entry.look
      return [line(colour, 2, dash), Plot.dot([0], { ...middle, symbol, fill: colour, r: 4 })]
    }
    case 'published': {
      const { colour, symbol } = entry.look
      return [Plot.dot([0], { ...middle, symbol, fill: '#ffffff', stroke: colour, strokeWidth: 1.8, r: 5 })]
    }
    case 'reference':
      return [line(FAINT, 1.5, '3 4')]
  }
}
