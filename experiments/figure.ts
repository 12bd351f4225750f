/**
 * What the three figures of Woo, Joshi, Chi 2025 have in common: equal and importance averaging side by side, for both readings of
 * the initial tables, beside the published points, single frozen draws and an independent replication.
 */
import {
  allWithinDraws,
  briefIf,
  chartPoint,
  chartPoints,
  close,
  drawMeans,
  drawsAt,
  intervalOf,
  partOf,
  pointsOf,
  rowOf,
  samplesAt,
  yAt,
} from '../src/experiment/claim.ts'
import type {
  Chart,
  ChartSeries,
  Interval,
  Judged,
  Measured,
  Part,
  Published,
  Samples,
  TableRow,
  Verdict,
  Where,
} from '../src/experiment/claim.ts'
import { AVERAGINGS, METRIC, type Averaging } from './averagings.ts'

/** Where initial tables come from. */
export type Initial = 'perAgent' | 'shared'

/** A figure: where its points are measured and what it shows of them. */
export interface Figure {
  /** points in the table and in the charts, rising */
  readonly xs: readonly number[]
  /** which of them stand in a terminal, for the tables that the figure fits */
  readonly brief: readonly number[]
  /** 'T' */
  readonly symbol: string
  readonly xLabel: string
  readonly yLabel: string
  /** where x is measured */
  readonly place: (x: number) => { readonly where: Where; readonly step: number }
  /** what is shown of a mean normalised error, and back */
  readonly shown: (error: number) => number
  readonly error: (shown: number) => number
}

export const INITIALS: readonly Initial[] = ['perAgent', 'shared']
/** How the readings of the initial tables are called. */
export const TABLES = { perAgent: 'initial perAgent', shared: 'initial shared' } as const

/** The parts of a figure's claim: `curves` with everything drawn anew for every seed, `draws` with 40 frozen draws. */
export const FIGURE_PARTS: readonly Part[] = [
  { name: 'curves', file: 'experiment.yaml', quickSeeds: 10 },
  {
    name: 'draws',
    file: 'experiment.yaml',
    quickSeeds: 10,
    draws: { full: 40, quick: 10, trajectories: 10 },
  },
]

/** What a reader of any of the figures must know. */
export const FIGURE_NOTES: readonly string[] = [
  'initial perAgent: a random initial table for each agent; initial shared: one for all, as in Algorithm 2 of the paper. Its figures do not come from Algorithm 2 as written: they fit a table for each agent. Both are shown.',
  'The published points have no error bars and come from few draws of the problem, most likely one. They are compared with single frozen draws: p, q and the initial tables drawn once, the error averaged over 10 trajectories.',
  'In every other number p, q, initial tables, start states and trajectories are drawn anew for each seed.',
]

/** The samples over seeds at x. */
export function at(
  measured: ReadonlyMap<string, Measured>,
  figure: Figure,
  initial: Initial,
  averaging: Averaging,
  x: number,
): Samples {
  const { where, step } = figure.place(x)
  return samplesAt(partOf(measured, 'curves'), { ...variant(initial, averaging), ...where }, METRIC, step)
}

/** Table, charts and verdicts of a figure; `own` gives the figure's own verdicts for one reading of the initial tables. */
export function judgeFigure(
  figure: Figure,
  measured: ReadonlyMap<string, Measured>,
  published: Published,
  own: (initial: Initial) => readonly Verdict[],
): Judged {
  const draws = partOf(measured, 'draws')
  const spreads = {
    perAgent: spreadOf(figure, draws, published, 'perAgent'),
    shared: spreadOf(figure, draws, published, 'shared'),
  }
  return {
    table: INITIALS.flatMap((initial) => tableOf(figure, measured, published, initial, spreads[initial])),
    verdicts: [
      ...own('perAgent'),
      publishedWithin(figure, 'perAgent', spreads.perAgent),
      replicated(figure, measured, published),
      ...own('shared'),
      publishedWithin(figure, 'shared', spreads.shared),
    ],
    figures: [
      {
        name: 'figure',
        chart: chartOf(
          figure,
          published,
          'Mean over seeds with 95 % intervals',
          'bar',
          (initial, averaging, x) => interval(figure, at(measured, figure, initial, averaging, x)),
        ),
      },
      {
        name: 'draws',
        chart: chartOf(
          figure,
          published,
          'Single frozen draws: mean and range',
          'band',
          (initial, averaging, x) => rangeOf(spreads[initial], averaging, x),
        ),
      },
    ],
  }
}

