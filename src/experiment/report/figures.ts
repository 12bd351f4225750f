/** Which figures a report has, from its input alone: curves, coverage, policies, and those of a claim. */
import { coverageMatrix } from '../../mdp/coverage-matrix.ts'
import type { Coverage } from '../../mdp/coverage.ts'
import { curves, type Curve } from '../../metrics/curve.ts'
import type { SampleTable } from '../../metrics/samples.ts'
import { exp, log, pow } from '../../numeric/elementary.ts'
import { drawChart, type ChartPoint, type ReferenceLine } from '../../plot/chart.ts'
import { drawGridPolicy } from '../../plot/grid-policy.ts'
import { drawHeatMap } from '../../plot/heat-map.ts'
import type { SvgDocument } from '../../plot/svg.ts'
import type { ReportInput, ReportVariant, TheorySlope } from './input.ts'
import { MOST_PANELS, placesOf, type Place } from './places.ts'
import { COUNTS, counted, isOfOneAgent, variantsNamed, wordsOf } from './words.ts'

/** A drawn figure and the words under it. */
export interface Figure {
  readonly section: 'claim' | 'curves' | 'coverage' | 'policies'
  readonly name: string
  readonly caption: string
  readonly svg: string
}

/** Bands are drawn from fewer resamples than numbers are printed from: the difference is not seen. */
const BAND_RESAMPLES = 500
const MOST_MAPS = 8

/** All figures, in the order of the page. Names are unique. */
export function figuresOf(input: ReportInput, document: SvgDocument): Figure[] {
  return unique([
    ...claimFigures(input, document),
    ...curveFigures(input, document),
    ...coverageFigures(input.variants),
    ...policyFigures(input.variants),
  ])
}

function unique(figures: readonly Figure[]): Figure[] {
  const used = new Map<string, number>()
  return figures.map((figure) => {
    const slug = figure.name.replaceAll(/[^A-Za-z0-9._=-]+/g, '-').slice(0, 100)
    const count = (used.get(slug) ?? 0) + 1
    used.set(slug, count)
    return { ...figure, name: count === 1 ? slug : `${slug}-${count}` }
  })
}

function claimFigures({ claim }: ReportInput, document: SvgDocument): Figure[] {
  return (claim?.figures ?? []).map(({ name, chart }) => ({
    section: 'claim',
    name,
    caption: chart.title,
    svg: drawChart(document, chart),
  }))
}

/** One figure for each metric but counts of what was spent: they are straight lines. */
function curveFigures(input: ReportInput, document: SvgDocument): Figure[] {
  const places = placesOf(input.variants)
  const shown: SampleTable = new Map([...input.samples].filter(([variant]) => places.has(variant)))
  const all = curves(shown, { resamples: BAND_RESAMPLES })
  const metrics = [...new Set(all.map(({ metric }) => metric))].filter(
    (metric) => !COUNTS.includes(metric) && !isOfOneAgent(metric),
  )
  return metrics.map((metric) =>
    curveFigure(
      input,
      document,
      metric,
      all.filter((curve) => curve.metric === metric),
      places,
    ),
  )
}

