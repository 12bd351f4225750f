/** The gap against the round, one panel for each setting, and the floor of FedPG against the local steps. */
import type { Chart, ChartPoint, ChartSeries, ReferenceLine } from '../../src/experiment/claim.ts'
import { exp } from '../../src/numeric/index.ts'
import { at, lastOf, settingOf, type Curve, type RoundValue } from './curves.ts'
import { straightPart, tailSlope } from './verdicts.ts'

const LABELS = { xLabel: 't, rounds', yLabel: 'J* - J' } as const
/** Smaller gaps are rounding. */
const SHOWN = 1e-13
/** Rounds that the figure with entropy shows. */
const LAST_SHOWN = 1000

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
  const shown = several(curves).map((curve) => ({ ...curve, gap: beforeRounding(curve) }))
  return {
    ...LABELS,
    title: 'Entropy bonus of temperature 0.1: gap against rounds',
    yScale: 'log',
    series: seriesOf(shown),
    references: fitted('exponential fitted to fast-fedpg', shown, (curve) => {
      const line = straightPart(curve)
      const last = curve.gap.at(-1)?.[0] ?? 0
      if (line === null || line.slope >= 0) return []
      return [0, last].map((x) => ({ x, y: exp(line.intercept + line.slope * x) }))
    }),
  }
}

/** The curve up to the first gap that is rounding. */
function beforeRounding({ gap }: Curve): readonly RoundValue[] {
  const end = gap.findIndex(([round, value]) => value <= SHOWN || round > LAST_SHOWN)
  return end < 0 ? gap : gap.slice(0, end)
}

/** Where FedPG ends. */
function floorChart(plain: readonly Curve[], entropy: readonly Curve[]): Chart {
  const ends = several([...plain, ...entropy]).filter(({ algorithm }) => algorithm === 'fedpg')
  const lines = new Map<string, Curve[]>()
  for (const curve of ends) {
    const key = `${curve.objective} ${curve.stepSize}`
    lines.set(key, [...(lines.get(key) ?? []), curve])
  }
  const series = [...lines.values()].map((own): ChartSeries => ({
    name: `fedpg, eta = ${own[0]?.stepSize}`,
    panel: own[0]?.objective ?? '',
    points: own.map((curve) => ({ x: curve.localSteps, y: at(curve.gap, lastOf(curve)) })),
  }))
  return {
    title: 'The floor of FedPG against the local steps of a round',
    xLabel: 'H, local steps a round',
    yLabel: 'J* - J at the last round',
    xScale: 'log',
    yScale: 'log',
    interval: 'bar',
    series,
  }
}
