/**
 * Charts of x against y: learning curves with bands, or measured points with interval bars and published points beside them;
 * in one panel or in small multiples. Data in, SVG text out; the same data give the same text.
 */
import * as Plot from '@observablehq/plot'
import { legendOf, type LegendEntry } from './legend.ts'
import { FAINT, INK, lookOf, type Look } from './palette.ts'
import { axisOf, tickText, type Axis, type ScaleChoice } from './scale.ts'
import { contentOf, FONT, FONT_SIZE, svgOf, type SvgDocument, type SvgElement } from './svg.ts'

/** A point, with its interval where there is one: low <= y <= high. */
export interface ChartPoint {
  readonly x: number
  readonly y: number
  readonly low?: number
  readonly high?: number
}

/** One named line of points by rising x. Series of the same name share one look, also across panels. */
export interface ChartSeries {
  readonly name: string
  /** the panel it belongs to; series without one are drawn in the chart's only panel */
  readonly panel?: string
  readonly points: readonly ChartPoint[]
  /** numbers of others for the same quantity, drawn as hollow symbols */
  readonly published?: readonly ChartPoint[]
}

/** A dashed line that is no measurement: theory's rate, a fitted slope. */
export interface ReferenceLine {
  readonly name: string
  readonly panel?: string
  readonly points: readonly ChartPoint[]
}

/** What a chart shows. */
export interface Chart {
  readonly title: string
  /** with its unit */
  readonly xLabel: string
  /** with its unit */
  readonly yLabel: string
  /** default 'linear' */
  readonly xScale?: ScaleChoice
  /** default 'auto' */
  readonly yScale?: ScaleChoice
  /** default 'band'; 'bar' where points are few and stand for themselves */
  readonly interval?: 'band' | 'bar'
  readonly series: readonly ChartSeries[]
  readonly references?: readonly ReferenceLine[]
}

const WIDTH = 720
const MARGIN = { top: 16, right: 22, bottom: 46, left: 90 }

interface Layout {
  readonly panels: readonly string[]
  readonly columns: number
  /** px, without the legend */
  readonly height: number
  /** px above the frames */
  readonly top: number
  readonly x: Axis
  readonly y: Axis
}

const isPoint = (point: ChartPoint): boolean => Number.isFinite(point.x) && Number.isFinite(point.y)

/**
 * Draws a chart.
 * @throws RangeError when a log axis is asked for and a number is not positive
 */
export function drawChart(document: SvgDocument, chart: Chart): string {
  const layout = layoutOf(chart)
  const names = [...new Set(chart.series.map(({ name }) => name))]
  const look = (name: string): Look => lookOf(names.indexOf(name))
  const drawn = Plot.plot({
    ...frameOf(chart, layout),
    document: document as never,
    marks: [
      Plot.gridY(layout.y.ticks, { stroke: '#d0d0d0', strokeOpacity: 1 }),
      ...panelMarks(layout),
      ...chart.series.flatMap((series) => intervalMarks(series, look(series.name), chart, layout)),
      ...(chart.references ?? []).flatMap((line) => referenceMarks(line, layout)),
      ...chart.series.flatMap((series, i) => seriesMarks(series, look(series.name), chart, layout, i)),
    ],
  }) as SvgElement
  const legend = legendOf(document, legendEntries(chart, names, look), WIDTH)
  const body = `${contentOf(drawn)}<g transform="translate(0,${layout.height})">${legend.markup}</g>`
  return svgOf(
    {
      width: WIDTH,
      height: layout.height + legend.height,
      title: chart.title,
      description: describe(chart, names),
    },
    body,
  )
}

function layoutOf({ series, references = [], xScale = 'linear', yScale = 'auto' }: Chart): Layout {
  const lines = [
    ...series.flatMap(({ points, published = [] }) => [points, published]),
    ...references.map(({ points }) => points),
  ]
  const points = lines.flat().filter(isPoint)
  const ys = points.flatMap(({ y, low = y, high = y }) => [y, low, high])
  const panels = [...new Set(series.map(({ panel }) => panel ?? ''))]
  const columns = Math.min(panels.length, panels.length <= 4 ? 2 : 3)
  const rows = Math.max(1, Math.ceil(panels.length / columns))
  const top = panels.length > 1 ? 24 : MARGIN.top
  const height = top + MARGIN.bottom + (rows > 1 ? rows * 190 : columns > 1 ? 260 : 320)
  return {
    panels,
    columns,
    height,
    top,
    x: axisOf(
      points.map(({ x }) => x),
      xScale,
    ),
    y: axisOf(ys, yScale, true),
  }
}

