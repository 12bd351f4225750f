/**
 * A published claim: the experiments that test it and the judgement of what they measured. Claims stand in `experiments/<id>/`,
 * settings and published numbers as data. How a claim is carried out is in `claim/carry-out.ts`.
 */
import type { Samples, SampleTable } from '../metrics/samples.ts'
import type { Interval } from '../numeric/statistics.ts'
import type { Chart, ChartPoint } from '../plot/chart.ts'
import { intervalOf, withinDraws } from './claim/judge.ts'
import type { Verdict } from './claim/judge.ts'
import type { Variant } from './experiment.ts'

export {
  allPositive,
  allWithinDraws,
  close,
  drawMeans,
  exact,
  excess,
  inside,
  intervalAt,
  intervalOf,
  meanOf,
  number,
  rises,
  slopeOfSquares,
  stationary,
} from './claim/judge.ts'
export type { Compared, Drawn, Quantity, Verdict } from './claim/judge.ts'
export { averaged, exponential, powerLaw, slopeOfMeans } from './claim/rate.ts'
export type { Fit } from './claim/rate.ts'
export { isPolicyGradient } from './experiment.ts'
export type { Chart, ChartPoint, ChartSeries, ReferenceLine } from '../plot/chart.ts'
export type { Samples } from '../metrics/samples.ts'
export type { Interval } from '../numeric/statistics.ts'

/** One experiment of a claim. */
export interface Part {
  /** names its folder in the run: [a-z0-9-] */
  readonly name: string
  /** the experiment file, beside claim.ts; it says how many seeds a full run takes */
  readonly file: string
  /** seeds with --quick */
  readonly quickSeeds: number
  /** carries out the variants of the file for frozen draws, in place of its own seeds */
  readonly draws?: Draws
  /** adds the rows `cHet` and `muAvg` of every (variant, seed), from the exact stationary laws */
  readonly coverage?: true
  /** adds the rows `averageGradientDistance` and `dynamicsDistance` of every (variant, seed), at its first parameters */
  readonly averageGradient?: true
}

/**
 * Frozen draws: every variant is carried out for each draw 1, 2, ... with environment.seed and algorithm.initialSeed set to the draw,
 * so that problem and initial tables are the draw's own, and only the trajectories differ between run seeds.
 */
export interface Draws {
  readonly full: number
  /** with --quick */
  readonly quick: number
  /** run seeds of each draw: 1 to so many */
  readonly trajectories: number
}

/** Numbers of others, as they lie in `published.json`: points [x, y] by series. */
export interface Published {
  readonly source: string
  readonly series: Readonly<Record<string, readonly Point[]>>
  /** another program's numbers for the same quantities */
  readonly replication?: {
    readonly source: string
    readonly series: Readonly<Record<string, readonly Point[]>>
  }
}

/** [x, y] */
export type Point = readonly [x: number, y: number]

/** What a part measured. */
export interface Measured {
  readonly variants: readonly Variant[]
  readonly samples: SampleTable
}

/** One line of the table that stands beside the verdicts. */
export interface TableRow {
  /** which quantity at which point: 'equal, T = 300' */
  readonly quantity: string
  /** the published number, where there is one */
  readonly published: number | null
  /** ours with its 95 % interval over seeds, this point alone */
  readonly ours: Interval
  /** the smallest and the largest of the frozen draws, where there are any */
  readonly spread?: readonly [low: number, high: number]
  /** what this line says by itself, where it says anything */
  readonly verdict?: Verdict['verdict']
  /** one of the few lines that a terminal shows; a report shows all */
  readonly brief?: true
}

/** What a claim comes to. */
export interface Judged {
  readonly table: readonly TableRow[]
  readonly verdicts: readonly Verdict[]
  /** `name` is the file name without its ending */
  readonly figures: readonly { readonly name: string; readonly chart: Chart }[]
}

/** A published claim. */
export interface Claim {
  readonly id: string
  /** one line */
  readonly title: string
  /** the publication and the place in it */
  readonly source: string
  readonly parts: readonly Part[]
  /** what a reader must know of the comparison, in plain sentences */
  readonly notes: readonly string[]
  /**
   * Judges what the parts measured, by part name.
   * @param published what `published.json` holds, without series where there is no such file
   * @throws RangeError when a part or a point is missing
   */
  judge(measured: ReadonlyMap<string, Measured>, published: Published): Judged
}