const variant = (initial: Initial, averaging: Averaging): Where => ({
  'algorithm.initial': initial,
  'algorithm.averaging': averaging,
})

/** What the frozen draws give for one published point, as the figure shows it. */
interface Spread {
  readonly averaging: Averaging
  readonly x: number
  readonly y: number
  readonly draws: readonly number[]
}

function spreadOf(figure: Figure, frozen: Measured, { series }: Published, initial: Initial): Spread[] {
  return AVERAGINGS.flatMap((averaging) =>
    pointsOf(series, averaging).map(([x, y]) => {
      const { where, step } = figure.place(x)
      const draws = drawMeans(drawsAt(frozen, { ...variant(initial, averaging), ...where }, METRIC, step))
      return { averaging, x, y, draws: draws.map(figure.shown) }
    }),
  )
}

function publishedWithin({ symbol }: Figure, initial: Initial, spread: readonly Spread[]): Verdict {
  return allWithinDraws(
    `${TABLES[initial]}: the published points lie within the spread of single frozen draws`,
    spread.map(({ averaging, x, y, draws }) => ({
      point: `${averaging}, ${symbol} = ${x}`,
      published: y,
      draws,
    })),
  )
}

function replicated(
  figure: Figure,
  measured: ReadonlyMap<string, Measured>,
  { replication }: Published,
): Verdict {
  const compared = AVERAGINGS.flatMap((averaging) =>
    pointsOf(replication?.series ?? {}, averaging).map(([x, shown]) => ({
      point: `${averaging}, ${figure.symbol} = ${x}`,
      samples: at(measured, figure, 'perAgent', averaging, x),
      other: figure.error(shown),
    })),
  )
  return close(
    `${TABLES.perAgent}: normalised errors within 0.012 of an independent replication`,
    compared,
    0.012,
  )
}

function interval(figure: Figure, samples: Samples): Interval {
  const { value, low, high } = intervalOf(samples)
  const [a, b] = [figure.shown(low), figure.shown(high)]
  return { value: figure.shown(value), low: Math.min(a, b), high: Math.max(a, b) }
}

function tableOf(
  figure: Figure,
  measured: ReadonlyMap<string, Measured>,
  published: Published,
  initial: Initial,
  spread: readonly Spread[],
): TableRow[] {
  return AVERAGINGS.flatMap((averaging) =>
    figure.xs.map((x) =>
      briefIf(
        initial === 'perAgent' && figure.brief.includes(x),
        rowOf(
          `${TABLES[initial]}, ${averaging}, ${figure.symbol} = ${x}`,
          interval(figure, at(measured, figure, initial, averaging, x)),
          yAt(pointsOf(published.series, averaging), x),
          spread.find((one) => one.averaging === averaging && one.x === x)?.draws,
        ),
      ),
    ),
  )
}

function rangeOf(spread: readonly Spread[], averaging: Averaging, x: number): Interval {
  const { draws } = spread.find((one) => one.averaging === averaging && one.x === x) as Spread
  const value = draws.reduce((sum, draw) => sum + draw, 0) / draws.length
  return { value, low: Math.min(...draws), high: Math.max(...draws) }
}

function chartOf(
  { xs, xLabel, yLabel }: Figure,
  published: Published,
  title: string,
  drawn: 'bar' | 'band',
  ours: (initial: Initial, averaging: Averaging, x: number) => Interval,
): Chart {
  const series = INITIALS.flatMap((initial) =>
    AVERAGINGS.map((averaging): ChartSeries => ({
      name: averaging,
      panel: TABLES[initial],
      points: xs.map((x) => chartPoint(x, ours(initial, averaging, x))),
      published: chartPoints(pointsOf(published.series, averaging).filter(([x]) => xs.includes(x))),
    })),
  )
  return { title, xLabel, yLabel, yScale: 'log', interval: drawn, series }
}
