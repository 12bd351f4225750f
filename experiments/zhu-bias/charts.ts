/** The gap against the round, one panel for each setting, and the floor of FedPG against the local steps. */
import type { Chart, ChartPoint, ChartSeries, ReferenceLine } from '../../src/experiment/claim.ts'
import { exp } from '../../src/numeric/elementary.ts'
import { at, lastOf, settingOf, siblingOf, type Curve } from './curves.ts'
import { straightPart, tailSlope } from './verdicts.ts'

const LABELS = { xLabel: 't, rounds', yLabel: 'J* - J' } as const
/** Smaller gaps are rounding. */
const SHOWN = 1e-14

/** The figures of the one problem. */
export function chartsOf(plain: readonly Curve[], entropy: readonly Curve[]) {
  return [
    { name: 'plain', chart: plainChart(plain) },
    { name: 'entropy', chart: entropyChart(entropy) },
    { name: 'floor', chart: floorChart(plain, entropy) },
  ]
}

const several = (curves: readonly Curve[]): Curve[] => curves.filter(({ localSteps }) => localSteps > 1)

const pointsOf = (curve: Curve): ChartPoint[] =>
  curve.gap.filter(([, gap]) => gap > SHOWN).map(([x, y]) => ({ x, y }))

const seriesOf = (curves: readonly Curve[]): ChartSeries[] =>
  several(curves).map((curve) => ({
    name: curve.algorithm,
    panel: settingOf(curve),
    points: pointsOf(curve),
  }))

/** A line drawn beside each curve of Fast-FedPG, through `y`, over its second half. */
function fitted(
  name: string,
  curves: readonly Curve[],
  ends: (curve: Curve) => readonly ChartPoint[],
): ReferenceLine[] {
  return several(curves)
    .filter(({ algorithm }) => algorithm === 'fast-fedpg')
    .map((curve) => ({ name, panel: settingOf(curve), points: ends(curve) }))
}

function plainChart(curves: readonly Curve[]): Chart {
  // Drawn a little below the curve, which it would hide.
  const below = 0.5
  const slopes = several(curves).flatMap((curve) =>
    curve.algorithm === 'fast-fedpg' ? (tailSlope(curve) ?? []) : [],
  )
  return {
    ...LABELS,
    title: 'Plain: gap against rounds',
    xScale: 'log',
    yScale: 'log',
    series: seriesOf(curves),
    references: fitted(`slope -1 (fitted to fast-fedpg: ${rangeOf(slopes)})`, curves, (curve) => {
      const last = lastOf(curve)
      const y = below * at(curve.gap, last)
      return [
        { x: last / 8, y: 8 * y },
        { x: last, y },
      ]
    }),
  }
}

const rangeOf = (values: readonly number[]): string =>
  `${Math.min(...values).toFixed(2)} to ${Math.max(...values).toFixed(2)}`

function entropyChart(curves: readonly Curve[]): Chart {
  return {
    ...LABELS,
    title: 'Entropy bonus of temperature 0.1: gap against rounds',
    xScale: 'log',
    yScale: 'log',
    series: seriesOf(curves),
    references: fitted('exponential fitted to fast-fedpg', curves, (curve) => {
      const line = straightPart(curve)
      return line === null
        ? []
        : pointsOf(curve)
            .map(({ x }) => ({ x, y: exp(line.intercept + line.slope * x) }))
            .filter(({ y }) => y < 1)
    }),
  }
}

/** Where FedPG ends, and where Fast-FedPG is by then. */
function floorChart(plain: readonly Curve[], entropy: readonly Curve[]): Chart {
  const series = [plain, entropy].flatMap((curves) => {
    const ends = several(curves).filter(({ algorithm }) => algorithm === 'fedpg')
    const sizes = [...new Set(ends.map(({ stepSize }) => stepSize))]
    return sizes.flatMap((stepSize) => {
      const own = ends.filter((curve) => curve.stepSize === stepSize)
      const line = (name: string, y: (curve: Curve) => number): ChartSeries => ({
        name: `${name}, eta = ${stepSize}`,
        panel: own[0]?.objective ?? '',
        points: own.map((curve) => ({ x: curve.localSteps, y: Math.max(y(curve), SHOWN) })),
      })
      return [
        line('fedpg', (curve) => at(curve.gap, lastOf(curve))),
        line('fast-fedpg', (curve) => at(siblingOf(curves, curve, 'fast-fedpg').gap, lastOf(curve))),
      ]
    })
  })
  return {
    title: `Gap at the last round against local steps (rounding drawn at ${SHOWN})`,
    xLabel: 'H, local steps a round',
    yLabel: 'J* - J at the last round',
    xScale: 'log',
    yScale: 'log',
    interval: 'bar',
    series,
  }
}
