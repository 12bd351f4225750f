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
const MOST_CHARACTERS = 76

/** Markup of a legend `width` px wide, and its height, px. Entries stand in columns as wide as the longest name. */
export function legendOf(
  document: SvgDocument,
  entries: readonly LegendEntry[],
  width: number,
): { markup: string; height: number } {
  const names = entries.map(({ name }) => shortened(name, MOST_CHARACTERS))
  const column = Math.max(...names.map((name) => textWidth(name)), 0) + SWATCH + 26
  const columns = Math.max(1, Math.min(entries.length, Math.floor((width - 20) / column)))
  const height = Math.ceil(entries.length / columns) * ROW + 12
  const at = (i: number) => ({
    x: 20 + (i % columns) * column,
    y: 4 + ROW / 2 + Math.floor(i / columns) * ROW,
  })
  const marks = entries.flatMap((entry, i) => [
    ...swatch(entry, at(i).x, at(i).y),
    label(names[i] as string, at(i).x, at(i).y),
  ])
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