/** Settings by path, e.g. { 'algorithm.averaging': 'equal' }. Values are compared as JSON. */
export type Where = Readonly<Record<string, unknown>>

/** The part called `name`. Throws RangeError when it was not measured. */
export function partOf(measured: ReadonlyMap<string, Measured>, name: string): Measured {
  const part = measured.get(name)
  if (part === undefined) throw new RangeError(`claim: part ${name} was not measured`)
  return part
}

/** The variants whose settings are those of `where`, in the order of the grid. */
export function variantsWhere(part: Measured, where: Where): readonly Variant[] {
  const wanted = Object.entries(where).map(
    ([path, value]) => [path.split('.'), JSON.stringify(value)] as const,
  )
  return part.variants.filter(({ settings }) =>
    wanted.every(([path, value]) => JSON.stringify(valueAt(settings, path)) === value),
  )
}

/**
 * The samples of one metric of the one variant that `where` names, by rising step.
 * @throws RangeError unless exactly one variant fits and it has rows
 */
export function samplesWhere(part: Measured, where: Where, metric: string): readonly Samples[] {
  const found = variantsWhere(part, where)
  const [variant] = found
  if (variant === undefined || found.length > 1) {
    throw new RangeError(`claim: expected one variant where ${JSON.stringify(where)}, got ${found.length}`)
  }
  return samplesOfVariant(part, variant, metric)
}

/** The samples at one step of {@link samplesWhere}; at the last step when none is named. */
export function samplesAt(part: Measured, where: Where, metric: string, step?: number): Samples {
  return stepOf(samplesWhere(part, where, metric), metric, step)
}

/** The metric at one step for each of the frozen draws of the variants that `where` names: samples over trajectories. */
export function drawsAt(part: Measured, where: Where, metric: string, step: number): Samples[] {
  return variantsWhere(part, where).map((variant) =>
    stepOf(samplesOfVariant(part, variant, metric), metric, step),
  )
}

/** The points of a published series. Throws RangeError where there is none. */
export function pointsOf(series: Published['series'], name: string): readonly Point[] {
  const points = series[name]
  if (points === undefined) throw new RangeError(`claim: no published series ${name}`)
  return points
}

/** y of a published series at x, or null where it has no such point. */
export const yAt = (points: readonly Point[], x: number): number | null =>
  points.find((point) => point[0] === x)?.[1] ?? null

/** A line of the table from samples of one number a seed. */
export function tableRow(
  quantity: string,
  samples: Samples,
  published: number | null = null,
  draws?: readonly number[],
): TableRow {
  return rowOf(quantity, intervalOf(samples), published, draws)
}

/** A line of the table; with frozen draws, its verdict is whether the published number lies within their range. */
export function rowOf(
  quantity: string,
  ours: Interval,
  published: number | null = null,
  draws?: readonly number[],
): TableRow {
  if (draws === undefined) return { quantity, published, ours }
  const spread = [Math.min(...draws), Math.max(...draws)] as const
  if (published === null) return { quantity, published, ours, spread }
  return { quantity, published, ours, spread, verdict: withinDraws({ point: quantity, published, draws }) }
}

/** `row`, to be shown in a terminal where `brief`. */
export const briefIf = (brief: boolean, row: TableRow): TableRow => (brief ? { ...row, brief: true } : row)

/** A mean and its interval as a point of a chart. */
export const chartPoint = (x: number, { value, low, high }: Interval): ChartPoint => ({
  x,
  y: value,
  low,
  high,
})

/** Published points as points of a chart. */
export const chartPoints = (points: readonly Point[]): ChartPoint[] => points.map(([x, y]) => ({ x, y }))

/** The samples of one metric of one variant, by rising step. Throws RangeError where it has no rows of it. */
export function samplesOfVariant(part: Measured, { name }: Variant, metric: string): readonly Samples[] {
  const samples = part.samples.get(name)?.get(metric)
  if (samples === undefined) throw new RangeError(`claim: variant ${name} has no ${metric}`)
  return samples
}

function stepOf(samples: readonly Samples[], metric: string, step: number | undefined): Samples {
  const found = step === undefined ? samples.at(-1) : samples.find((one) => one.step === step)
  if (found === undefined) throw new RangeError(`claim: ${metric} was not measured at step ${step}`)
  return found
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  )
}
