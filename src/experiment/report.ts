/**
 * The report of a run or of a claim: one page that needs nothing else, and its figures as files. Same input, same bytes: it
 * holds no time, host or path of its own. What is drawn and said where is in `report/`.
 */
import type { ReportInput } from './report/input.ts'

/** A figure, as it stands in the page and as files `<name>.svg` and `<name>.png`. */
export interface ReportFigure {
  /** unique in the report; [a-z0-9._=-] in lower case but for metric names */
  readonly name: string
  readonly svg: string
  readonly png: Uint8Array
}

/** The finished report. */
export interface Report {
  /** one HTML document without scripts and without references to anything outside of it */
  readonly html: string
  readonly figures: readonly ReportFigure[]
}

/** Makes the report. What draws is loaded here, so that commands which draw nothing do not pay for it. */
export async function renderReport(input: ReportInput): Promise<Report> {
  const [{ figuresOf }, { pageOf }, { newDocument, rasterise }] = await Promise.all([
    import('./report/figures.ts'),
    import('./report/page.ts'),
    import('./report/raster.ts'),
  ])
  const figures = figuresOf(input, newDocument())
  return {
    html: pageOf(input, figures),
    figures: figures.map(({ name, svg }) => ({ name, svg, png: rasterise(svg) })),
  }
}