function curveFigure(
  input: ReportInput,
  document: SvgDocument,
  metric: string,
  lines: readonly Curve[],
  places: ReadonlyMap<string, Place>,
): Figure {
  const { label, name } = wordsOf(metric)
  const series = lines.map(({ variant, points }) => ({
    ...(places.get(variant) ?? { name: variant }),
    points: points.map(({ step, value, low, high }) => ({ x: step, y: value, low, high })),
  }))
  const slopes = input.slopes.filter((slope) => slope.metric === metric)
  const references = slopes.flatMap((slope) => referenceLines(slope, series))
  // A power of the step is a straight line on two log axes only.
  const scales = references.length > 0 ? ({ xScale: 'log', yScale: 'log' } as const) : {}
  const title = `${name} against ${input.stepName}`
  const svg = drawChart(document, {
    title,
    xLabel: input.stepName,
    yLabel: label,
    series,
    references,
    ...scales,
  })
  const left = input.variants.length - places.size
  const hidden = left > 0 ? ` The first ${MOST_PANELS} variants; ${left} more are in rows.csv.` : ''
  const seeds = counted(input.seeds.length, 'seed')
  const band =
    input.seeds.length > 1
      ? `Mean over ${seeds}; bands are 95 % bootstrap intervals of the mean.`
      : 'One seed.'
  const theory =
    slopes.length > 0
      ? ' The dashed grey line falls as T^-1/2, the rate of the theorems when the step size is chosen anew for each T; at a step size that stays the same the error levels off instead. The line’s height is arbitrary.'
      : ''
  return {
    section: 'curves',
    name: `curve-${metric}`,
    caption: `${capital(name)}. ${band}${theory}${hidden}`,
    svg,
  }
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/**
 * Theory's line in every panel: through the geometric mean of where the curves start, within the range of the data.
 * None where a number is not positive, since a power is drawn on log axes.
 */
function referenceLines(
  { name, exponent }: TheorySlope,
  series: readonly { panel?: string; points: readonly ChartPoint[] }[],
): ReferenceLine[] {
  const all = series.flatMap(({ points }) => points)
  const lowest = all.reduce((least, { x, y, low = y }) => Math.min(least, x, y, low), Infinity)
  if (!(lowest > 0)) return []
  const floor = all.reduce((least, { y }) => Math.min(least, y), Infinity)
  const [from, to] = all.reduce(([a, b], { x }) => [Math.min(a, x), Math.max(b, x)], [Infinity, 0])
  const starts = series.map(({ points }) => log((points[0] as ChartPoint).y))
  const height = exp(starts.reduce((sum, value) => sum + value, 0) / starts.length)
  const steps = Array.from({ length: 41 }, (_, i) => from * pow(to / from, i / 40))
  const points = steps.map((x) => ({ x, y: height * pow(x / from, exponent) })).filter(({ y }) => y >= floor)
  return [...new Set(series.map(({ panel }) => panel))].map((panel) =>
    panel === undefined ? { name, points } : { name, panel, points },
  )
}

/** One heat map for each coverage that differs. */
function coverageFigures(variants: readonly ReportVariant[]): Figure[] {
  return coverageGroups(variants)
    .slice(0, MOST_MAPS)
    .map(({ coverage, names }, i) => {
      const { rows, columns, values } = coverageMatrix(coverage, 100, 150)
      const svg = drawHeatMap({
        title: 'long-run share of steps, agents by pairs',
        rows,
        columns,
        value: values,
        rowCount: coverage.agents.length,
        columnCount: coverage.average.length,
        rowLabel: 'agent',
        columnLabel: 'pair, state · actions + action',
        valueLabel: 'long-run share of the agent’s steps at the pair',
      })
      return {
        section: 'coverage',
        name: `coverage-${i + 1}`,
        caption: `Which pairs each agent sees: ${variantsNamed(names, variants.length)}. White: never.`,
        svg,
      }
    })
}

/** The coverages that differ, each with the variants that share it. */
export function coverageGroups(
  variants: readonly ReportVariant[],
): { coverage: Coverage; names: string[] }[] {
  const groups = new Map<string, { coverage: Coverage; names: string[] }>()
  for (const { name, coverage } of variants) {
    if (coverage === null) continue
    const key = fingerprint(coverage)
    const group = groups.get(key) ?? { coverage, names: [] }
    group.names.push(name)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** Equal for equal coverages and, but for an accident of rounding, for no others. */
function fingerprint(coverage: Coverage): string {
  const { values } = coverageMatrix(coverage, 100, 150)
  const checksum = values.reduce((sum, value, i) => sum + value * (i + 1), 0)
  const { muMin, muAvg, cHet, mixingTime, agents, average } = coverage
  return [agents.length, average.length, muMin, muAvg, cHet, mixingTime, checksum].join(' ')
}

/** One picture for each greedy policy that differs. */
function policyFigures(variants: readonly ReportVariant[]): Figure[] {
  return policyGroups(variants)
    .slice(0, MOST_MAPS)
    .map(({ policy: { grid, action, terminal }, names }) => ({
      section: 'policies',
      name: `policy-${names[0]}`,
      caption: `Greedy policy of ${variantsNamed(names, variants.length)}, first seed.`,
      svg: drawGridPolicy({
        title: `greedy policy of ${variantsNamed(names, variants.length)}`,
        ...grid,
        action,
        terminal,
      }),
    }))
}

function policyGroups(
  variants: readonly ReportVariant[],
): { policy: NonNullable<ReportVariant['policy']>; names: string[] }[] {
  const groups = new Map<string, { policy: NonNullable<ReportVariant['policy']>; names: string[] }>()
  for (const { name, policy } of variants) {
    if (policy === null) continue
    const key = `${policy.grid.columns} ${policy.grid.cells} ${Array.from(policy.action).join(' ')}`
    const group = groups.get(key) ?? { policy, names: [] }
    group.names.push(name)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** What was not drawn, in sentences. */
export function undrawn(variants: readonly ReportVariant[]): { coverage: string[]; policies: string[] } {
  const rest = (count: number, what: string): string[] =>
    count > MOST_MAPS ? [`${count - MOST_MAPS} more ${what} are not drawn.`] : []
  return {
    coverage: rest(coverageGroups(variants).length, 'coverages'),
    policies: rest(policyGroups(variants).length, 'policies'),
  }
}