function frameOf({ xLabel, yLabel }: Chart, { panels, columns, height, top, x, y }: Layout) {
  const rows = Math.ceil(panels.length / columns)
  const axis = ({ type, domain, ticks }: Axis, label: string, few: boolean) => ({
    type,
    domain: [...domain],
    ticks: few ? ticks.filter((_, i) => i % 2 === 0) : [...ticks],
    tickFormat: tickText,
    label,
    labelAnchor: 'center' as const,
    labelArrow: 'none' as const,
  })
  return {
    width: WIDTH,
    height,
    marginTop: top,
    marginRight: MARGIN.right,
    marginBottom: MARGIN.bottom,
    marginLeft: MARGIN.left,
    style: { fontFamily: FONT, fontSize: `${FONT_SIZE}px`, color: INK },
    x: { ...axis(x, xLabel, columns > 1), inset: 4 },
    y: { ...axis(y, yLabel, rows > 1), labelOffset: MARGIN.left - 14 },
    ...(panels.length > 1 ? { fx: { axis: null, padding: 0.16 }, fy: { axis: null, padding: 0.18 } } : {}),
  }
}

/** Where a panel stands, as facets of Plot; nothing where there is one panel. */
function facet(
  panel: string | undefined,
  { panels, columns }: Layout,
): { fx?: () => number; fy?: () => number } {
  if (panels.length < 2) return {}
  const index = panels.indexOf(panel ?? '')
  return { fx: () => index % columns, fy: () => Math.floor(index / columns) }
}

function panelMarks(layout: Layout): Plot.Markish[] {
  const frame = Plot.frame({ stroke: '#b8b8b8' })
  if (layout.panels.length < 2) return [frame]
  const title = (panel: string): Plot.Markish =>
    Plot.text([panel], {
      ...facet(panel, layout),
      text: [panel],
      frameAnchor: 'top-left',
      dy: -15,
      fontWeight: 'bold',
      fontSize: 12,
    })
  return [frame, ...layout.panels.map(title)]
}

function intervalMarks(
  series: ChartSeries,
  { colour }: Look,
  { interval = 'band' }: Chart,
  layout: Layout,
): Plot.Markish[] {
  const points = series.points.filter(
    (point) => isPoint(point) && point.low !== undefined && point.high !== undefined,
  )
  const place = { ...facet(series.panel, layout), x: 'x', y1: 'low', y2: 'high' }
  if (interval === 'band') return [Plot.areaY(points, { ...place, fill: colour, fillOpacity: 0.2 })]
  return [Plot.ruleX(points, { ...place, stroke: colour, strokeWidth: 1.5 })]
}

function referenceMarks({ panel, points }: ReferenceLine, layout: Layout): Plot.Markish[] {
  return [
    Plot.lineY(points.filter(isPoint), {
      ...facet(panel, layout),
      x: 'x',
      y: 'y',
      stroke: FAINT,
      strokeWidth: 1.5,
      strokeDasharray: '3 4',
    }),
  ]
}

function seriesMarks(
  series: ChartSeries,
  look: Look,
  { interval = 'band' }: Chart,
  layout: Layout,
  index: number,
): Plot.Markish[] {
  const points = series.points.filter(isPoint)
  const place = { ...facet(series.panel, layout), x: 'x', y: 'y' }
  const marked = interval === 'bar' ? points : spread(points, index, layout.x)
  const published = (series.published ?? []).filter(isPoint)
  return [
    Plot.lineY(points, { ...place, stroke: look.colour, strokeWidth: 2, strokeDasharray: look.dash }),
    Plot.dot(marked, { ...place, symbol: look.symbol, fill: look.colour, r: 4 }),
    Plot.dot(published, {
      ...place,
      symbol: look.symbol,
      fill: '#ffffff',
      stroke: look.colour,
      strokeWidth: 1.8,
      r: 5,
    }),
  ]
}

/** Eight points along a long line to carry its symbol, shifted by series so that symbols of close lines do not cover each other. */
function spread(points: readonly ChartPoint[], index: number, axis: Axis): readonly ChartPoint[] {
  if (points.length <= 8) return points
  const at = ({ x }: ChartPoint): number => (axis.type === 'log' ? Math.log(x) : x)
  const from = at(points[0] as ChartPoint)
  const span = at(points.at(-1) as ChartPoint) - from
  const wanted = Array.from({ length: 8 }, (_, i) => from + (span * (i + 0.125 + (index % 4) / 4)) / 8)
  const chosen = wanted.map((place) => points.findIndex((point) => at(point) >= place)).filter((i) => i >= 0)
  return [...new Set(chosen)].map((i) => points[i] as ChartPoint)
}

function legendEntries(chart: Chart, names: readonly string[], look: (name: string) => Look): LegendEntry[] {
  const published = (name: string): boolean =>
    chart.series.some((series) => series.name === name && (series.published ?? []).length > 0)
  const references = [...new Set((chart.references ?? []).map(({ name }) => name))]
  return [
    ...names.map((name): LegendEntry => ({ kind: 'series', name, look: look(name) })),
    ...names
      .filter(published)
      .map((name): LegendEntry => ({ kind: 'published', name: `${name}, published`, look: look(name) })),
    ...references.map((name): LegendEntry => ({ kind: 'reference', name })),
  ]
}

function describe({ xLabel, yLabel }: Chart, names: readonly string[]): string {
  return `${yLabel} against ${xLabel}: ${names.join(', ')}.`
}
