/** Sampled gradients: the error that the same number of samples leaves, in 8000 to 400 rounds. */
import {
  allPositive,
  briefIf,
  chartPoint,
  excess,
  intervalOf,
  meanOf,
  samplesWhere,
  stationary,
  tableRow,
} from '../../src/experiment/claim.ts'
import type { Chart, Measured, Quantity, Samples, TableRow, Verdict } from '../../src/experiment/claim.ts'
import { LOCAL_STEPS } from './exact.ts'

/** An error at most this many times that of a single local step counts as the same. */
export const FACTOR = 1.5
/** Part of the rounds, from the end, over which the gap is averaged. */
export const SHARE = 0.2

const LONGEST = 20

const errorOf = (part: Measured, algorithm: string, localSteps: number, serverStepSize: number): Samples =>
  stationary(
    samplesWhere(
      part,
      {
        'algorithm.name': algorithm,
        'algorithm.localSteps': localSteps,
        'algorithm.serverStepSize': serverStepSize,
      },
      'gap',
    ),
    SHARE,
  )

/** sqrt(N H) of the file, N = 4, to its six digits. */
const serverStepSizeOf = (localSteps: number): number => Number(Math.sqrt(4 * localSteps).toPrecision(6))

const fast = (part: Measured, localSteps: number): Samples =>
  errorOf(part, 'fast-fedpg', localSteps, serverStepSizeOf(localSteps))

/** The verdicts on sampled gradients. */
export function sampledVerdicts(part: Measured): Verdict[] {
  const single = fast(part, 1).values
  const quantities = LOCAL_STEPS.slice(1).map((localSteps): Quantity => {
    const { values } = fast(part, localSteps)
    return {
      point: `H = ${localSteps}`,
      seeds: values.length,
      statistic: (indices) => FACTOR * meanOf(single, indices) - meanOf(values, indices),
      ratio: (indices) => meanOf(values, indices) / meanOf(single, indices),
    }
  })
  return [
    allPositive(
      `sampled gradients: at equal N H T, Fast-FedPG with H > 1 ends at no more than ${FACTOR} times the gap of a single local step`,
      quantities,
    ),
    allPositive(
      `sampled gradients: with H = ${LONGEST}, a server step size of 1 leaves a larger gap than sqrt(N H) at the same alpha`,
      [excess(`H = ${LONGEST}`, errorOf(part, 'fast-fedpg', LONGEST, 1), fast(part, LONGEST))],
    ),
  ]
}

/** The errors. */
export const sampledRows = (part: Measured): TableRow[] => [
  ...LOCAL_STEPS.map((localSteps) =>
    briefIf(
      true,
      tableRow(
        `sampled, fast-fedpg, H = ${localSteps}, alpha_g = sqrt(N H): gap at the end`,
        fast(part, localSteps),
      ),
    ),
  ),
  ...['fast-fedpg', 'fedpg'].map((algorithm) =>
    tableRow(
      `sampled, ${algorithm}, H = ${LONGEST}, alpha_g = 1: gap at the end`,
      errorOf(part, algorithm, LONGEST, 1),
    ),
  ),
]

/** The error against H. */
export const sampledChart = (part: Measured): Chart => ({
  title: 'Sampled gradients, equal N H T: gap at the end',
  xLabel: 'H, local steps a round',
  yLabel: 'J* - J',
  xScale: 'log',
  yScale: 'log',
  interval: 'bar',
  series: [
    {
      name: 'fast-fedpg, alpha_g = sqrt(N H)',
      points: LOCAL_STEPS.map((x) => chartPoint(x, intervalOf(fast(part, x)))),
    },
    ...['fast-fedpg', 'fedpg'].map((algorithm) => ({
      name: `${algorithm}, alpha_g = 1`,
      points: [chartPoint(LONGEST, intervalOf(errorOf(part, algorithm, LONGEST, 1)))],
    })),
  ],
})
