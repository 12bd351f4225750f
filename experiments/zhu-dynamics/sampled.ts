/** Sampled gradients: the mean of |grad J|^2 over the rounds falls with N H T as its -1/2th power or faster. */
import {
  allPositive,
  averaged,
  briefIf,
  chartPoint,
  intervalAt,
  intervalOf,
  partOf,
  rowOf,
  samplesWhere,
  slopeOfMeans,
  tableRow,
} from '../../src/experiment/claim.ts'
import type {
  Chart,
  Measured,
  Part,
  Quantity,
  Samples,
  TableRow,
  Verdict,
} from '../../src/experiment/claim.ts'

const METRIC = 'squaredGradientNorm'
/** The exponent of the theorem, and how far above it a fitted one may lie. */
const EXPONENT = -0.5
const TOLERANCE = 0.1

/** A run at one N, H and T. */
interface Cell {
  readonly part: string
  /** N */
  readonly agents: number
  /** H */
  readonly localSteps: number
  /** T */
  readonly rounds: number
}
/** Cells of which one number varies. */
interface Line {
  readonly name: string
  readonly cells: readonly Cell[]
}

const middle: Cell = { part: 'rounds', agents: 8, localSteps: 10, rounds: 256 }
const LINES: readonly Line[] = [
  { name: 'T = 64 to 1024', cells: [64, 128, 256, 512, 1024].map((rounds) => ({ ...middle, rounds })) },
  {
    name: 'N = 2 to 32',
    cells: [2, 8, 32].map((agents) =>
      agents === 8 ? middle : { ...middle, agents, part: `agents-${agents}` },
    ),
  },
  {
    name: 'H = 1 to 32',
    cells: [1, 2, 4, 8, 16, 32].map((localSteps) => ({ ...middle, part: 'local-steps', localSteps })),
  },
]

/** The parts with sampled gradients. */
export const SAMPLED_PARTS: readonly Part[] = ['rounds', 'agents-2', 'agents-32', 'local-steps'].map(
  (name) => ({ name, file: `${name}.yaml`, quickSeeds: 8 }),
)

const productOf = ({ agents, localSteps, rounds }: Cell): number => agents * localSteps * rounds

const meanOf = (measured: ReadonlyMap<string, Measured>, { part, localSteps, rounds }: Cell): Samples =>
  averaged(
    samplesWhere(
      partOf(measured, part),
      { 'algorithm.localSteps': localSteps, 'algorithm.rounds': rounds },
      METRIC,
    ),
  )

const slopeOf = (measured: ReadonlyMap<string, Measured>, { name, cells }: Line): Quantity =>
  slopeOfMeans(
    name,
    cells.map(productOf),
    cells.map((cell) => meanOf(measured, cell)),
  )

/** Every line falls with an exponent of -1/2 or below, up to the tolerance. */
export function sampledVerdict(measured: ReadonlyMap<string, Measured>): Verdict {
  const most = EXPONENT + TOLERANCE
  return allPositive(
    `sampled gradients: the mean of |grad J|^2 over the rounds falls with N H T, exponent below ${most}`,
    LINES.map((line): Quantity => {
      const slope = slopeOf(measured, line)
      return { ...slope, statistic: (indices) => most - slope.statistic(indices) }
    }),
  )
}

/** The means and the fitted exponents. */
export const sampledRows = (measured: ReadonlyMap<string, Measured>): TableRow[] =>
  LINES.flatMap((line) => [
    ...line.cells.map((cell) =>
      tableRow(
        `sampled, N = ${cell.agents}, H = ${cell.localSteps}, T = ${cell.rounds}: mean of |grad J|^2`,
        meanOf(measured, cell),
      ),
    ),
    briefIf(true, rowOf(`sampled, ${line.name}: exponent of N H T`, intervalAt(slopeOf(measured, line)))),
  ])

/** The mean against N H T, both on log axes. */
export function sampledChart(measured: ReadonlyMap<string, Measured>): Chart {
  const series = LINES.map((line) => ({
    name: `${line.name}: exponent ${intervalAt(slopeOf(measured, line)).value.toFixed(2)}`,
    points: line.cells.map((cell) => chartPoint(productOf(cell), intervalOf(meanOf(measured, cell)))),
  }))
  const start = series[0]?.points[0]
  const xs = LINES.flatMap(({ cells }) => cells.map(productOf))
  const [from, to] = [Math.min(...xs), Math.max(...xs)]
  const y = (x: number): number => (start === undefined ? 1 : start.y * Math.sqrt(start.x / x))
  return {
    title: 'Sampled gradients, own dynamics: mean of |grad J|^2 over the rounds',
    xLabel: 'N H T, local steps of all agents',
    yLabel: 'mean over t of |grad J|^2',
    xScale: 'log',
    yScale: 'log',
    interval: 'bar',
    series,
    references: [{ name: 'exponent -1/2', points: [from, to].map((x) => ({ x, y: y(x) })) }],
  }
}
