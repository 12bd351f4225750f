/** The table and the charts: means over seeds against the number of agents, with the rates of the theorems and the fitted ones. */
import { briefIf, chartPoint, intervalAt, intervalOf, rowOf, tableRow } from '../../src/experiment/claim.ts'
import type { Chart, Judged, ReferenceLine, TableRow } from '../../src/experiment/claim.ts'
import { COUNTS, slopeOf, type Curve } from './curves.ts'

/** Means and fitted slopes. */
export const tableOf = (curves: readonly Curve[]): TableRow[] =>
  curves.flatMap((curve) => [
    ...curve.points.map(({ count, samples }) =>
      briefIf(
        count === COUNTS[0] || count === COUNTS.at(-1),
        tableRow(`${curve.name}, N = ${count}: ${curve.quantity}`, samples),
      ),
    ),
    briefIf(true, rowOf(`${curve.name}, ${curve.quantity}: slope against N`, intervalAt(slopeOf(curve)))),
  ])

/** One chart for each theorem. */
export const chartsOf = (gap: Curve, norms: readonly Curve[]): Judged['figures'] => [
  {
    name: 'gap',
    chart: chartOf([gap], 'Theorem 1: gap against the number of agents', 'J* - J', {
      name: 'log(N H T) / N',
      fitted: 'fitted slope of gap / log(N H T)',
      rate: (count) => gap.factor(count) / count,
    }),
  },
  {
    name: 'gradient-norm',
    chart: chartOf(
      norms,
      'Theorem 2: squared gradient norm against the number of agents',
      'mean over the rounds of |grad J|^2',
      { name: '1 / sqrt(N)', fitted: 'fitted slope', rate: (count) => 1 / Math.sqrt(count) },
    ),
  },
]

/** A rate of a theorem, and what the slope that is fitted belongs to. */
interface Rate {
  readonly name: string
  readonly fitted: string
  readonly rate: (count: number) => number
}

function chartOf(curves: readonly Curve[], title: string, yLabel: string, theory: Rate): Chart {
  const series = curves.map((curve) => ({
    name: `${curve.name}: ${theory.fitted} ${intervalAt(slopeOf(curve)).value.toFixed(3)}`,
    points: curve.points.map(({ count, samples }) => chartPoint(count, intervalOf(samples))),
  }))
  const references = series.map(({ points }): ReferenceLine => {
    const start = (points[0]?.y ?? 1) / theory.rate(COUNTS[0])
    return { name: theory.name, points: COUNTS.map((x) => ({ x, y: start * theory.rate(x) })) }
  })
  return {
    title,
    xLabel: 'N, agents',
    yLabel,
    xScale: 'log',
    yScale: 'log',
    interval: 'bar',
    series,
    references,
  }
}
